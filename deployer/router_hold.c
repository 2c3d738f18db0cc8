/* deployer/router_hold.c -- requests that wait in HAProxy: held.map says for
 * which backends and until when, hold.lua is how. See router_config.h.
 *
 * The map is looked up before anything else, so that no request which is not
 * held comes near Lua. One that is looks again every 10 ms at first, less often
 * the longer it waits; then one goes on every 2 ms, or all at once would be
 * more than many an application's queue of connections takes. The end that the
 * map names (milliseconds of the epoch) is obeyed by HAProxy alone, whoever has
 * died meanwhile. */
#include "deployer/router_config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/box/place.h"
#include "deployer/haproxy.h"

/* The path of held.map comes first, as a line of its own. A worker that a
 * reload has replaced learns of no new server: what waited there goes on to the
 * one that listens now. */
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
    "\t\tlocal t = now()\n"
    "\t\tif t >= ends then\n"
    "\t\t\twait_for_turn(backend)\n"
    "\t\t\tif tonumber(core.get_info().Stopping or 0) ~= 0 then\n"
    "\t\t\t\ttxn:set_var(\"txn.be\", \"again\")\n"
    "\t\t\tend\n"
    "\t\t\treturn\n"
    "\t\tend\n"
    "\t\tcore.msleep(math.min(100, 10 + (t - since) // 20))\n"
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

	dc_str_addf(s, "backend again\n\tserver self %s:%d\n",
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

void
router_hold_map(struct dc_str *s, const struct router_plan *p)
{
	char be[32];

	dc_str_add(s, "");
	for (size_t i = 0; i < p->n_holds; i++) {
		router_backend_name(be, sizeof(be), p->holds[i].slot);
		dc_str_addf(s, "%s %" PRId64 "\n", be, p->holds[i].until);
	}
}

static const struct router_hold *
find(const struct router_plan *p, const char *be)
{
	char name[32];

	for (size_t i = 0; i < p->n_holds; i++) {
		router_backend_name(name, sizeof(name), p->holds[i].slot);
		if (strcmp(name, be) == 0)
			return &p->holds[i];
	}
	return NULL;
}

struct change {
	const struct router_worker *w;
	const char *map;
};

static int
set_hold(const struct change *c, const struct router_hold *h, const char *be,
    const char *had, struct dc_err *err)
{
	char until[32];

	(void)snprintf(until, sizeof(until), "%" PRId64, h->until);
	if (had != NULL && strcmp(had, until) == 0)
		return 0;
	return haproxy_change(c->w->socket, c->w->pid, err, "%s map %s %s %s",
	    had != NULL ? "set" : "add", c->map, be, until);
}

/* What the worker has: those of the plan are set, or (GONE) others removed. */
static int
walk(const struct change *c, const struct router_plan *p, bool *seen, bool gone,
    char *answer, struct dc_err *err)
{
	char *save = NULL, be[32], until[32];
	int rc = 0;

	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		const struct router_hold *h;

		if (sscanf(line, "%*s %31s %31s", be, until) != 2)
			continue;
		h = find(p, be);
		if (h != NULL)
			seen[h - p->holds] = true;
		if (h == NULL && gone)
			rc = haproxy_change(c->w->socket, c->w->pid, err,
			    "del map %s %s", c->map, be);
		else if (h != NULL && !gone)
			rc = set_hold(c, h, be, until, err);
		if (rc < 0 && rc != DC_ENOTFOUND)
			return rc;
	}
	return 0;
}

int
router_hold_sync(const struct router_worker *w, const struct router_conf *c,
    const struct router_plan *p, bool gone, struct dc_err *err)
{
	dc_auto_free char *map = dc_asprintf("%s/held.map", c->etc);
	dc_auto_free char *cmd = dc_asprintf("show map %s", map);
	dc_auto_free bool *seen = dc_xcalloc(p->n_holds + 1, sizeof(*seen));
	dc_auto_free char *answer = NULL;
	const struct change change = {w, map};
	char be[32];
	int rc;

	rc = haproxy_ask(&answer, w->socket, w->pid, cmd, err);
	if (rc == 0)
		rc = walk(&change, p, seen, gone, answer, err);
	for (size_t i = 0; rc == 0 && !gone && i < p->n_holds; i++) {
		if (seen[i])
			continue;
		router_backend_name(be, sizeof(be), p->holds[i].slot);
		rc = set_hold(&change, &p->holds[i], be, NULL, err);
	}
	return rc;
}
