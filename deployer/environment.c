/* deployer/environment.c -- see environment.h. */
#include "deployer/environment.h"

#include "common/appenv/access.h"
#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/store/variable.h"

#include <inttypes.h>
#include <string.h>

static void
add_port(struct environment *env, const struct dc_port *port)
{
	dc_auto_free char *name = dc_access_upper(port->name);
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
	size_t i;
	int rc;

	*env = (struct environment){.values = dc_json_new_object()};
	add_own(env, instance);
	for (i = 0; i < nports; i++)
		add_port(env, &ports[i]);
	add_type_port(env, def->type, ports, nports);
	rc = dc_access_load(env->values, conf, db, instance->application_id,
	    err);
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
