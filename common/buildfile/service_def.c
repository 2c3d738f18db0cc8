/* common/buildfile/service_def.c -- see service_def.h. */
#include "common/buildfile/service_def.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"

void
dc_pairs_add(struct dc_pairs *pairs, const char *name, const char *value)
{
	pairs->v = dc_xrealloc(pairs->v, (pairs->n + 1) * sizeof(*pairs->v));
	pairs->v[pairs->n].name = dc_strdup(name);
	pairs->v[pairs->n].value = dc_strdup(value);
	pairs->n++;
}

const char *
dc_pairs_find(const struct dc_pairs *pairs, const char *name)
{
	size_t i;

	for (i = 0; i < pairs->n; i++)
		if (strcmp(pairs->v[i].name, name) == 0)
			return pairs->v[i].value;
	return NULL;
}

void
dc_pairs_done(struct dc_pairs *pairs)
{
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		free(pairs->v[i].name);
		free(pairs->v[i].value);
	}
	free(pairs->v);
	*pairs = (struct dc_pairs){0};
}

void
dc_service_def_done(struct dc_service_def *def)
{
	free(def->name);
	free(def->type);
	free(def->approot);
	free(def->prebuild);
	free(def->postbuild);
	free(def->postinstall);
	free(def->buildscript);
	free(def->migrate);
	free(def->process);
	free(def->listen_var);
	dc_strv_done(&def->systempackages);
	dc_strv_done(&def->requirements);
	dc_json_free(def->config);
	dc_pairs_done(&def->environment);
	dc_pairs_done(&def->processes);
	dc_pairs_done(&def->ports);
	dc_json_free(def->extras);
	*def = (struct dc_service_def){0};
}

static void
add_list(struct dc_json *to, const char *key, const struct dc_strv *list)
{
	struct dc_json *j = dc_json_new_array();
	size_t i;

	for (i = 0; i < list->n; i++)
		dc_json_add_str(j, NULL, list->v[i]);
	dc_json_add(to, key, j);
}

static void
add_pairs(struct dc_json *to, const char *key, const struct dc_pairs *pairs)
{
	struct dc_json *j = dc_json_new_object();
	size_t i;

	for (i = 0; i < pairs->n; i++)
		dc_json_add_str(j, pairs->v[i].name, pairs->v[i].value);
	dc_json_add(to, key, j);
}

char *
dc_service_to_json(const struct dc_service_def *def)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "name", def->name);
	dc_json_add_str(j, "type", def->type);
	dc_json_add_str(j, "approot", def->approot);
	dc_json_add_str(j, "prebuild", def->prebuild);
	dc_json_add_str(j, "postbuild", def->postbuild);
	dc_json_add_str(j, "postinstall", def->postinstall);
	dc_json_add_str(j, "buildscript", def->buildscript);
	dc_json_add_str(j, "migrate", def->migrate);
	dc_json_add_int(j, "migrate_deadline", def->migrate_deadline);
	dc_json_add_str(j, "process", def->process);
	add_list(j, "systempackages", &def->systempackages);
	add_list(j, "requirements", &def->requirements);
	dc_json_add(j, "config", dc_json_copy(def->config));
	add_pairs(j, "environment", &def->environment);
	add_pairs(j, "processes", &def->processes);
	add_pairs(j, "ports", &def->ports);
	dc_json_add_int(j, "instances", def->instances);
	dc_json_add_int(j, "workers", def->workers);
	dc_json_add_str(j, "listen_var", def->listen_var);
	dc_json_add(j, "extras", dc_json_copy(def->extras));
	return dc_json_format(j, DC_JSON_COMPACT);
}

static char *
find_text(const struct dc_json *j, const char *key)
{
	const char *s = dc_json_find_str(j, key);

	return s != NULL ? dc_strdup(s) : NULL;
}

static void
find_list(struct dc_strv *out, const struct dc_json *j, const char *key)
{
	const struct dc_json *list = dc_json_find(j, key);
	const char *s;
	size_t i;

	for (i = 0; i < dc_json_size(list); i++) {
		s = dc_json_str(dc_json_at(list, i));
		if (s != NULL)
			dc_strv_add(out, s);
	}
}

static void
find_pairs(struct dc_pairs *out, const struct dc_json *j, const char *key)
{
	struct dc_json *value;
	const char *name;
	void *it = NULL;

	while (dc_json_each(dc_json_find(j, key), &it, &name, &value))
		if (dc_json_str(value) != NULL)
			dc_pairs_add(out, name, dc_json_str(value));
}

static struct dc_json *
find_object(const struct dc_json *j, const char *key)
{
	const struct dc_json *o = dc_json_find(j, key);

	return dc_json_type(o) == DC_JSON_OBJECT ? dc_json_copy(o)
						 : dc_json_new_object();
}

int
dc_service_from_json(struct dc_service_def *out, const char *text,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *j = NULL;
	struct dc_service_def d = {0};
	int rc;

	rc = dc_json_parse(&j, text, strlen(text), err);
	if (rc < 0)
		return dc_wrap(err, rc, "service definition");
	if (dc_json_find_str(j, "name") == NULL ||
	    dc_json_find_str(j, "type") == NULL ||
	    dc_json_find_str(j, "approot") == NULL)
		return dc_fail(err, DC_EINVAL,
		    "service definition without name, type or approot");
	d.name = find_text(j, "name");
	d.type = find_text(j, "type");
	d.approot = find_text(j, "approot");
	d.prebuild = find_text(j, "prebuild");
	d.postbuild = find_text(j, "postbuild");
	d.postinstall = find_text(j, "postinstall");
	d.buildscript = find_text(j, "buildscript");
	d.migrate = find_text(j, "migrate");
	d.migrate_deadline =
	    (int)dc_json_find_int(j, "migrate_deadline", DC_MIGRATE_SECONDS);
	d.process = find_text(j, "process");
	find_list(&d.systempackages, j, "systempackages");
	find_list(&d.requirements, j, "requirements");
	d.config = find_object(j, "config");
	find_pairs(&d.environment, j, "environment");
	find_pairs(&d.processes, j, "processes");
	find_pairs(&d.ports, j, "ports");
	d.instances = (int)dc_json_find_int(j, "instances", 1);
	d.workers = (int)dc_json_find_int(j, "workers", 1);
	d.listen_var = find_text(j, "listen_var");
	d.extras = find_object(j, "extras");
	*out = d;
	return 0;
}
