/* tests/integration/router_world.h -- a real HAProxy, small HTTP servers and
 * load for router_test.c; everything below one temporary directory. */
#ifndef TEST_ROUTER_WORLD_H
#define TEST_ROUTER_WORLD_H

#include "deployer/router.h"

#include <check.h>
#include <stdatomic.h>
#include <sys/types.h>

/* router_holds.c */
TCase *router_holds_case(void);

struct world {
	char dir[64], bind[32], api[32];
	int http_port;
	struct router_conf conf;
	pid_t haproxy;
};

/* Starts HAProxy on the (empty) table and waits until it answers. */
void world_init(struct world *w, int slots);
void world_done(struct world *w);
void world_start(struct world *w);

/* A process that answers "NAME PORT\n" and the request's headers; "/slow" after
 * 300 ms;
 * "/hold" when a byte came on *RELEASE; 101 and an echo for an upgrade. */
pid_t server_start(int *port, int *release, const char *name);
void server_stop(pid_t pid);
int free_port(void);

/* One request on a connection of its own. The status (0 = no answer); the
 * whole answer in BODY. */
int http_get(int port, const char *host, const char *path, char *body,
    size_t size);
/* Sends a request and returns the socket. */
int http_send(int port, const char *host, const char *path, const char *more);

/* Clients that ask without pause until load_stop; counted, shared. */
struct load {
	atomic_long good, bad;
	atomic_int stop;
	pid_t pids[16];
	int n;
};
struct load *load_start(int port, const char *host, int fresh, int kept,
    int slow);
void load_stop(struct load *l);

#endif
