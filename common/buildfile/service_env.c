/* common/buildfile/service_env.c -- SERVICE_*: a definition as the variables
 * of a build script. */
#include "common/buildfile/service_def.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"

/* KEY in capitals, whatever no shell takes as a name replaced by '_'. */
static void
add_name(struct dc_str *to, const char *key)
{
	char c;

	for (; *key != '\0'; key++) {
		c = *key;
		if (c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		else if ((c < 'A' || c > 'Z') && (c < '0' || c > '9'))
			c = '_';
		dc_str_addn(to, &c, 1);
	}
}

/* 'text' as Python writes it: double quotes when that saves an escape. */
static void
add_python_text(struct dc_str *to, const char *s)
{
	bool is_double = strchr(s, '\'') != NULL && strchr(s, '"') == NULL;

	dc_str_add(to, is_double ? "\"" : "'");
	for (; *s != '\0'; s++) {
		if (*s == '\n')
			dc_str_add(to, "\\n");
		else if (*s == '\t')
			dc_str_add(to, "\\t");
		else if (*s == '\r')
			dc_str_add(to, "\\r");
		else if (*s == '\\' || (*s == '\'' && !is_double))
			dc_str_addf(to, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			dc_str_addf(to, "\\x%02x", (unsigned char)*s);
		else
			dc_str_addn(to, s, 1);
	}
	dc_str_add(to, is_double ? "\"" : "'");
}

static void add_python(struct dc_str *to, const struct dc_json *j);

static void
add_python_list(struct dc_str *to, const struct dc_json *list)
{
	size_t i;

	dc_str_add(to, "[");
	for (i = 0; i < dc_json_size(list); i++) {
		dc_str_add(to, i > 0 ? ", " : "");
		add_python(to, dc_json_at(list, i));
	}
	dc_str_add(to, "]");
}

static void
add_python_dict(struct dc_str *to, const struct dc_json *dict)
{
	const char *key, *comma = "";
	struct dc_json *value;
	void *it = NULL;

	dc_str_add(to, "{");
	while (dc_json_each(dict, &it, &key, &value)) {
		dc_str_add(to, comma);
		add_python_text(to, key);
		dc_str_add(to, ": ");
		add_python(to, value);
		comma = ", ";
	}
	dc_str_add(to, "}");
}

/* At most DC_MAX_JSON_DEPTH deep. */
static void
add_python(struct dc_str *to, const struct dc_json *j)
{
	switch (dc_json_type(j)) {
	case DC_JSON_NULL:
		dc_str_add(to, "None");
		break;
	case DC_JSON_BOOL:
		dc_str_add(to, dc_json_is_true(j) ? "True" : "False");
		break;
	case DC_JSON_INT:
		dc_str_addf(to, "%" PRId64, dc_json_int(j, 0));
		break;
	case DC_JSON_REAL:
		dc_str_addf(to, "%.15g", dc_json_real(j, 0));
		break;
	case DC_JSON_STRING:
		add_python_text(to, dc_json_str(j));
		break;
	case DC_JSON_ARRAY:
		add_python_list(to, j);
		break;
	case DC_JSON_OBJECT:
		add_python_dict(to, j);
		break;
	}
}

/* Scalars outside of lists keep the text they have in the file. */
static void
add_value(struct dc_str *to, const struct dc_json *j)
{
	switch (dc_json_type(j)) {
	case DC_JSON_NULL:
		break;
	case DC_JSON_BOOL:
		dc_str_add(to, dc_json_is_true(j) ? "true" : "false");
		break;
	case DC_JSON_STRING:
		dc_str_add(to, dc_json_str(j));
		break;
	default:
		add_python(to, j);
	}
}

char *
dc_service_text(const struct dc_json *value)
{
	struct dc_str s = {0};

	add_value(&s, value);
	return dc_str_steal(&s);
}

/* KEY2 NULL: only one part. */
static void
add_variable(struct dc_strv *to, const char *key, const char *key2,
    const struct dc_json *value)
{
	dc_auto_str struct dc_str s = {0};

	dc_str_add(&s, "SERVICE_");
	add_name(&s, key);
	if (key2 != NULL) {
		dc_str_add(&s, "_");
		add_name(&s, key2);
	}
	dc_str_add(&s, "=");
	add_value(&s, value);
	dc_strv_add(to, s.data);
}

static void
add_text(struct dc_strv *to, const char *key, const char *value)
{
	if (value != NULL)
		dc_strv_addf(to, "SERVICE_%s=%s", key, value);
}

static void
add_list(struct dc_strv *to, const char *key, const struct dc_strv *list)
{
	dc_auto_str struct dc_str s = {0};
	size_t i;

	for (i = 0; i < list->n; i++) {
		dc_str_add(&s, i > 0 ? ", " : "");
		add_python_text(&s, list->v[i]);
	}
	dc_strv_addf(to, "SERVICE_%s=[%s]", key, s.data != NULL ? s.data : "");
}

static void
add_pairs(struct dc_strv *to, const char *key, const struct dc_pairs *pairs)
{
	dc_auto_json struct dc_json *value = NULL;
	size_t i;

	for (i = 0; i < pairs->n; i++) {
		dc_json_free(value);
		value = dc_json_new_str(pairs->v[i].value);
		add_variable(to, key, pairs->v[i].name, value);
	}
}

static void
add_object(struct dc_strv *to, const char *key, const struct dc_json *object)
{
	struct dc_json *value;
	const char *key2;
	void *it = NULL;

	while (dc_json_each(object, &it, &key2, &value))
		add_variable(to, key, key2, value);
}

void
dc_service_env(struct dc_strv *to, const struct dc_service_def *def)
{
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	add_text(to, "NAME", def->name);
	add_text(to, "TYPE", def->type);
	add_text(to, "APPROOT", def->approot);
	add_text(to, "PREBUILD", def->prebuild);
	add_text(to, "POSTBUILD", def->postbuild);
	add_text(to, "POSTINSTALL", def->postinstall);
	add_text(to, "MIGRATE", def->migrate);
	add_text(to, "BUILDSCRIPT", def->buildscript);
	add_text(to, "PROCESS", def->process);
	dc_strv_addf(to, "SERVICE_INSTANCES=%d", def->instances);
	if (def->listen_var != NULL) {
		add_text(to, "LISTEN", "unix");
		add_text(to, "LISTEN_VAR", def->listen_var);
		dc_strv_addf(to, "SERVICE_WORKERS=%d", def->workers);
	}
	add_list(to, "SYSTEMPACKAGES", &def->systempackages);
	add_list(to, "REQUIREMENTS", &def->requirements);
	add_object(to, "CONFIG", def->config);
	add_pairs(to, "ENVIRONMENT", &def->environment);
	if (def->process == NULL)
		add_pairs(to, "PROCESSES", &def->processes);
	add_pairs(to, "PORTS", &def->ports);
	while (dc_json_each(def->extras, &it, &key, &value)) {
		if (dc_json_type(value) == DC_JSON_OBJECT)
			add_object(to, key, value);
		else if (strcmp(key, "name") != 0)
			add_variable(to, key, NULL, value);
	}
}
