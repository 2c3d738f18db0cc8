/* uploader/service_json.c -- see service_json.h. */
#include "uploader/service_json.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/buildfile/service_def.h"
#include "common/store/certificate.h"
#include "common/store/health.h"
#include "common/store/hold.h"
#include "common/store/host_key.h"
#include "common/store/instance.h"
#include "common/store/public_port.h"
#include "common/store/service.h"
#include "uploader/date.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define SHOWN                                                                  \
	(DC_FROM(DC_INSTANCE_CREATING) | DC_FROM(DC_INSTANCE_INSTALLING) |     \
	    DC_FROM(DC_INSTANCE_LAUNCHING) | DC_FROM(DC_INSTANCE_READY) |      \
	    DC_SERVING)

struct build {
	struct request *rq;
	int64_t service_id;
	struct dc_json *domains, *ports, *instances, *config;
	char *url;          /* the first host's */
	const char *latest; /* image */
	int64_t newest;
};

/* What follows http:// in URLs: the port is left out where browsers leave it
 * out. The published client knows no other way to it than "domain". */
static char *
format_address(const struct dc_conf *conf, const char *host)
{
	const char *port = strrchr(conf->http_bind, ':');

	if (port == NULL || strcmp(port, ":80") == 0)
		port = "";
	return dc_asprintf("%s%s", host, port);
}

static int
add_host(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *err)
{
	struct build *b = arg;
	struct dc_json *j = dc_json_new_object();
	dc_auto_free char *address = format_address(b->rq->conf, host);
	dc_auto_free char *url = dc_asprintf("http://%s/", address);
	int64_t ends_at = 0;
	int rc;

	(void)service_id;
	(void)slot;
	dc_json_add_str(j, "domain", address);
	dc_json_add_str(j, "host", host);
	dc_json_add_str(j, "url", url);
	dc_json_add(b->domains, NULL, j);
	rc = dc_certificate_find_end(b->rq->db, &ends_at, host, err);
	if (rc < 0)
		return rc;
	if (ends_at != 0)
		date_add(j, "certificate_ends_at", ends_at * 1000);
	if (b->url == NULL)
		b->url = dc_steal_ptr(&url);
	return 0;
}

static void
set_port_url(struct build *b, struct dc_json *j, const struct dc_public_port *p)
{
	dc_auto_free char *url =
	    dc_public_port_format(p, b->rq->conf->public_host);

	if (p->port != 0)
		dc_json_add_str(j, "url", url);
}

/* The service's own, in front of all its instances. */
static int
add_public_port(const struct dc_public_port *p, const char *service, void *arg,
    struct dc_err *err)
{
	struct build *b = arg;
	struct dc_json *j;

	(void)service;
	(void)err;
	if (p->service_id != b->service_id || p->number != DC_ANY_INSTANCE)
		return 0;
	j = dc_json_new_object();
	dc_json_add_str(j, "name", p->name);
	dc_json_add_str(j, "kind", p->kind);
	set_port_url(b, j, p);
	dc_json_add(b->ports, NULL, j);
	return 0;
}

static int
add_port(struct build *b, struct dc_json *all, const struct dc_instance *of,
    const struct dc_port *port, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();
	struct dc_public_port public = {.name = port->name, .kind = port->kind};
	int rc = 0;

	dc_json_add(all, NULL, j);
	dc_json_add_str(j, "name", port->name);
	dc_json_add_str(j, "kind", port->kind);
	dc_json_add_int(j, "port", port->port);
	if (strcmp(port->kind, "http") == 0) {
		dc_json_add_str(j, "url", b->url);
		return 0;
	}
	rc = dc_public_port_find(b->rq->db, &public.port, of->service_id,
	    port->name, port->kind, of->number, err);
	set_port_url(b, j, &public);
	return rc;
}

static int
add_ports(struct build *b, struct dc_json *j, const struct dc_instance *of,
    struct dc_err *err)
{
	struct dc_json *all = dc_json_new_array();
	struct dc_port ports[DC_MAX_INSTANCE_PORTS];
	size_t i, n = 0;
	int rc;

	dc_json_add(j, "ports", all);
	rc = dc_instance_load_ports(b->rq->db, of->id, ports,
	    DC_MAX_INSTANCE_PORTS, &n, err);
	for (i = 0; i < n && rc == 0; i++)
		rc = add_port(b, all, of, &ports[i], err);
	return rc;
}

/* What the build file said when the newest instance was made. */
static void
set_config(struct build *b, const struct dc_instance *i)
{
	dc_auto_service_def struct dc_service_def def = {0};

	if (i->id < b->newest ||
	    dc_service_from_json(&def, i->definition, NULL) < 0)
		return;
	b->newest = i->id;
	dc_json_free(b->config);
	b->config = dc_json_copy(def.config);
}

static int
add_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct build *b = arg;
	struct dc_json *j = dc_json_new_object();
	dc_auto_free char *box =
	    dc_asprintf("%s-i%" PRId64, b->rq->conf->bridge, i->id);

	dc_json_add_int(j, "instance_id", i->number);
	dc_json_add_str(j, "service_name", i->service);
	dc_json_add_str(j, "state", dc_instance_machine.states[i->state].name);
	dc_json_add_str(j, "health", dc_health_names[i->health]);
	if (i->suspended)
		dc_json_add_bool(j, "suspended", true);
	dc_json_add_str(j, "host", i->node);
	dc_json_add_str(j, "container_name", box);
	dc_json_add_str(j, "revision", i->revision);
	dc_json_add_str(j, "image_version", i->image);
	dc_json_add_bool(j, "image_upgrade", strcmp(i->image, b->latest) != 0);
	dc_json_add_str(j, "deploy_id", i->deploy_id);
	dc_json_add_int(j, "reserved_memory", i->memory);
	date_add(j, "created_at", i->created_at * 1000);
	dc_json_add(b->instances, NULL, j);
	set_config(b, i);
	return add_ports(b, j, i, err);
}

static struct dc_json *
new_service(const struct dc_conf *conf, const struct dc_service *s,
    const char *image)
{
	struct dc_json *j = dc_json_new_object();
	struct stat st;

	dc_json_add_str(j, "name", s->name);
	dc_json_add_str(j, "service_type", s->type);
	dc_json_add_str(j, "latest_image_version", image);
	if (stat(conf->image, &st) == 0)
		date_add(j, "latest_image_at", st.st_mtime * INT64_C(1000000));
	dc_json_add_int(j, "reserved_memory",
	    s->memory != 0 ? s->memory : DC_DEFAULT_MEMORY);
	return j;
}

/* As scaled; else as many as the build file's `instances` has made. */
static void
add_count(struct dc_json *to, const struct dc_service *s,
    const struct dc_json *instances)
{
	int64_t n = s->instance_count, last;
	size_t i;

	for (i = 0; s->instance_count == 0 && i < dc_json_size(instances);
	     i++) {
		last = dc_json_find_int(dc_json_at(instances, i), "instance_id",
		    0);
		if (last >= n)
			n = last + 1;
	}
	dc_json_add_int(to, "instance_count", n > 0 ? n : 1);
}

/* What its user has suspended. */
static int
add_hold(struct dc_json *to, struct request *rq, int64_t service_id,
    struct dc_err *err)
{
	struct dc_hold hold;
	struct dc_json *j;
	int rc = dc_hold_find(rq->db, &hold, service_id, DC_HOLD_USER, err);

	if (rc < 0)
		return rc == DC_ENOTFOUND ? 0 : rc;
	j = dc_json_new_object();
	date_add(j, "since", hold.since * 1000);
	date_add(j, "until", hold.until * 1000);
	dc_json_add(to, "hold", j);
	return 0;
}

static int
build(struct request *rq, struct dc_json **out, const struct dc_service *s,
    struct dc_err *err)
{
	dc_auto_free char *latest = dc_conf_format_image(rq->conf);
	struct build b = {.rq = rq,
	    .latest = latest,
	    .service_id = s->id,
	    .domains = dc_json_new_array(),
	    .ports = dc_json_new_array(),
	    .instances = dc_json_new_array(),
	    .config = dc_json_new_object()};
	struct dc_json *j = new_service(rq->conf, s, latest);
	dc_auto_free char *host_key = NULL;
	int rc;

	rc = dc_service_each_host(rq->db, s->id, add_host, &b, err);
	if (rc == 0)
		rc = dc_instance_each(rq->db, 0, s->id, SHOWN, add_instance, &b,
		    err);
	if (rc == 0)
		rc = dc_public_port_each(rq->db, s->application_id,
		    add_public_port, &b, err);
	if (rc == 0)
		rc = add_hold(j, rq, s->id, err);
	add_count(j, s, b.instances);
	dc_json_add(j, "runtime_config", b.config);
	dc_json_add(j, "domains", b.domains);
	dc_json_add(j, "ports", b.ports);
	dc_json_add(j, "instances", b.instances);
	if (rc == 0)
		rc =
		    dc_host_key_find(rq->db, &host_key, s->application_id, err);
	if (host_key != NULL)
		dc_json_add_str(j, "ssh_host_key", host_key);
	free(b.url);
	if (rc < 0)
		dc_json_free(j);
	else
		*out = j;
	return rc;
}

int
service_json(struct request *rq, struct dc_json **out, int64_t id,
    struct dc_err *err)
{
	dc_auto_service struct dc_service s = {0};
	int rc = dc_service_load(rq->db, &s, id, err);

	return rc < 0 ? rc : build(rq, out, &s, err);
}

struct all {
	struct request *rq;
	struct dc_json *array;
};

static int
add_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct all *all = arg;
	struct dc_json *j;
	int rc = build(all->rq, &j, s, err);

	if (rc == 0)
		dc_json_add(all->array, NULL, j);
	return rc;
}

int
service_json_all(struct request *rq, struct dc_json **out, struct dc_err *err)
{
	dc_auto_json struct dc_json *array = dc_json_new_array();
	struct all all = {rq, array};
	int rc;

	rc = dc_service_each(rq->db, rq->app.id, add_service, &all, err);
	if (rc == 0)
		*out = dc_steal_ptr(&array);
	return rc;
}
