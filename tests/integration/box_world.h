/* tests/integration/box_world.h -- what box_test.c runs in: a temporary
 * directory, a bridge, an init, and TAP. */
#ifndef BOX_WORLD_H
#define BOX_WORLD_H

#include "common/box/box.h"
#include "common/box/net.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#define BRIDGE "dctbox"
#define SUBNET "10.213.0.0/16"
#define GATEWAY "10.213.0.1"

struct world {
	char dir[64], boxes[96], init[96], image[PATH_MAX];
	struct dc_err err;
	int tests, failed;
	bool is_kept; /* a failure: leave it to be looked at */
};

/* Exits 77 where there is no root or no base image. */
void world_init(struct world *w);
int world_done(struct world *w);

/* One line of TAP; with the last error when it is not ok. */
void ok(struct world *w, bool is_ok, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void skip(struct world *w, const char *what, const char *why);

/* A plain spec: container <bridge>-i<N> at 10.213.3.N. NAME and ADDRESS are
 * 32 bytes and keep the text. */
struct dc_box_spec world_spec(const struct world *w, unsigned n, char *name,
    char *address);

/* Nothing of container NAME exists: process, mount, cgroup, link, file. */
bool is_gone(struct world *w, const char *name);

/* A program in the container, its output (at most SIZE - 1 bytes) in OUT. The
 * exit status, < 0 when it could not be attached. */
int run_in(struct world *w, const char *name, uid_t uid, const char *script,
    char *out, size_t size);

/* A server on ADDRESS (which exists) that takes connections and closes them;
 * *PORT is chosen. Returns the listening descriptor; the backlog answers. */
int serve(const char *address, uint16_t *port);

/* The first bytes the container's init answers on port 9000 are HTTP. */
bool answers(const char *address);
/* They come within half a second, over one connection. */
bool is_talking(const char *address);

#endif
