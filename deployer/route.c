/* deployer/route.c -- see route.h. */
#include "deployer/route.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/box/net.h"
#include "common/box/place.h"
#include "common/store/health.h"
#include "common/store/hold.h"
#include "common/store/public_port.h"
#include "common/store/service.h"
#include "deployer/haproxy.h"
#include "deployer/ports.h"
#include "deployer/publish.h"
#include "deployer/route_extras.h"
#include "deployer/router.h"
#include "deployer/router_server.h"
#include "deployer/router_start.h"
#include "deployer/sockets.h"

#include <inttypes.h>
#include <string.h>

/* In the router: those that serve, come back, or finish what they have. */
#define ROUTED                                                                 \
	(DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_DOWN) |                 \
	    DC_FROM(DC_INSTANCE_RESTARTING) | DC_FROM(DC_INSTANCE_PARKING) |   \
	    DC_FROM(DC_INSTANCE_DRAINING))

/* The table while it is read. Instances come ordered by service, so the
 * servers of one backend are neighbours; pointers are set at the end. */
struct reading {
	const struct dc_conf *conf;
	struct dc_db *db;
	struct router_server *servers;
	size_t nservers;
	bool *silent; /* of servers: out for that reason alone */
	size_t nsilent;
	struct row {
		int64_t service_id;
		int slot;
		char *name;
		size_t first, n; /* its servers */
	} * rows;
	size_t nrows;
	struct router_host *hosts;
	size_t nhosts;
	struct router_hold *holds;
	size_t nholds;
};

struct settings {
	struct router_conf c;
	char *etc, *api_socket, *api_host, *port_address, *port_bridge;
	const char *api_hosts[3];
	char *bridge_bind;
};

static void
settings_init(struct settings *s, const struct dc_conf *conf)
{
	s->etc = dc_conf_path(conf, "etc");
	s->api_socket = dc_asprintf("%s/uploader.sock", conf->run);
	s->api_host = dc_asprintf("api.%s", conf->domain);
	s->port_address = dc_place_host(conf->http_bind);
	if (s->port_address != NULL)
		s->port_bridge = dc_net_gateway(conf->subnet, NULL);
	/* Applications reach each other's front doors on the bridge. */
	if (s->port_bridge != NULL)
		s->bridge_bind = dc_asprintf("%s:%d", s->port_bridge,
		    dc_place_port(conf->http_bind));
	s->api_hosts[0] = "localhost";
	s->api_hosts[1] = conf->public_host;
	s->api_hosts[2] = s->api_host;
	s->c = (struct router_conf){.etc = s->etc,
	    .run = conf->run,
	    .http_bind = conf->http_bind,
	    .bridge_bind = s->bridge_bind,
	    .api_socket = s->api_socket,
	    .api_hosts = s->api_hosts,
	    .n_api_hosts = 3,
	    .user = conf->user,
	    .group = conf->user,
	    .slots = 256,
	    .port_address = s->port_address != NULL ? s->port_address : "*",
	    .port_bridge = s->port_bridge};
}

static void
settings_done(struct settings *s)
{
	free(s->bridge_bind);
	free(s->etc);
	free(s->api_socket);
	free(s->api_host);
	free(s->port_address);
	free(s->port_bridge);
}

static int
find_slot(int *slot, struct dc_db *db, int64_t service_id, struct dc_err *err)
{
	int64_t found;
	int rc = dc_service_find_slot(db, &found, service_id, err);

	if (rc == 0)
		*slot = (int)found;
	return rc;
}

static int
row_of(struct reading *r, const struct dc_instance *i, struct row **out,
    struct dc_err *err)
{
	struct row row = {.service_id = i->service_id, .first = r->nservers};
	int rc;

	if (r->nrows > 0 && r->rows[r->nrows - 1].service_id == i->service_id) {
		*out = &r->rows[r->nrows - 1];
		return 0;
	}
	rc = find_slot(&row.slot, r->db, i->service_id, err);
	if (rc < 0)
		return rc;
	row.name = dc_asprintf("%s.%s", i->application, i->service);
	r->rows = dc_xrealloc(r->rows, (r->nrows + 1) * sizeof(*r->rows));
	r->rows[r->nrows] = row;
	*out = &r->rows[r->nrows++];
	return 0;
}

static void
add_server(struct reading *r, int64_t id, const struct dc_place *place,
    int port, bool draining)
{
	r->servers =
	    dc_xrealloc(r->servers, (r->nservers + 1) * sizeof(*r->servers));
	r->servers[r->nservers++] = (struct router_server){.instance = id,
	    .address = dc_strdup(place->address),
	    .port = port,
	    .draining = draining};
	r->rows[r->nrows - 1].n++;
}

/* Those that are ill get nothing new. */
static bool
is_out(const struct dc_instance *i)
{
	return i->state == DC_INSTANCE_DRAINING ||
	       i->state == DC_INSTANCE_RESTARTING ||
	       i->state == DC_INSTANCE_PARKING || dc_health_is_ill(i->health);
}

static void
add_sockets(struct reading *r, const struct dc_instance *i, int n)
{
	bool draining = is_out(i);

	r->servers = dc_xrealloc(r->servers,
	    (r->nservers + (size_t)n) * sizeof(*r->servers));
	for (int w = 0; w < n; w++)
		r->servers[r->nservers++] =
		    (struct router_server){.instance = i->id,
			.address = sockets_path(r->conf, i->id, w),
			.draining = draining,
			.worker = w};
	r->rows[r->nrows - 1].n += (size_t)n;
}

static void
note_silent(struct reading *r, const struct dc_instance *i)
{
	r->silent = dc_xrealloc(r->silent, r->nservers * sizeof(*r->silent));
	while (r->nsilent < r->nservers)
		r->silent[r->nsilent++] = i->health == DC_HEALTH_SILENT &&
					  (i->state == DC_INSTANCE_UP ||
					      i->state == DC_INSTANCE_DOWN);
}

/* Where no other instance is well, one that does not answer may be busy, or be
 * back in a moment: requests wait for it as they would without any checks. One
 * that says that it is ill is believed. */
static void
keep_last(struct reading *r, const struct row *row)
{
	size_t i;

	for (i = row->first; i < row->first + row->n; i++)
		if (!r->servers[i].draining)
			return;
	for (i = row->first; i < row->first + row->n; i++)
		r->servers[i].draining = !r->silent[i];
}

static int
add_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct reading *r = arg;
	struct dc_port ports[DC_MAX_INSTANCE_PORTS];
	const struct dc_port *http;
	struct dc_place place;
	struct row *row;
	size_t n;
	int sockets = 0, rc;

	if (i->state == DC_INSTANCE_DRAINING && i->reserved_until != 0)
		return 0; /* it has drained */
	rc = dc_instance_load_ports(r->db, i->id, ports, DC_MAX_INSTANCE_PORTS,
	    &n, err);
	if (rc < 0)
		return rc;
	http = ports_find(ports, n, "http");
	if (http == NULL || i->address == 0)
		return 0;
	rc = row_of(r, i, &row, err);
	if (rc == DC_ENOTFOUND) /* no route: not an http service */
		return 0;
	if (rc == 0)
		rc = dc_place_find(&place, r->conf, i->address, err);
	if (rc == 0)
		rc = sockets_count(&sockets, i, err);
	if (rc < 0)
		return rc;
	if (sockets > 0) {
		add_sockets(r, i, sockets);
	} else {
		add_server(r, i->id, &place, http->port, is_out(i));
	}
	note_silent(r, i);
	return 0;
}

/* Targets of one public port are neighbours too. */
static int
add_target(const struct dc_port_target *t, void *arg, struct dc_err *err)
{
	struct reading *r = arg;
	int slot = ROUTER_PORT(t->public_port);
	struct dc_place place;
	int rc = dc_place_find(&place, r->conf, t->address, err);

	if (rc < 0)
		return rc;
	if (r->nrows == 0 || r->rows[r->nrows - 1].slot != slot) {
		r->rows =
		    dc_xrealloc(r->rows, (r->nrows + 1) * sizeof(*r->rows));
		r->rows[r->nrows++] = (struct row){.slot = slot,
		    .name = dc_asprintf("%s.%s", t->application, t->service),
		    .first = r->nservers};
	}
	add_server(r, t->instance_id, &place, t->port, t->is_draining);
	return 0;
}

static int
add_host(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *err)
{
	struct reading *r = arg;

	(void)service_id;
	(void)err;
	r->hosts = dc_xrealloc(r->hosts, (r->nhosts + 1) * sizeof(*r->hosts));
	r->hosts[r->nhosts++] =
	    (struct router_host){dc_strdup(host), (int)slot};
	return 0;
}

static int
add_hold(int64_t slot, int64_t until, void *arg, struct dc_err *err)
{
	struct reading *r = arg;

	(void)err;
	r->holds = dc_xrealloc(r->holds, (r->nholds + 1) * sizeof(*r->holds));
	r->holds[r->nholds++] = (struct router_hold){(int)slot, until};
	return 0;
}

static void
reading_done(struct reading *r)
{
	size_t i;

	for (i = 0; i < r->nservers; i++)
		free((void *)(uintptr_t)r->servers[i].address);
	for (i = 0; i < r->nrows; i++)
		free(r->rows[i].name);
	for (i = 0; i < r->nhosts; i++)
		free((void *)(uintptr_t)r->hosts[i].host);
	free(r->servers);
	free(r->silent);
	free(r->rows);
	free(r->hosts);
	free(r->holds);
}

static int
sync_table(struct reading *r, const struct router_conf *c,
    const struct route_extras *x, struct dc_err *err)
{
	struct router_backend *backends =
	    dc_xcalloc(r->nrows, sizeof(*backends));
	struct router_table table = {backends, r->nrows, r->hosts, r->nhosts,
	    r->holds, r->nholds, &x->modes};
	struct router_report report = {0};
	size_t i;
	int rc;

	for (i = 0; i < r->nrows; i++)
		backends[i] =
		    (struct router_backend){r->rows[i].slot, r->rows[i].name,
			r->servers + r->rows[i].first, r->rows[i].n};
	rc = router_start_sync(&report, c, &table, err);
	free(backends);
	log_debug("router: added=%d removed=%d pending=%d reloaded=%d",
	    report.added, report.removed, report.pending, report.reloaded);
	return rc == DC_EBUSY ? 0 : rc;
}

int
route_sync(const struct dc_conf *conf, struct dc_db *db, struct dc_err *err)
{
	struct reading r = {.conf = conf, .db = db};
	struct route_extras x = {0};
	struct settings s = {0};
	dc_auto_fd int lock = -1;
	size_t i;
	int rc;

	settings_init(&s, conf);
	rc = router_lock(&lock, &s.c, err);
	if (rc == 0)
		rc = dc_public_port_release(db, err);
	if (rc == 0)
		rc = dc_instance_each(db, 0, 0, ROUTED, add_instance, &r, err);
	for (i = 0; rc == 0 && i < r.nrows; i++)
		keep_last(&r, &r.rows[i]);
	if (rc == 0)
		rc = dc_public_port_each_target(db, conf->node, "tcp",
		    add_target, &r, err);
	if (rc == 0)
		rc = dc_service_each_host(db, 0, add_host, &r, err);
	if (rc == 0)
		rc = dc_hold_each(db, add_hold, &r, err);
	if (rc == 0)
		rc = route_extras_load(&x, conf, db, err);
	s.c.tls = route_extras_tls(&x);
	if (rc == 0)
		rc = sync_table(&r, &s.c, &x, err);
	if (rc == 0)
		rc = publish_sync(conf, db, err);
	reading_done(&r);
	route_extras_done(&x);
	settings_done(&s);
	return rc < 0 ? dc_wrap(err, rc, "router") : 0;
}

/* Where connections of one instance may be: its slots. */
struct counting {
	int64_t instance_id;
	int *slots;
	size_t n;
};

static void
add_slot(struct counting *c, int slot)
{
	c->slots = dc_xrealloc(c->slots, (c->n + 1) * sizeof(*c->slots));
	c->slots[c->n++] = slot;
}

static int
note_target(const struct dc_port_target *t, void *arg, struct dc_err *err)
{
	struct counting *c = arg;

	(void)err;
	/* Nobody waits for a shell to end. */
	if (t->instance_id == c->instance_id && t->port != DC_SSH_PORT)
		add_slot(c, ROUTER_PORT(t->public_port));
	return 0;
}

static int
find_slots(struct counting *c, const struct dc_conf *conf, struct dc_db *db,
    int64_t service_id, struct dc_err *err)
{
	int slot = 0;
	int rc = find_slot(&slot, db, service_id, err);

	if (rc == 0)
		add_slot(c, slot);
	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	return dc_public_port_each_target(db, conf->node, "tcp", note_target, c,
	    err);
}

int
route_sessions(long *n, const struct dc_conf *conf, struct dc_db *db,
    const struct dc_instance *instance, struct dc_err *err)
{
	struct counting c = {.instance_id = instance->id};
	struct settings s = {0};
	long total = 0, one = 0;
	size_t i;
	int rc = find_slots(&c, conf, db, instance->service_id, err);

	settings_init(&s, conf);
	for (i = 0; rc == 0 && i < c.n; i++) {
		rc = router_sessions(&one, &s.c, c.slots[i], instance->id, err);
		total += one;
	}
	settings_done(&s);
	free(c.slots);
	if (rc == 0)
		*n = total;
	return rc;
}

int
route_answers(int64_t *answers, int64_t *errors, const struct dc_conf *conf,
    struct dc_db *db, const struct dc_instance *instance, struct dc_err *err)
{
	const struct router_conf c = {.run = conf->run};
	struct haproxy_count count = {0};
	int slot = 0, rc;

	rc = find_slot(&slot, db, instance->service_id, err);
	if (rc == 0)
		rc = router_count(&count, &c, slot, instance->id, err);
	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	*answers = count.answers;
	*errors = count.errors;
	return 0;
}

/* A HAProxy that is not running, or has no such server, begins with it up. */
static int
set_up(const char *socket, int slot, int64_t instance, int worker,
    struct dc_err *err)
{
	char name[ROUTER_NAME_SIZE];
	struct haproxy_workers workers;
	size_t i;
	int rc = haproxy_workers(&workers, socket, err);

	router_server_name(name, instance, worker);
	for (i = 0; rc == 0 && i < workers.n; i++) {
		rc = haproxy_change(socket, workers.v[i].pid, err,
		    "set server be_%d/%s health up", slot, name);
		if (rc == DC_ENOTFOUND)
			rc = 0;
	}
	return rc == DC_EBUSY ? 0 : rc;
}

int
route_set_up(const struct dc_conf *conf, struct dc_db *db,
    const struct dc_instance *instance, struct dc_err *err)
{
	dc_auto_free char *socket =
	    dc_asprintf("%s/haproxy-master.sock", conf->run);
	int slot = 0, sockets = 0, rc;

	rc = find_slot(&slot, db, instance->service_id, err);
	if (rc == DC_ENOTFOUND)
		return 0;
	if (rc == 0)
		rc = sockets_count(&sockets, instance, err);
	for (int i = 0; rc == 0 && i < (sockets > 0 ? sockets : 1); i++)
		rc = set_up(socket, slot, instance->id, i, err);
	return rc;
}
