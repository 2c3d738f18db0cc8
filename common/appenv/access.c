/* common/appenv/access.c -- see access.h. */
#include "common/appenv/access.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/box/place.h"
#include "common/store/instance.h"
#include "common/store/public_port.h"
#include "common/store/service.h"

struct access {
	struct dc_json *to;
	const struct dc_conf *conf;
	struct dc_db *db;
	const struct dc_service *service; /* whose hosts are asked for... */
	int64_t instances;
	bool found; /* ...of which the first counts */
};

char *
dc_access_upper(const char *name)
{
	char *s = dc_strdup(name), *p;

	for (p = s; *p != '\0'; p++)
		*p = isalnum((unsigned char)*p)
			 ? (char)toupper((unsigned char)*p)
			 : '_';
	return s;
}

/* DOTCLOUD_WWW_ECHO_PORT, and _0, _1 behind it for each instance. */
static void
add_key(struct access *a, const char *prefix, const char *what, int64_t number,
    const char *value)
{
	dc_auto_free char *key = dc_asprintf("%s_%s", prefix, what);
	dc_auto_free char *numbered = dc_asprintf("%s_%" PRId64, key, number);

	dc_json_add_str(a->to, number == DC_ANY_INSTANCE ? key : numbered,
	    value);
}

static int
add_host(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *err)
{
	struct access *a = arg;
	dc_auto_free char *name = dc_access_upper(a->service->name);
	dc_auto_free char *prefix = dc_asprintf("DOTCLOUD_%s_HTTP", name);
	dc_auto_free char *url = dc_conf_url(a->conf, host);
	int64_t number;

	(void)service_id;
	(void)slot;
	(void)err;
	if (a->found)
		return 0;
	a->found = true;
	/* The router answers for each of them. */
	for (number = DC_ANY_INSTANCE; number == 0 || number < a->instances;
	     number++) {
		add_key(a, prefix, "HOST", number, host);
		add_key(a, prefix, "URL", number, url);
	}
	return 0;
}

static int
count_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct access *a = arg;

	(void)err;
	if (i->number >= a->instances)
		a->instances = i->number + 1;
	return 0;
}

/* Until it is scaled its build file says how many there are. */
static int
add_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct access *a = arg;
	int rc = 0;

	a->service = s;
	a->instances = s->instance_count;
	a->found = false;
	if (a->instances == 0)
		rc = dc_instance_each(a->db, 0, s->id,
		    ~DC_FROM(DC_INSTANCE_GONE), count_instance, a, err);
	return rc == 0 ? dc_service_each_host(a->db, s->id, add_host, a, err)
		       : rc;
}

static int
add_public_port(const struct dc_public_port *p, const char *service, void *arg,
    struct dc_err *err)
{
	struct access *a = arg;
	dc_auto_free char *of = dc_access_upper(service);
	dc_auto_free char *name = dc_access_upper(p->name);
	dc_auto_free char *prefix = dc_asprintf("DOTCLOUD_%s_%s", of, name);
	dc_auto_free char *host = dc_place_port_host(a->conf);
	dc_auto_free char *port = dc_asprintf("%d", p->port);
	dc_auto_free char *url = dc_public_port_format(p, host);
	/* No ssh port stands in front of all: the first one's is the
	 * service's. */
	bool is_first = p->number == 0 && strcmp(p->name, DC_SSH_NAME) == 0;
	int64_t number = is_first ? DC_ANY_INSTANCE : p->number;

	(void)err;
	for (; number <= p->number; number++) {
		add_key(a, prefix, "HOST", number, host);
		add_key(a, prefix, "PORT", number, port);
		add_key(a, prefix, "URL", number, url);
	}
	return 0;
}

int
dc_access_load(struct dc_json *to, const struct dc_conf *conf, struct dc_db *db,
    int64_t application_id, struct dc_err *err)
{
	struct access a = {.to = to, .conf = conf, .db = db};
	int rc = dc_service_each(db, application_id, add_service, &a, err);

	if (rc == 0)
		rc = dc_public_port_each(db, application_id, add_public_port,
		    &a, err);
	return rc;
}
