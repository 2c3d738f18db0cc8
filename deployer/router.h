/* deployer/router.h -- brings HAProxy to the routing table in the store: a
 * pure function of the table, safe at any time after any crash. A supervisor
 * runs HAProxy (SIGTERM stops it, SIGUSR1 lets clients finish) as
 *   haproxy -W -db -S RUN/haproxy-master.sock,mode,600 -f ETC/haproxy.cfg */
#ifndef DEPLOYER_ROUTER_H
#define DEPLOYER_ROUTER_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct router_conf {
	const char *etc, *run;   /* directories: generated files, sockets */
	const char *http_bind;   /* "127.0.0.1:8000" */
	const char *bridge_bind; /* the same for containers, or NULL */
	const char *api_socket;  /* the uploader: a unix socket, or */
	const char *api_address; /* "127.0.0.1:8001" when that is NULL */
	const char *const *api_hosts; /* "localhost", ...; always win */
	size_t n_api_hosts;
	const char *user, *group; /* of the workers; NULL = ours */
	int slots, answer_ms;     /* backends at least; 504 after, 0 = 60 s */
	const char *port_address; /* of public tcp ports, and the same for */
	const char *port_bridge;  /* containers (may not be there yet), NULL */
	const struct router_tls *tls; /* router_tls.h; NULL: no HTTPS */
};

struct router_server {
	int64_t instance;
	const char *address; /* numeric, or the path of a unix socket */
	int port;
	bool draining; /* gets nothing new, finishes what it has */
	int worker;    /* one of several sockets of an instance; else 0 */
};

/* The slot of public tcp port N. */
#define ROUTER_PORT(n) (ROUTER_MAX_SLOTS + (n))
#define ROUTER_MAX_SLOTS 65536

/* A slot may change its application only by a router_sync without either. */
struct router_backend {
	int slot;
	const char *name; /* "blog.www", for people who read the file */
	const struct router_server *servers;
	size_t n;
};

struct router_table {
	const struct router_backend *backends;
	size_t n_backends;
	const struct router_host {
		const char *host; /* "www.example.org", "*.example.org" */
		int slot;
	} * hosts;
	size_t n_hosts;
	/* Backends whose requests wait, until a time in milliseconds of the
	 * epoch at the latest. */
	const struct router_hold {
		int slot;
		int64_t until;
	} * holds;
	size_t n_holds;
	const struct router_modes *modes; /* router_modes.h; NULL: none */
};

struct router_report {
	int reloaded, added, removed; /* workers, servers */
	int pending, ignored; /* with sessions: sync again; bad rows left out */
};

/* One writer at a time: take this, read the table, sync, close FD. Without it
 * an older table could overwrite a newer one. */
int router_lock(int *fd, const struct router_conf *c, struct dc_err *err);

/* ETC/haproxy.cfg, hosts.map, held.map, hold.lua and error pages, each
 * atomically and only when changed, so that a HAProxy started now has the whole
 * table. */
int router_config_save(const struct router_conf *c,
    const struct router_table *t, struct dc_err *err);

/* router_config_save, then the running HAProxy: first the requests that are to
 * wait, new servers, old ones out, the hosts, last those that need not wait.
 * Fills in R (or NULL). Reloads, and waits for the new worker, only for more
 * slots or a changed static part. DC_EBUSY: HAProxy does not run; it will start
 * with this table, so there is nothing to do. */
int router_sync(struct router_report *r, const struct router_conf *c,
    const struct router_table *t, struct dc_err *err);

/* Requests and tunnels of one instance under way or queued, in all workers;
 * 0 when HAProxy is not running; a silent one is asked for 3 s. */
int router_sessions(long *n, const struct router_conf *c, int slot,
    int64_t instance, struct dc_err *err);
/* All counts (haproxy.h), of all workers together. DC_EBUSY: nobody says. */
struct haproxy_count;
int router_count(struct haproxy_count *out, const struct router_conf *c,
    int slot, int64_t instance, struct dc_err *err);

#endif
