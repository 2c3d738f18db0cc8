/* deployer/router.c -- see router.h. */
#include "deployer/router.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "deployer/haproxy.h"
#include "deployer/router_config.h"
#include "deployer/router_modes.h"
#include "deployer/router_server.h"
#include "deployer/router_tls.h"

enum {
	RELOAD_MS = 30000
};

struct sync {
	const struct router_plan *plan;
	const struct router_conf *conf;
	const char *map; /* path of hosts.map, which is also its name */
	const char *socket;
	pid_t pid; /* the worker at hand */
	struct dc_err *err;
	struct router_report *report; /* NULL for workers on their way out */
	int pending;
};

static bool
is_word(const char *s)
{
	if (s == NULL)
		return true;
	for (const char *p = s; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'\\#$;", *p) != NULL)
			return false;
	return *s != '\0';
}

static int
check_conf(const struct router_conf *c, struct dc_err *err)
{
	const char *const words[] = {c->etc, c->run, c->http_bind,
	    c->bridge_bind, c->api_socket, c->api_address, c->user, c->group,
	    c->port_address, c->port_bridge};

	assert(c->etc != NULL && c->run != NULL && c->http_bind != NULL);
	assert(c->api_socket != NULL || c->api_address != NULL);
	if (c->tls != NULL &&
	    (!is_word(c->tls->bind) || !is_word(c->tls->path)))
		return dc_fail(err, DC_EINVAL,
		    "router: 'https_bind' or 'tls_certificate' cannot stand in"
		    " haproxy.cfg");
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!is_word(words[i]))
			return dc_fail(err, DC_EINVAL,
			    "router: '%s' cannot stand in haproxy.cfg",
			    words[i]);
	if (c->slots > ROUTER_MAX_SLOTS)
		return dc_fail(err, DC_EINVAL, "router: %d slots", c->slots);
	return 0;
}

int
router_lock(int *out, const struct router_conf *c, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/router.lock", c->run);
	dc_auto_fd int fd = -1;
	int rc;

	rc = dc_fs_mkdirs(c->run, 0755, err);
	if (rc < 0)
		return rc;
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	while (flock(fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return dc_fail_errno(err, "lock '%s'", path);
	*out = dc_steal_fd(&fd);
	return 0;
}

int
router_config_save(const struct router_conf *c, const struct router_table *t,
    struct dc_err *err)
{
	struct router_plan plan;
	int rc;

	rc = check_conf(c, err);
	if (rc < 0)
		return rc;
	router_plan_init(&plan, c, t);
	rc = router_plan_save(&plan, c, t, err);
	router_plan_done(&plan);
	return rc;
}

/* Does worker PID have our static part, and all the slots? */
static int
is_in_shape(bool *out, const char *socket, pid_t pid,
    const struct router_plan *p, const char *shape, struct dc_err *err)
{
	dc_auto_free char *info = NULL, *stat = NULL, *cmd = NULL, *want = NULL;
	int rc;

	rc = haproxy_ask(&info, socket, pid, "show info", err);
	if (rc < 0)
		return rc;
	want = dc_asprintf("\ndescription: %s\n", shape);
	cmd = dc_asprintf("show stat be_%d 2 -1", p->slots - 1);
	rc = haproxy_ask(&stat, socket, pid, cmd, err);
	if (rc < 0)
		return rc;
	*out = strstr(info, want) != NULL && strstr(stat, "\nbe_") != NULL;
	return 0;
}

/* Until the new worker answers with the wanted shape. The master's socket is
 * kept over its re-execution, so each question waits until it is back; only a
 * worker that is not yet through its configuration is asked again. */
static int
reload(const char *socket, const struct router_plan *p, const char *shape,
    struct dc_err *err)
{
	struct haproxy_workers before, w;
	dc_auto_free char *answer = NULL;
	int64_t end = dc_mono_ms() + RELOAD_MS;
	int rc, pause = 2;

	rc = haproxy_workers(&before, socket, err);
	if (rc < 0)
		return rc;
	rc = haproxy_ask(&answer, socket, 0, "reload", err);
	if (rc < 0 && rc != DC_EBUSY)
		return rc;
	for (;;) {
		bool good = false;

		rc = haproxy_workers(&w, socket, err);
		if (rc == 0 && w.failed > before.failed)
			return dc_fail(err, DC_EFAIL,
			    "haproxy refused the new configuration");
		if (rc == 0)
			rc = is_in_shape(&good, socket, w.v[0].pid, p, shape,
			    err);
		if (rc == 0 && good)
			return 0;
		if (rc < 0 && rc != DC_EBUSY && rc != DC_ENOTFOUND)
			return rc;
		if (dc_mono_ms() >= end)
			return rc < 0 ? rc
				      : dc_fail(err, DC_EFAIL,
					    "haproxy did not take the new "
					    "configuration");
		(void)poll(NULL, 0, pause);
		pause = pause < 50 ? pause * 2 : 50;
	}
}

static int
find_server(const struct haproxy_servers *have, const char *backend,
    const char *name)
{
	for (size_t i = 0; i < have->n; i++)
		if (strcmp(have->v[i].name, name) == 0 &&
		    strcmp(have->v[i].backend, backend) == 0)
			return (int)i;
	return -1;
}

#define CHANGE(s, ...)                                                         \
	haproxy_change((s)->socket, (s)->pid, (s)->err, __VA_ARGS__)

static int
add_server(struct sync *s, const char *be, const struct router_server *v)
{
	char name[ROUTER_NAME_SIZE], address[ROUTER_ADDRESS_SIZE];
	int rc;

	router_server_name(name, v->instance, v->worker);
	router_server_address(address, v);
	rc = CHANGE(s, "add server %s/%s %s %s", be, name, address,
	    router_server_options(v));
	if (rc == 0)
		rc = CHANGE(s, "enable health %s/%s", be, name);
	if (rc == 0)
		rc = CHANGE(s, "enable server %s/%s", be, name);
	/* It was probed: full health, or its first failed check were its last.
	 */
	if (rc == 0)
		rc = CHANGE(s, "set server %s/%s health up", be, name);
	if (rc == 0 && s->report != NULL)
		s->report->added++;
	return rc;
}

/* A server that is there: left half made by a crash, or to go back into
 * rotation, or moved. Its check may never have been enabled. */
static int
mend_server(struct sync *s, const struct haproxy_server *h,
    const struct router_server *v)
{
	int rc = 0;

	/* A socket's path follows from the instance, and is not shown. */
	if (!router_is_unix(v) &&
	    (strcmp(h->address, v->address) != 0 || h->port != v->port))
		rc = CHANGE(s, "set server %s/%s addr %s port %d", h->backend,
		    h->name, v->address, v->port);
	if (rc == 0 && h->maint)
		rc = CHANGE(s, "enable health %s/%s", h->backend, h->name);
	if (rc == 0 && (h->maint || h->drain))
		rc = CHANGE(s, "set server %s/%s state ready", h->backend,
		    h->name);
	return rc;
}

/* Step 2: everything that shall serve, serves. */
static int
sync_wanted(struct sync *s, const struct haproxy_servers *have)
{
	for (size_t i = 0; i < s->plan->n_servers; i++) {
		const struct router_server *v = s->plan->servers[i].server;
		char be[32], name[ROUTER_NAME_SIZE];
		int at, rc;

		if (v->draining)
			continue;
		router_backend_name(be, sizeof(be), s->plan->servers[i].slot);
		router_server_name(name, v->instance, v->worker);
		at = find_server(have, be, name);
		if (at >= 0)
			rc = mend_server(s, &have->v[at], v);
		else
			rc = add_server(s, be, v);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Step 3: what shall not serve gets nothing new. */
static int
sync_unwanted(struct sync *s, const struct haproxy_servers *have)
{
	for (size_t i = 0; i < have->n; i++) {
		const struct haproxy_server *h = &have->v[i];
		const struct router_server *v;
		bool off; /* it has clients who would come back to it */
		int rc = 0;

		if (!router_is_backend(h->backend))
			continue;
		v = router_plan_server(s->plan, h->backend, h->name);
		off = v != NULL && v->draining &&
		      router_is_sticky(s->plan, router_slot_of(h->backend));
		if ((v == NULL || off) && !h->maint)
			rc = CHANGE(s, "set server %s/%s state maint",
			    h->backend, h->name);
		else if (v != NULL && !off && v->draining &&
			 (h->maint || !h->drain))
			rc = CHANGE(s, "set server %s/%s state drain",
			    h->backend, h->name);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Step 5: servers with sessions are left for the next sync. */
static int
sync_removed(struct sync *s, const struct haproxy_servers *have)
{
	for (size_t i = 0; i < have->n; i++) {
		const struct haproxy_server *h = &have->v[i];
		int rc;

		if (!router_is_backend(h->backend) ||
		    router_plan_server(s->plan, h->backend, h->name) != NULL)
			continue;
		rc = CHANGE(s, "del server %s/%s", h->backend, h->name);
		if (rc == DC_EBUSY)
			s->pending++;
		else if (rc < 0 && rc != DC_ENOTFOUND)
			return rc;
		else if (rc == 0 && s->report != NULL)
			s->report->removed++;
	}
	return 0;
}

/* Steps 1 (GONE: names that are no more, and doubles) and 4 (names that are
 * new or lead elsewhere). */
static int
sync_map(struct sync *s, bool gone)
{
	dc_auto_free char *answer = NULL, *cmd = NULL;
	dc_auto_free bool *seen = NULL;
	char *save = NULL, be[32], host[256], to[32];
	int rc;

	cmd = dc_asprintf("show map %s", s->map);
	rc = haproxy_ask(&answer, s->socket, s->pid, cmd, s->err);
	if (rc < 0)
		return rc;
	seen = dc_xcalloc(s->plan->n_maps + 1, sizeof(*seen));
	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		const struct router_map *m;
		bool again;

		if (sscanf(line, "%*s %255s %31s", host, to) != 2)
			continue;
		m = router_plan_map(s->plan, host);
		again = m != NULL && seen[m - s->plan->maps];
		if (m != NULL)
			seen[m - s->plan->maps] = true;
		if (gone && (m == NULL || again)) {
			rc = CHANGE(s, "del map %s %s", s->map, host);
		} else if (!gone && m != NULL && !again) {
			router_backend_name(be, sizeof(be), m->slot);
			rc = strcmp(be, to) == 0 ? 0
						 : CHANGE(s, "set map %s %s %s",
						       s->map, host, be);
		}
		if (rc < 0 && rc != DC_ENOTFOUND)
			return rc;
	}
	for (size_t i = 0; !gone && i < s->plan->n_maps; i++) {
		if (seen[i])
			continue;
		router_backend_name(be, sizeof(be), s->plan->maps[i].slot);
		rc = CHANGE(s, "add map %s %s %s", s->map,
		    s->plan->maps[i].host, be);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
sync_holds(struct sync *s, bool gone)
{
	const struct router_worker w = {s->socket, s->pid};
	int rc = router_closed_sync(&w, s->conf, s->plan, gone, s->err);

	return rc < 0 ? rc
		      : router_hold_sync(&w, s->conf, s->plan, gone, s->err);
}

/* In this order no name ever leads to a backend without its servers, and none
 * to the servers of a former owner of its slot; and who waits for servers goes
 * on when they are there. */
static int
sync_worker(struct sync *s)
{
	const struct router_worker w = {s->socket, s->pid};
	struct haproxy_servers have = {0};
	int rc;

	/* Nothing else can be changed in one on its way out. */
	if (s->report == NULL) {
		rc = sync_holds(s, false);
		return rc == 0 ? sync_holds(s, true) : rc;
	}
	rc = haproxy_servers(&have, s->socket, s->pid, s->err);
	if (rc == 0)
		rc = sync_holds(s, false);
	if (rc == 0)
		rc = sync_map(s, true);
	if (rc == 0)
		rc = sync_wanted(s, &have);
	if (rc == 0)
		rc = router_sticky_sync(&w, s->plan, s->err);
	if (rc == 0)
		rc = sync_unwanted(s, &have);
	if (rc == 0)
		rc = sync_map(s, false);
	if (rc == 0)
		rc = sync_holds(s, true);
	if (rc == 0)
		rc = sync_removed(s, &have);
	haproxy_servers_done(&have);
	return rc;
}

static int
sync_running(struct sync *s, const struct router_conf *c)
{
	dc_auto_str struct dc_str shape = {0};
	struct haproxy_workers w;
	bool good = false;
	int rc;

	rc = haproxy_workers(&w, s->socket, s->err);
	if (rc < 0)
		return rc;
	router_shape(&shape, c, s->plan);
	rc = is_in_shape(&good, s->socket, w.v[0].pid, s->plan, shape.data,
	    s->err);
	if (rc < 0)
		return rc == DC_ENOTFOUND ? DC_EBUSY : rc;
	if (!good) {
		rc = reload(s->socket, s->plan, shape.data, s->err);
		if (rc < 0)
			return rc;
		s->report->reloaded = 1;
		rc = haproxy_workers(&w, s->socket, s->err);
		if (rc < 0)
			return rc;
	}
	for (size_t i = 0; i < w.n; i++) {
		struct sync one = *s;

		one.pid = w.v[i].pid;
		one.pending = 0;
		if (w.v[i].old)
			one.report = NULL;
		rc = sync_worker(&one);
		/* An old worker that ended meanwhile needs nothing. */
		if (rc < 0 && !w.v[i].old)
			return rc == DC_ENOTFOUND ? DC_EBUSY : rc;
		s->pending += one.pending;
	}
	return 0;
}

int
router_sync(struct router_report *r, const struct router_conf *c,
    const struct router_table *t, struct dc_err *err)
{
	dc_auto_free char *socket = NULL, *map = NULL;
	struct router_report report = {0};
	struct router_plan plan;
	struct sync s = {.plan = &plan,
	    .conf = c,
	    .err = err,
	    .report = &report};
	int rc, swept = 0;

	rc = check_conf(c, err);
	if (rc < 0)
		return rc;
	socket = dc_asprintf("%s/haproxy-master.sock", c->run);
	map = dc_asprintf("%s/hosts.map", c->etc);
	s.socket = socket;
	s.map = map;
	router_plan_init(&plan, c, t);
	rc = router_plan_save(&plan, c, t, err);
	if (rc == 0)
		rc = sync_running(&s, c);
	if (rc == 0 || rc == DC_EBUSY)
		swept = router_tls_sweep(c, err);
	if (swept == 0 && (rc == 0 || rc == DC_EBUSY))
		swept = router_closed_sweep(c, &plan, err);
	if (swept < 0)
		rc = swept;
	report.pending = s.pending;
	report.ignored = plan.ignored;
	router_plan_done(&plan);
	if (r != NULL)
		*r = report;
	return rc < 0 ? dc_wrap(err, rc, "router") : 0;
}
