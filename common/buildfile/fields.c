/* common/buildfile/fields.c -- see fields.h. */
#include "common/buildfile/fields.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/buildfile/advice.h"
#include "common/buildfile/listen.h"
#include "common/buildfile/migrate.h"
#include "common/buildfile/path.h"
#include "common/buildfile/report.h"
#include "common/buildfile/rollback.h"

#define fail(f, node, ...)                                                     \
	dc_report((f)->err, (f)->y, (node)->line, (node)->column, NULL,        \
	    __VA_ARGS__)

struct dc_field {
	const char *name;
	int (*set)(struct dc_service_def *def, const struct dc_fields *f,
	    const struct dc_yaml_node *v, const struct dc_field *field);
	size_t offset; /* in struct dc_service_def, for set_text and set_list */
};

static char **
text_of(struct dc_service_def *def, const struct dc_field *field)
{
	return (char **)(void *)((char *)def + field->offset);
}

/* Any scalar is good and keeps its text; null is "not given". */
static int
set_text(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_STRING);

	if (rc < 0 || v->kind == DC_YAML_NULL || *v->text == '\0')
		return rc;
	free(*text_of(def, field));
	*text_of(def, field) = dc_strdup(v->text);
	return 0;
}

static int
set_approot(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	long depth = 0;
	int rc = set_text(def, f, v, field);

	if (rc < 0)
		return rc;
	if (*def->approot == '/')
		return fail(f, v,
		    "\"approot\" must be relative to the root of the code");
	if (dc_path_is_climbing(def->approot, "", &depth))
		return fail(f, v, "\"approot\" leaves the pushed tree");
	return 0;
}

/* The command of a hook may be anything, but a script of the pushed tree has
 * to be in it; that is seen at the end, when approot is known. */
static int
check_hook(const struct dc_fields *f, const struct dc_yaml_node *dict,
    const char *key, const char *command, const char *from)
{
	const struct dc_yaml_node *v = dc_yaml_find(dict, key);
	long depth = 0;

	if (command == NULL || v == NULL || *command == '/' || *command == '~')
		return 0;
	(void)dc_path_is_climbing(from, "", &depth);
	if (dc_path_is_climbing(command, " \t\n", &depth))
		return fail(f, v, "\"%s\" leaves the pushed tree", key);
	return 0;
}

static int
set_buildscript(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = set_text(def, f, v, field);

	if (rc == 0 && def->buildscript != NULL && *def->buildscript == '/')
		return fail(f, v,
		    "\"buildscript\" must be relative to the root of the code");
	return rc;
}

/* A client has no types: which ones there are is the platform's to say, and its
 * operator's, who may have added some. */
static bool
has_type(const struct dc_fields *f, const char *name)
{
	return f->types == NULL || dc_types_find(f->types, name) != NULL;
}

static char *
format_type_hint(const struct dc_fields *f, const char *name)
{
	dc_auto_free char *names = NULL;
	size_t i;

	if (strcmp(name, "nodejs-worker") == 0)
		return dc_strdup("there are no workers of this language: use "
				 "\"nodejs\"");
	if (strcmp(name, "sqlite") == 0 || strcmp(name, "sqlite3") == 0)
		return dc_strdup("SQLite needs no service: take it out, and "
				 "keep the file in ~/data");
	for (i = 0; i < f->types->n; i++)
		if (dc_edit_distance(f->types->v[i].name, name, 2) <= 2)
			return dc_asprintf("did you mean \"%s\"?",
			    f->types->v[i].name);
	names = dc_types_format(f->types);
	return dc_asprintf("the types of this platform are: %s", names);
}

/* Whoever reads of one wants to know of all. */
static void
add_unavailable(const struct dc_fields *f, const struct dc_yaml_node *v)
{
	dc_auto_free char *names = dc_types_format(f->types);
	bool is_data = dc_type_is_data(v->text);
	struct dc_err why = DC_ERR_INIT;

	(void)dc_report(&why, f->y, v->line, v->column,
	    is_data && f->errors->n == 0 ? DC_REPORT_DATA_HINT : NULL,
	    "The service type \"%s\" is known, but not available on this "
	    "platform%s%s%s",
	    v->text, is_data ? "" : " (it has: ", is_data ? "" : names,
	    is_data ? "" : ")");
	dc_strv_add(f->errors, why.msg);
}

static int
set_type(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	dc_auto_free char *hint = NULL;
	int rc = set_text(def, f, v, field);

	if (rc < 0 || def->type == NULL || has_type(f, def->type))
		return rc;
	if (dc_type_is_known(def->type)) {
		add_unavailable(f, v);
		return 0;
	}
	hint = format_type_hint(f, def->type);
	return dc_report(f->err, f->y, v->line, v->column, hint,
	    "Unrecognized service \"%.80s\"", def->type);
}

static int
set_list(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	struct dc_strv *list = (void *)((char *)def + field->offset);
	size_t i;
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_LIST);

	for (i = 0; i < v->n && rc == 0; i++) {
		rc = dc_report_kind(f->err, f->y, v->child[i], DC_YAML_STRING);
		if (rc == 0 && v->child[i]->kind != DC_YAML_NULL)
			dc_strv_add(list, v->child[i]->text);
	}
	return rc;
}

static int
set_config(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_DICT);

	(void)field;
	if (rc < 0)
		return rc;
	dc_json_free(def->config);
	def->config = dc_yaml_to_json(v);
	return 0;
}

/* Names become variables, supervisor programs and log files. */
int
dc_fields_check_name(const struct dc_fields *f, const struct dc_yaml_node *key,
    const char *what, const char *allowed)
{
	size_t n = strlen(key->text);

	if (n == 0 || n > DC_MAX_KEY_NAME || *key->text == '.' ||
	    strspn(key->text, allowed) != n)
		return fail(f, key, "Invalid %s name \"%.80s\"", what,
		    key->text);
	return 0;
}

/* dotCloud took any value. What is no text becomes what build scripts get of
 * it, since a process cannot have anything else. */
static void
add_variable(struct dc_service_def *def, const struct dc_fields *f,
    const char *name, const struct dc_yaml_node *value)
{
	dc_auto_json struct dc_json *j = NULL;
	dc_auto_free char *text = NULL;

	if (dc_yaml_is_scalar(value)) {
		dc_pairs_add(&def->environment, name, value->text);
		return;
	}
	j = dc_yaml_to_json(value);
	text = dc_service_text(j);
	dc_pairs_add(&def->environment, name, text);
	dc_advice_add(f,
	    "the variable \"%s\" of service \"%s\" (line %zu of "
	    "dotcloud.yml) is a %s: processes get it as text, %.80s",
	    name, def->name, value->line,
	    value->kind == DC_YAML_LIST ? "list" : "dictionary", text);
}

static int
set_environment(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	const struct dc_yaml_node *key, *value;
	size_t i;
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_DICT);

	(void)field;
	for (i = 0; i + 1 < v->n && rc == 0; i += 2) {
		key = v->child[i];
		value = v->child[i + 1];
		rc = dc_fields_check_name(f, key, "environment variable",
		    DC_WORD);
		if (rc == 0 && dc_has_prefix(key->text, "DOTCLOUD_"))
			rc = fail(f, key,
			    "\"%s\": names which begin with DOTCLOUD_ are the "
			    "platform's",
			    key->text);
		if (rc == 0)
			add_variable(def, f, key->text, value);
	}
	if (rc == 0 && def->environment.n > DC_MAX_VARIABLES)
		return fail(f, v, "more than %d variables", DC_MAX_VARIABLES);
	return rc;
}

static int
set_process(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = set_text(def, f, v, field);

	if (rc == 0 && def->process != NULL)
		dc_pairs_add(&def->processes, def->name, def->process);
	return rc;
}

static int
set_processes(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	const struct dc_yaml_node *value;
	size_t i;
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_DICT);

	(void)field;
	for (i = 0; i + 1 < v->n && rc == 0; i += 2) {
		value = v->child[i + 1];
		rc = dc_fields_check_name(f, v->child[i], "process",
		    DC_WORD ".-");
		if (rc == 0)
			rc =
			    dc_report_kind(f->err, f->y, value, DC_YAML_STRING);
		if (rc == 0 &&
		    (value->kind == DC_YAML_NULL || *value->text == '\0'))
			rc = fail(f, value, "process \"%s\" has no command",
			    v->child[i]->text);
		if (rc == 0)
			dc_pairs_add(&def->processes, v->child[i]->text,
			    value->text);
	}
	if (rc == 0 && def->processes.n > DC_MAX_PROCESSES)
		return fail(f, v, "more than %d processes", DC_MAX_PROCESSES);
	return rc;
}

static int
set_instances(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	long long n;
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_INT);

	(void)field;
	if (rc < 0)
		return rc;
	if (!dc_is_number(v->text, 1, DC_MAX_INSTANCES, &n))
		return fail(f, v, "\"instances\" is a number from 1 to %d",
		    DC_MAX_INSTANCES);
	def->instances = (int)n;
	return 0;
}

/* What is the platform's own stays among the extra keys. */
static int
set_rollback(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = dc_rollback_check(f, v);

	if (rc == 0)
		dc_json_add(def->extras, field->name, dc_yaml_to_json(v));
	return rc;
}

#define AT(member) offsetof(struct dc_service_def, member)

static const struct dc_field fields[] = {
    {"type", set_type, AT(type)},
    {"approot", set_approot, AT(approot)},
    {"prebuild", set_text, AT(prebuild)},
    {"postbuild", set_text, AT(postbuild)},
    {"postinstall", set_text, AT(postinstall)},
    {"migrate", dc_migrate_set, 0},
    {"buildscript", set_buildscript, AT(buildscript)},
    {"systempackages", set_list, AT(systempackages)},
    {"requirements", set_list, AT(requirements)},
    {"config", set_config, 0},
    {"environment", set_environment, 0},
    {"process", set_process, AT(process)},
    {"processes", set_processes, 0},
    {"ports", dc_listen_set_ports, 0},
    {"listen", dc_listen_set, 0},
    {"listen_var", dc_listen_set_var, 0},
    {"workers", dc_listen_set_workers, 0},
    {"instances", set_instances, 0},
    {"rollback", set_rollback, 0},
    {NULL, NULL, 0},
};

bool
dc_fields_has(const char *key)
{
	const struct dc_field *field;

	for (field = fields; field->name != NULL; field++)
		if (strcmp(field->name, key) == 0)
			return true;
	return false;
}

const char *
dc_fields_nearest(const char *key)
{
	const struct dc_field *field, *nearest = NULL;
	size_t best = strlen(key) < 5 ? 1 : 2, d;

	for (field = fields; field->name != NULL; field++) {
		d = dc_edit_distance(field->name, key, best);
		if (d > best || (nearest != NULL && d == best))
			continue;
		nearest = field;
		best = d;
	}
	return nearest != NULL ? nearest->name : NULL;
}

static int
set_field(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *key, const struct dc_yaml_node *value)
{
	const struct dc_field *field;

	for (field = fields; field->name != NULL; field++)
		if (strcmp(field->name, key->text) == 0)
			return field->set(def, f, value, field);
	dc_json_add(def->extras, key->text, dc_yaml_to_json(value));
	return 0;
}

/* execve takes 128 KiB a variable and 2 MiB for all of them, of which the
 * platform's own need some. */
static int
check_size(const struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict)
{
	dc_auto_strv struct dc_strv env = {0};
	size_t total = 0, n, i;

	dc_service_env(&env, def);
	for (i = 0; i < env.n; i++) {
		n = strlen(env.v[i]);
		total += n + sizeof(char *) + 1;
		if (n > DC_MAX_VARIABLE || total > DC_MAX_SERVICE_ENV)
			return fail(f, dict,
			    "service \"%s\" is too large to be given to its "
			    "processes (%d bytes a value, %d in all)",
			    def->name, DC_MAX_VARIABLE, DC_MAX_SERVICE_ENV);
	}
	return 0;
}

static bool
has_known_key(const struct dc_yaml_node *dict)
{
	size_t i;

	for (i = 0; i + 1 < dict->n; i += 2)
		if (dc_fields_has(dict->child[i]->text))
			return true;
	return false;
}

/* `ports:` in the first column is a service without a type. */
static int
fail_no_type(const struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict)
{
	const char *hint = NULL;

	if (dc_fields_has(def->name))
		hint = "this is a key of a service: indent it as the service's "
		       "other keys";
	else if (has_known_key(dict))
		hint =
		    "add \"type: php\" (or python, ...): until the middle of "
		    "2011 it was given on the command line";
	return dc_report(f->err, f->y, dict->line, dict->column, hint,
	    "Missing mandatory entry: \"type\"");
}

static int
check_whole(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict)
{
	const struct dc_yaml_node *v = dc_yaml_find(dict, "processes");
	int rc;

	if (def->type == NULL)
		return fail_no_type(def, f, dict);
	if (def->process != NULL && v != NULL)
		return fail(f, v,
		    "You can't have both \"process\" and \"processes\" at the "
		    "same time in service \"%s\"",
		    def->name);
	rc = check_hook(f, dict, "prebuild", def->prebuild, def->approot);
	if (rc == 0)
		rc = check_hook(f, dict, "postbuild", def->postbuild,
		    def->approot);
	if (rc == 0)
		rc = check_hook(f, dict, "postinstall", def->postinstall,
		    def->approot);
	if (rc == 0)
		rc = check_hook(f, dict, "migrate", def->migrate, def->approot);
	if (rc == 0)
		rc = check_hook(f, dict, "buildscript", def->buildscript, ".");
	if (rc == 0)
		rc = dc_listen_check(def, f, dict);
	if (rc == 0)
		rc = dc_advice_apply(def, f, dict);
	return rc < 0 ? rc : check_size(def, f, dict);
}

int
dc_fields_parse(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict)
{
	size_t i;
	int rc;

	def->approot = dc_strdup(".");
	def->config = dc_json_new_object();
	def->extras = dc_json_new_object();
	def->instances = 1;
	def->workers = 1;
	def->migrate_deadline = DC_MIGRATE_SECONDS;
	for (i = 0; i + 1 < dict->n; i += 2) {
		rc = set_field(def, f, dict->child[i], dict->child[i + 1]);
		if (rc < 0)
			return rc;
	}
	return check_whole(def, f, dict);
}
