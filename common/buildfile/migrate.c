/* common/buildfile/migrate.c -- see migrate.h. */
#include "common/buildfile/migrate.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/buildfile/report.h"

#define fail(f, node, ...)                                                     \
	dc_report((f)->err, (f)->y, (node)->line, (node)->column, NULL,        \
	    __VA_ARGS__)

static int
set_command(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v)
{
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_STRING);

	if (rc < 0)
		return rc;
	if (v->kind == DC_YAML_NULL || *v->text == '\0')
		return fail(f, v, "\"migrate\" has no command");
	free(def->migrate);
	def->migrate = dc_strdup(v->text);
	return 0;
}

static int
set_deadline(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v)
{
	long long n = 0;

	if (!dc_yaml_is_scalar(v) ||
	    !dc_is_number(v->text, 1, DC_MAX_MIGRATE_SECONDS, &n))
		return fail(f, v,
		    "\"deadline\" of \"migrate\" is a number of seconds from "
		    "1 to %d",
		    DC_MAX_MIGRATE_SECONDS);
	def->migrate_deadline = (int)n;
	return 0;
}

static int
set_key(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *key, const struct dc_yaml_node *value)
{
	if (strcmp(key->text, "command") == 0)
		return set_command(def, f, value);
	if (strcmp(key->text, "deadline") == 0)
		return set_deadline(def, f, value);
	return fail(f, key,
	    "\"migrate\" has no key \"%.64s\": there are command and deadline",
	    key->text);
}

int
dc_migrate_set(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = 0;

	(void)field;
	if (v->kind == DC_YAML_NULL)
		return 0;
	if (v->kind != DC_YAML_DICT)
		return set_command(def, f, v);
	for (size_t i = 0; rc == 0 && i + 1 < v->n; i += 2)
		rc = set_key(def, f, v->child[i], v->child[i + 1]);
	if (rc == 0 && def->migrate == NULL)
		return fail(f, v, "\"migrate\" has no command");
	return rc;
}
