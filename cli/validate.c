/* cli/validate.c -- dcloud validate: dotcloud.yml as a push would find it,
 * without one, and without anybody to ask. */
#include <fcntl.h>
#include <libgen.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/tree.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"
#include "common/buildfile/buildfile.h"

#define COLUMN 16 /* where values begin */

struct validation {
	struct dc_types types;
	struct dc_buildfile file;
	struct dc_strv errors, warnings;
};

/* A directory, or the build file itself, whatever it is called. */
static int
open_path(int *dirfd, char **name, const char *path, struct dc_err *err)
{
	dc_auto_free char *dir = dc_strdup(path);
	dc_auto_free char *base = dc_strdup(path);
	struct stat st;

	if (stat(path, &st) < 0)
		return dc_fail_errno(err, "'%s'", path);
	if (S_ISDIR(st.st_mode)) {
		*name = dc_strdup(DC_BUILDFILE_NAME);
		*dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	} else {
		*name = dc_strdup(basename(base));
		*dirfd = open(dirname(dir), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	return *dirfd < 0 ? dc_fail_errno(err, "open '%s'", path) : 0;
}

/* What is wrong with the file goes into V; < 0 is something else. */
static int
validate(struct validation *v, const char *path, struct dc_err *err)
{
	dc_auto_free char *name = NULL;
	dc_auto_fd int dirfd = -1;
	size_t i;
	int rc;

	rc = dc_types_load_own(&v->types, err);
	if (rc == 0)
		rc = open_path(&dirfd, &name, path, err);
	if (rc < 0)
		return rc;
	rc = dc_buildfile_validate(&v->file, dirfd, name, &v->types, err);
	if (rc == DC_EUSER) {
		dc_strv_add(&v->errors, err->msg);
		return 0;
	}
	if (rc < 0)
		return rc;
	for (i = 0; i < v->file.warnings.n; i++)
		dc_strv_add(&v->warnings, v->file.warnings.v[i]);
	for (i = 0; i < v->file.errors.n; i++)
		dc_strv_add(&v->errors, v->file.errors.v[i]);
	return tree_check(&v->errors, &v->warnings, &v->file, dirfd, err);
}

static void
add_texts(struct dc_json *to, const char *key, const struct dc_strv *texts)
{
	struct dc_json *all = dc_json_new_array();
	size_t i;

	for (i = 0; i < texts->n; i++)
		dc_json_add_str(all, NULL, texts->v[i]);
	dc_json_add(to, key, all);
}

static void
print_json(const struct validation *v)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	struct dc_json *services = dc_json_new_array(), *service;
	size_t i;

	for (i = 0; i < v->file.nservices; i++) {
		dc_auto_free char *text =
		    dc_service_to_json(&v->file.services[i]);

		if (dc_json_parse(&service, text, strlen(text), NULL) == 0)
			dc_json_add(services, NULL, service);
	}
	dc_json_add_bool(j, "valid", v->errors.n == 0);
	add_texts(j, "errors", &v->errors);
	add_texts(j, "warnings", &v->warnings);
	dc_json_add(j, "services", services);
	cli_print_json(j);
}

/* "  key:        VALUE"; its lines one below the other. */
static void
print_value(int indent, const char *key, const char *value)
{
	dc_auto_str struct dc_str s = {0};
	dc_auto_free char *clean = NULL;
	int pad = COLUMN - indent - (int)strlen(key) - 1;
	const char *p;

	if (value == NULL)
		return;
	dc_str_addf(&s, "%*s%s:%*s", indent, "", key, pad > 1 ? pad : 1, "");
	for (p = value; *p != '\0'; p++) {
		if (*p == '\n' && p[1] == '\0')
			break;
		dc_str_addn(&s, p, 1);
		if (*p == '\n')
			dc_str_addf(&s, "%*s", COLUMN, "");
	}
	clean = dc_term_format_text(s.data);
	(void)puts(clean);
}

static void
print_list(const char *key, const struct dc_strv *list)
{
	dc_auto_str struct dc_str s = {0};
	size_t i;

	for (i = 0; i < list->n; i++)
		dc_str_addf(&s, "%s%s", i > 0 ? ", " : "", list->v[i]);
	print_value(0, key, s.data);
}

static void
print_pairs(const char *key, const struct dc_pairs *pairs)
{
	size_t i;

	if (pairs->n > 0)
		(void)printf("%s:\n", key);
	for (i = 0; i < pairs->n; i++)
		print_value(2, pairs->v[i].name, pairs->v[i].value);
}

static void
print_object(const char *key, const struct dc_json *object)
{
	struct dc_json *value;
	const char *name;
	void *it = NULL;

	if (dc_json_size(object) > 0)
		(void)printf("%s:\n", key);
	/* Deeper than one level it is shown as build scripts have it. */
	while (dc_json_each(object, &it, &name, &value)) {
		dc_auto_free char *text = dc_service_text(value);

		print_value(2, name, text);
	}
}

/* The type's own port first, as the platform has it. */
static void
print_ports(const struct dc_service_def *def, const struct dc_type *type)
{
	struct dc_pairs all = {0};
	dc_auto_free char *own = NULL;
	size_t i;

	if (type != NULL && type->http_port > 0) {
		own = dc_asprintf("http (%d)", type->http_port);
		dc_pairs_add(&all, type->port_name, own);
	} else if (type != NULL && type->http_port == DC_TYPE_ANY_PORT &&
		   def->ports.n == 0) {
		dc_pairs_add(&all, type->port_name, "http");
	}
	for (i = 0; i < def->ports.n; i++)
		dc_pairs_add(&all, def->ports.v[i].name, def->ports.v[i].value);
	print_pairs("ports", &all);
	dc_pairs_done(&all);
}

static void
print_processes(const struct dc_service_def *def, const struct dc_type *type)
{
	if (def->process != NULL)
		print_value(0, "process", def->process);
	else if (def->processes.n > 0)
		print_pairs("processes", &def->processes);
	else if (type != NULL)
		print_value(0, "process", type->process);
}

/* The platform's own among the keys that are no field of a service. */
static void
print_extras(const struct dc_service_def *def)
{
	dc_auto_json struct dc_json *others = dc_json_copy(def->extras);

	const struct dc_json *rollback = dc_json_find(others, "rollback");

	print_object("healthcheck", dc_json_find(others, "healthcheck"));
	dc_json_remove(others, "healthcheck");
	if (dc_json_is_true(rollback))
		print_value(0, "rollback", "true");
	print_object("rollback", rollback);
	dc_json_remove(others, "rollback");
	print_object("other keys", others);
}

static void
print_service(const struct dc_service_def *def, const struct dc_type *type)
{
	dc_auto_free char *instances = dc_asprintf("%d", def->instances);

	(void)printf("== %s\n", def->name);
	print_value(0, "type", def->type);
	print_value(0, "approot", def->approot);
	print_value(0, "buildscript", def->buildscript);
	print_value(0, "prebuild", def->prebuild);
	print_value(0, "postbuild", def->postbuild);
	print_value(0, "postinstall", def->postinstall);
	print_value(0, "migrate", def->migrate);
	print_list("systempackages", &def->systempackages);
	print_list("requirements", &def->requirements);
	print_object("config", def->config);
	print_pairs("environment", &def->environment);
	print_processes(def, type);
	print_ports(def, type);
	print_value(0, "instances", instances);
	print_extras(def);
}

static void
print_text(const struct validation *v)
{
	size_t i;

	for (i = 0; i < v->file.nservices; i++) {
		const struct dc_service_def *def = &v->file.services[i];

		if (i > 0)
			(void)putchar('\n');
		print_service(def, dc_types_find(&v->types, def->type));
	}
	for (i = 0; i < v->warnings.n; i++)
		ui_warn("%s", v->warnings.v[i]);
	for (i = 0; i < v->errors.n; i++)
		ui_error("%s", v->errors.v[i]);
	if (v->errors.n == 0)
		ui_success("%s is good: %zu service%s", DC_BUILDFILE_NAME,
		    v->file.nservices, v->file.nservices == 1 ? "" : "s");
}

int
validate_run(struct cli *cli, struct dc_err *err)
{
	struct validation v = {0};
	const char *path = cli->opts.args[0];
	int rc = validate(&v, path != NULL ? path : ".", err);

	if (rc == 0 && cli->opts.json)
		print_json(&v);
	else if (rc == 0)
		print_text(&v);
	if (rc == 0 && v.errors.n > 0)
		rc = dc_fail(err, DC_EINVAL, "%s", ""); /* all was said */
	dc_types_done(&v.types);
	dc_buildfile_done(&v.file);
	dc_strv_done(&v.errors);
	dc_strv_done(&v.warnings);
	return rc;
}
