/* deployer/router_config.h -- the text of HAProxy's configuration, and what of
 * a table may go into it. For router.c only. */
#ifndef DEPLOYER_ROUTER_CONFIG_H
#define DEPLOYER_ROUTER_CONFIG_H

#include "common/base/str.h"
#include "deployer/router.h"

#include <sys/types.h>

/* How every server is checked and named, in the file and at run time. Plain
 * connects: HAProxy resets before the application would see them. A dead
 * process is out after 3 s; until then requests for it wait and try again
 * (its supervisor may bring it back), with other instances they go there. */

#define ROUTER_API "api"

/* What is sound of a table, sorted for search; pointers are borrowed. */
struct router_plan {
	struct router_map {
		const char *host;
		int slot; /* -1 = the API */
	} * maps;
	size_t n_maps;
	struct router_entry {
		int slot;
		const struct router_server *server;
	} * servers;
	size_t n_servers;
	struct router_listener {
		int port;
		const char *name;
	} * listeners;
	size_t n_listeners;
	struct router_hold *holds;
	size_t n_holds;
	const struct router_modes *modes;
	int slots;
	int ignored;
};

void router_plan_init(struct router_plan *p, const struct router_conf *c,
    const struct router_table *t);
void router_plan_done(struct router_plan *p);

/* NULL when nothing is there. */
const struct router_map *router_plan_map(const struct router_plan *p,
    const char *host);
const struct router_server *router_plan_server(const struct router_plan *p,
    const char *backend, const char *name);

/* "be_7", "tcp_40000" or "api"; and is it one of the first two? */
void router_backend_name(char *out, size_t size, int slot);
bool router_is_backend(const char *name);
int router_slot_of(const char *backend); /* the way back; -1: neither */

/* The "description" of a configuration: equal when a reload would change
 * nothing but maps and servers, which the runtime API can change too. */
void router_shape(struct dc_str *out, const struct router_conf *c,
    const struct router_plan *p);

/* A name is for people only, but it is written into a line of ours. */
void router_add_comment(struct dc_str *s, const char *name);

/* router_listeners.c: which public ports T has, in order; and the part of the
 * configuration that is about them, without servers for the shape. */
void router_listeners_init(struct router_plan *p, const struct router_table *t);
void router_listeners_format(struct dc_str *s, const struct router_conf *c,
    const struct router_plan *p, bool with_servers);

/* router_hold.c: which backends' requests wait; held.map and hold.lua, the rule
 * that sends requests there, where they go on, and the map in a worker: holds
 * that are to be, or (GONE) not to be any more. */
struct router_worker {
	const char *socket;
	pid_t pid;
};
void router_hold_init(struct router_plan *p, const struct router_table *t);
void router_hold_map(struct dc_str *s, const struct router_plan *p);
void router_hold_format(struct dc_str *s, const struct router_conf *c);
void router_hold_backend(struct dc_str *s, const struct router_conf *c);
void router_hold_rule(struct dc_str *s, const struct router_conf *c);
int router_hold_sync(const struct router_worker *w, const struct router_conf *c,
    const struct router_plan *p, bool gone, struct dc_err *err);

/* ETC/NAME, unless that is what it holds already. */
int router_save(const char *etc, const char *name, const char *data, size_t len,
    struct dc_err *err);

/* With the files it names. */
int router_plan_save(const struct router_plan *p, const struct router_conf *c,
    const struct router_table *t, struct dc_err *err);

#endif
