/* deployer/environment.c -- see environment.h. */
#include "deployer/environment.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/box/place.h"
#include "common/store/public_port.h"
#include "common/store/service.h"
#include "common/store/variable.h"

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* NAME in capitals; what is not a letter or digit becomes _. */
static char *
upper(const char *name)
{
	char *s = dc_strdup(name), *p;

	for (p = s; *p != '\0'; p++)
		*p = isalnum((unsigned char)*p)
			 ? (char)toupper((unsigned char)*p)
			 : '_';
	return s;
}

static void
add_port(struct environment *env, const struct dc_port *port)
{
	dc_auto_free char *name = upper(port->name);
	dc_auto_free char *key = dc_asprintf("PORT_%s", name);

	dc_json_add_int(env->values, key, port->port);
}

/* Applications of 2012 read PORT_NODEJS: the type's own port by its name. */
static void
add_type_port(struct environment *env, const char *type,
    const struct dc_port *ports, size_t n)
{
	struct dc_port port;

	if (n == 0 || strcmp(ports[0].kind, "http") != 0 ||
	    strcmp(type, "custom") == 0)
		return;
	port = ports[0];
	(void)snprintf(port.name, sizeof(port.name), "%s", type);
	add_port(env, &port);
}

struct host_of {
	struct environment *env;
	const struct dc_conf *conf;
	const char *service;
	bool found;
};

static int
add_host(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *err)
{
	struct host_of *h = arg;
	dc_auto_free char *name = upper(h->service);
	dc_auto_free char *host_key =
	    dc_asprintf("DOTCLOUD_%s_HTTP_HOST", name);
	dc_auto_free char *url_key = dc_asprintf("DOTCLOUD_%s_HTTP_URL", name);
	dc_auto_free char *url = dc_conf_url(h->conf, host);

	(void)service_id;
	(void)slot;
	(void)err;
	if (h->found)
		return 0;
	h->found = true;
	dc_json_add_str(h->env->values, host_key, host);
	dc_json_add_str(h->env->values, url_key, url);
	return 0;
}

struct with_db {
	struct environment *env;
	const struct dc_conf *conf;
	struct dc_db *db;
};

static int
add_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct with_db *w = arg;
	struct host_of h = {w->env, w->conf, s->name, false};

	return dc_service_each_host(w->db, s->id, add_host, &h, err);
}

/* DOTCLOUD_WWW_ECHO_PORT, and _0, _1 behind it for each instance. */
static void
add_access(struct environment *env, const char *prefix, const char *what,
    int64_t number, const char *value)
{
	dc_auto_free char *key = dc_asprintf("%s_%s", prefix, what);
	dc_auto_free char *numbered = dc_asprintf("%s_%" PRId64, key, number);

	dc_json_add_str(env->values, number == DC_ANY_INSTANCE ? key : numbered,
	    value);
}

static int
add_public_port(const struct dc_public_port *p, const char *service, void *arg,
    struct dc_err *err)
{
	struct with_db *w = arg;
	dc_auto_free char *of = upper(service);
	dc_auto_free char *name = upper(p->name);
	dc_auto_free char *prefix = dc_asprintf("DOTCLOUD_%s_%s", of, name);
	dc_auto_free char *host = dc_place_port_host(w->conf);
	dc_auto_free char *port = dc_asprintf("%d", p->port);
	dc_auto_free char *url =
	    dc_asprintf("%s://%s:%d", p->kind, host, p->port);

	(void)err;
	add_access(w->env, prefix, "HOST", p->number, host);
	add_access(w->env, prefix, "PORT", p->number, port);
	add_access(w->env, prefix, "URL", p->number, url);
	return 0;
}

static int
add_variable(const struct dc_variable *v, void *arg, struct dc_err *err)
{
	struct environment *env = arg;

	(void)err;
	dc_json_add_str(env->values, v->name, v->value);
	return 0;
}

static void
add_own(struct environment *env, const struct dc_instance *i)
{
	char number[24];

	(void)snprintf(number, sizeof(number), "%" PRId64, i->number);
	dc_json_add_str(env->values, "DOTCLOUD_PROJECT", i->application);
	dc_json_add_str(env->values, "DOTCLOUD_ENVIRONMENT", "default");
	dc_json_add_str(env->values, "DOTCLOUD_SERVICE_NAME", i->service);
	dc_json_add_str(env->values, "DOTCLOUD_SERVICE_ID", number);
	dc_json_add_str(env->values, "DOTCLOUD_FLAVOR", "live");
	dc_json_add_str(env->values, "DOTCLOUD_USERNAME", i->account);
	dc_json_add_str(env->values, "DOTCLOUD_EMAIL", i->email);
}

/* The same values as K=V, over the base and the SERVICE_ variables. */
static void
fill_unix_env(struct environment *env, const struct dc_service_def *def)
{
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	dc_appenv_base(&env->unix_env);
	dc_service_env(&env->unix_env, def);
	while (dc_json_each(env->values, &it, &key, &value)) {
		char number[24];

		(void)snprintf(number, sizeof(number), "%" PRId64,
		    dc_json_int(value, 0));
		dc_appenv_set(&env->unix_env, key,
		    dc_json_type(value) == DC_JSON_INT ? number
						       : dc_json_str(value));
	}
}

int
environment_load(struct environment *env, const struct dc_conf *conf,
    struct dc_db *db, const struct dc_instance *instance,
    const struct dc_service_def *def, const struct dc_port *ports,
    size_t nports, struct dc_err *err)
{
	struct with_db w = {env, conf, db};
	size_t i;
	int rc;

	*env = (struct environment){.values = dc_json_new_object()};
	add_own(env, instance);
	for (i = 0; i < nports; i++)
		add_port(env, &ports[i]);
	add_type_port(env, def->type, ports, nports);
	rc =
	    dc_service_each(db, instance->application_id, add_service, &w, err);
	if (rc == 0)
		rc = dc_public_port_each(db, instance->application_id,
		    add_public_port, &w, err);
	for (i = 0; i < def->environment.n; i++)
		dc_json_add_str(env->values, def->environment.v[i].name,
		    def->environment.v[i].value);
	if (rc == 0)
		rc = dc_variable_each(db, instance->application_id,
		    add_variable, env, err);
	if (rc < 0) {
		environment_done(env);
		return rc;
	}
	fill_unix_env(env, def);
	return 0;
}

void
environment_done(struct environment *env)
{
	dc_json_free(env->values);
	dc_strv_done(&env->unix_env);
	*env = (struct environment){0};
}
