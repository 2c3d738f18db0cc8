/* deployer/router_slots.c -- maps whose keys are backends; see
 * router_modes.h. */
#include "deployer/router_modes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "deployer/haproxy.h"

struct change {
	const struct router_worker *w;
	const char *map;
};

void
router_slots_format(struct dc_str *s, const struct router_slot *v, size_t n)
{
	char be[32];

	dc_str_add(s, "");
	for (size_t i = 0; i < n; i++) {
		router_backend_name(be, sizeof(be), v[i].slot);
		dc_str_addf(s, "%s %s\n", be, v[i].value);
	}
}

static const struct router_slot *
find(const struct router_slot *v, size_t n, const char *be)
{
	char name[32];

	for (size_t i = 0; i < n; i++) {
		router_backend_name(name, sizeof(name), v[i].slot);
		if (strcmp(name, be) == 0)
			return &v[i];
	}
	return NULL;
}

static int
set(const struct change *c, const struct router_slot *v, const char *be,
    const char *had, struct dc_err *err)
{
	if (had != NULL && strcmp(had, v->value) == 0)
		return 0;
	return haproxy_change(c->w->socket, c->w->pid, err, "%s map %s %s %s",
	    had != NULL ? "set" : "add", c->map, be, v->value);
}

/* What the worker has: those of V are set, or (GONE) others removed. */
static int
walk(const struct change *c, const struct router_slot *v, size_t n, bool *seen,
    bool gone, char *answer, struct dc_err *err)
{
	char *save = NULL, be[32], value[72];
	int rc = 0;

	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		const struct router_slot *one;

		if (sscanf(line, "%*s %31s %71s", be, value) != 2)
			continue;
		one = find(v, n, be);
		if (one != NULL)
			seen[one - v] = true;
		if (one == NULL && gone)
			rc = haproxy_change(c->w->socket, c->w->pid, err,
			    "del map %s %s", c->map, be);
		else if (one != NULL && !gone)
			rc = set(c, one, be, value, err);
		if (rc < 0 && rc != DC_ENOTFOUND)
			return rc;
	}
	return 0;
}

int
router_slots_sync(const struct router_worker *w, const char *map,
    const struct router_slot *v, size_t n, bool gone, struct dc_err *err)
{
	dc_auto_free char *cmd = dc_asprintf("show map %s", map);
	dc_auto_free bool *seen = dc_xcalloc(n + 1, sizeof(*seen));
	dc_auto_free char *answer = NULL;
	const struct change change = {w, map};
	char be[32];
	int rc;

	rc = haproxy_ask(&answer, w->socket, w->pid, cmd, err);
	if (rc == 0)
		rc = walk(&change, v, n, seen, gone, answer, err);
	for (size_t i = 0; rc == 0 && !gone && i < n; i++) {
		if (seen[i])
			continue;
		router_backend_name(be, sizeof(be), v[i].slot);
		rc = set(&change, &v[i], be, NULL, err);
	}
	return rc;
}
