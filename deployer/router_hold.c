/* deployer/router_hold.c -- requests that wait in HAProxy: held.map says for
 * which backends and until when, hold.lua is how. See router_config.h.
 *
 * The map is looked up before anything else, so that no request which is not
 * held comes near Lua. One that is looks again every 10 ms at first, less often
 * the longer it waits; then one goes on every 2 ms, or all at once would be
 * more than many an application's queue of connections takes. The end that the
 * map names (milliseconds of the epoch) is obeyed by HAProxy alone, whoever has
 * died meanwhile: by the system's clock, to the second, as its own, core.now,
 * does not follow when that is set. */
#include "deployer/router_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/box/place.h"
#include "deployer/router_modes.h"

/* The path of held.map comes first, as a line of its own. */
static const char lua[] =
    "local held = Map.new(path, Map._str)\n"
    "local turns = {}\n"
    "\n"
    "local function now()\n"
    "\tlocal t = core.now()\n"
    "\treturn t.sec * 1000 + t.usec // 1000\n"
    "end\n"
    "\n"
    "local function wait_for_turn(backend)\n"
    "\tlocal t = now()\n"
    "\tlocal turn = math.max(t, (turns[backend] or 0) + 2)\n"
    "\tturns[backend] = turn\n"
    "\tif turn > t then\n"
    "\t\tcore.msleep(turn - t)\n"
    "\tend\n"
    "end\n"
    "\n"
    "core.register_action(\"hold\", { \"http-req\" }, function(txn)\n"
    "\tlocal backend = txn:get_var(\"txn.be\")\n"
    "\tlocal since = now()\n"
    "\twhile true do\n"
    "\t\tlocal ends = tonumber(held:lookup(backend) or 0)\n"
    "\t\tif os.time() * 1000 >= ends then\n"
    "\t\t\twait_for_turn(backend)\n"
    "\t\t\treturn\n"
    "\t\tend\n"
    "\t\tcore.msleep(math.min(100, 10 + (now() - since) // 20))\n"
    "\tend\n"
    "end)\n";

void
router_hold_format(struct dc_str *s, const struct router_conf *c)
{
	dc_str_addf(s, "local path = \"%s/held.map\"\n%s", c->etc, lua);
}

void
router_hold_backend(struct dc_str *s, const struct router_conf *c)
{
	dc_auto_free char *host = dc_place_host(c->http_bind);

	dc_str_addf(s,
	    "backend again\n\ttimeout server 1h\n\tserver self %s:%d\n",
	    host != NULL ? host : "127.0.0.1", dc_place_port(c->http_bind));
}

void
router_hold_rule(struct dc_str *s, const struct router_conf *c)
{
	dc_str_addf(s,
	    "\thttp-request lua.hold "
	    "if { var(txn.be),map(%s/held.map) -m found }\n",
	    c->etc);
}

static int
by_slot(const void *a, const void *b)
{
	const struct router_hold *x = a, *y = b;

	return (x->slot > y->slot) - (x->slot < y->slot);
}

void
router_hold_init(struct router_plan *p, const struct router_table *t)
{
	size_t n = 0;

	p->holds = dc_xcalloc(t->n_holds + 1, sizeof(p->holds[0]));
	for (size_t i = 0; i < t->n_holds; i++)
		if (t->holds[i].slot >= 0 &&
		    t->holds[i].slot < ROUTER_MAX_SLOTS &&
		    t->holds[i].until > 0)
			p->holds[n++] = t->holds[i];
		else
			p->ignored++;
	p->n_holds = n;
	qsort(p->holds, n, sizeof(p->holds[0]), by_slot);
}

/* The caller's. */
static struct router_slot *
new_slots(const struct router_plan *p)
{
	struct router_slot *v = dc_xcalloc(p->n_holds + 1, sizeof(*v));

	for (size_t i = 0; i < p->n_holds; i++) {
		v[i].slot = p->holds[i].slot;
		(void)snprintf(v[i].value, sizeof(v[i].value), "%" PRId64,
		    p->holds[i].until);
	}
	return v;
}

void
router_hold_map(struct dc_str *s, const struct router_plan *p)
{
	dc_auto_free struct router_slot *v = new_slots(p);

	router_slots_format(s, v, p->n_holds);
}

int
router_hold_sync(const struct router_worker *w, const struct router_conf *c,
    const struct router_plan *p, bool gone, struct dc_err *err)
{
	dc_auto_free char *map = dc_asprintf("%s/held.map", c->etc);
	dc_auto_free struct router_slot *v = new_slots(p);

	return router_slots_sync(w, map, v, p->n_holds, gone, err);
}
