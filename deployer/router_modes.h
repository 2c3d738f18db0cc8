/* deployer/router_modes.h -- what HAProxy does with the requests of some
 * backends besides passing them on. See router.h and router_config.h. */
#ifndef DEPLOYER_ROUTER_MODES_H
#define DEPLOYER_ROUTER_MODES_H

#include "common/base/str.h"
#include "deployer/router_config.h"

struct router_modes {
	/* Their requests get 503 and a page: HTML and its hash in hex, both ""
	 * for the platform's own. */
	const struct router_closed {
		int slot;
		const char *page, *hash;
	} * closed;
	size_t n_closed;
	/* A client of theirs stays with its instance while that serves. */
	const int *sticky;
	size_t n_sticky;
};

/* A map of HAProxy's in which some slots have a value: from the file's text to
 * that of worker W, first those that are to be, then (GONE) without others. */
struct router_slot {
	int slot;
	char value[72];
};
void router_slots_format(struct dc_str *s, const struct router_slot *v,
    size_t n);
int router_slots_sync(const struct router_worker *w, const char *map,
    const struct router_slot *v, size_t n, bool gone, struct dc_err *err);

/* router_closed.c: maintenance.map, maintenance.lua, the pages; the rule that
 * leads there; and the map in a worker. */
void router_closed_rule(struct dc_str *s, const struct router_conf *c);
void router_closed_format(struct dc_str *s, const struct router_conf *c);
int router_closed_save(const struct router_conf *c, const struct router_plan *p,
    struct dc_err *err);
int router_closed_sweep(const struct router_conf *c,
    const struct router_plan *p, struct dc_err *err);
int router_closed_sync(const struct router_worker *w,
    const struct router_conf *c, const struct router_plan *p, bool gone,
    struct dc_err *err);

/* router_sticky.c: is it one; its lines in the configuration (and for the
 * shape, where none has one); and the cookies of servers that were added. */
void router_sticky_shape(struct dc_str *s, const struct router_plan *p);
bool router_is_sticky(const struct router_plan *p, int slot);
void router_sticky_format(struct dc_str *s, const struct router_plan *p,
    int slot);
int router_sticky_sync(const struct router_worker *w,
    const struct router_plan *p, struct dc_err *err);

#endif
