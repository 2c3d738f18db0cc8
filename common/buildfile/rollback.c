/* common/buildfile/rollback.c -- see rollback.h. */
#include "common/buildfile/rollback.h"

#include "common/base/auto.h"
#include "common/buildfile/fields.h"
#include "common/buildfile/report.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The table: key, where it goes, its default and range. */
static const struct key {
	const char *name;
	size_t offset;
	int value, min, max;
} keys[] = {
    {"within", offsetof(struct dc_rollback, within), 300, 10, 3600},
    {"errors", offsetof(struct dc_rollback, errors), 50, 1, 100},
    {"crashes", offsetof(struct dc_rollback, crashes), 3, 1, 1000},
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static const struct key *
find(const char *name)
{
	size_t i;

	for (i = 0; i < NKEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			return &keys[i];
	return NULL;
}

static int
fail_unknown(const struct dc_fields *f, const struct dc_yaml_node *key)
{
	dc_auto_free char *hint =
	    dc_strdup("there are within, errors and crashes");
	size_t i;

	for (i = 0; i < NKEYS; i++) {
		if (dc_edit_distance(keys[i].name, key->text, 2) > 2)
			continue;
		free(hint);
		hint = dc_asprintf("did you mean \"%s\"?", keys[i].name);
	}
	return dc_report(f->err, f->y, key->line, key->column, hint,
	    "\"rollback\" has no key \"%.64s\"", key->text);
}

static int
check_key(const struct dc_fields *f, const struct dc_yaml_node *key,
    const struct dc_yaml_node *value)
{
	const struct key *k = find(key->text);
	long long n;

	if (k == NULL)
		return fail_unknown(f, key);
	/* Quoted it is a number too. */
	if (value->kind > DC_YAML_INT ||
	    !dc_is_number(value->text, k->min, k->max, &n))
		return dc_report(f->err, f->y, value->line, value->column, NULL,
		    "\"%s\" of \"rollback\" is a number from %d to %d", k->name,
		    k->min, k->max);
	return 0;
}

int
dc_rollback_check(const struct dc_fields *f, const struct dc_yaml_node *v)
{
	size_t i;
	int rc = 0;

	if (v->kind == DC_YAML_BOOL || v->kind == DC_YAML_NULL)
		return 0;
	if (v->kind != DC_YAML_DICT)
		return dc_report(f->err, f->y, v->line, v->column, NULL,
		    "\"rollback\" is true, or has within, errors or crashes "
		    "below it");
	for (i = 0; rc == 0 && i + 1 < v->n; i += 2)
		rc = check_key(f, v->child[i], v->child[i + 1]);
	return rc;
}

static int
number_of(const struct dc_json *value, const struct key *k)
{
	const char *text = dc_json_str(value);
	long long n = dc_json_int(value, k->value);

	if (text != NULL && !dc_is_number(text, k->min, k->max, &n))
		n = k->value;
	return n < k->min || n > k->max ? k->value : (int)n;
}

struct dc_rollback
dc_rollback_of(const struct dc_service_def *def)
{
	const struct dc_json *all = dc_json_find(def->extras, "rollback");
	struct dc_rollback r = {0};
	size_t i;

	r.is_wanted = all != NULL && (dc_json_type(all) == DC_JSON_OBJECT ||
					 dc_json_is_true(all));
	for (i = 0; i < NKEYS; i++) {
		const struct dc_json *value =
		    r.is_wanted && dc_json_type(all) == DC_JSON_OBJECT
			? dc_json_find(all, keys[i].name)
			: NULL;

		*(int *)(void *)((char *)&r + keys[i].offset) =
		    value != NULL ? number_of(value, &keys[i]) : keys[i].value;
	}
	return r;
}
