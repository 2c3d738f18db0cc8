/* common/buildfile/type_config.c -- `config:` of a service against what its
 * type says; see type.h. */
#include "common/buildfile/type.h"

#include <stdio.h>
#include <string.h>

#include "common/base/auto.h"

/* As people wrote it: v2.7, 3.11, true. */
static char *
text_of(const struct dc_json *value)
{
	switch (dc_json_type(value)) {
	case DC_JSON_STRING:
		return dc_strdup(dc_json_str(value));
	case DC_JSON_REAL:
		return dc_asprintf("%.15g", dc_json_real(value, 0));
	default:
		return dc_json_format(value, DC_JSON_COMPACT);
	}
}

static int
check_allowed(const struct dc_type *type, const char *key, const char *text,
    const struct dc_json *allowed, struct dc_err *err)
{
	dc_auto_str struct dc_str list = {0};
	size_t i, n = dc_json_size(allowed);

	for (i = 0; i < n; i++) {
		dc_auto_free char *one = text_of(dc_json_at(allowed, i));

		if (strcmp(one, text) == 0)
			return 0;
		dc_str_addf(&list, "%s%s", i > 0 ? ", " : "", one);
	}
	return dc_fail(err, DC_EUSER,
	    "config: there is no %s '%.80s' for type '%s'; there is: %s", key,
	    text, type->name, list.data != NULL ? list.data : "none");
}

static int
check_range(const char *key, const char *text, const struct dc_json *rule,
    struct dc_err *err)
{
	long long n, min = dc_json_find_int(rule, "min", INT64_MIN),
		     max = dc_json_find_int(rule, "max", INT64_MAX);

	if (dc_is_number(text, min, max, &n))
		return 0;
	return dc_fail(err, DC_EUSER,
	    "config: %s is a number from %lld to %lld, not '%.80s'", key, min,
	    max, text);
}

/* a-b and a_b are the same variable to a build script. */
static bool
is_same_key(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++)
		if (*a != *b && (*a != '-' || *b != '_') &&
		    (*a != '_' || *b != '-'))
			return false;
	return *a == *b;
}

const char *
dc_type_find_key(const struct dc_type *type, const char *key)
{
	struct dc_json *rule;
	const char *name;
	void *it = NULL;

	while (dc_json_each(type->config, &it, &name, &rule))
		if (is_same_key(name, key))
			return name;
	return NULL;
}

int
dc_type_check(const struct dc_type *type, const char *key,
    const struct dc_json *value, struct dc_err *err)
{
	dc_auto_free char *text = text_of(value);
	const struct dc_json *rule = dc_json_find(type->config, key);
	const struct dc_json *allowed = dc_json_find(rule, "allowed");
	int rc = 0;

	if (dc_json_type(allowed) == DC_JSON_ARRAY)
		rc = check_allowed(type, key, text, allowed, err);
	if (rc == 0 && (dc_json_find(rule, "min") != NULL ||
			   dc_json_find(rule, "max") != NULL))
		rc = check_range(key, text, rule, err);
	return rc;
}

int
dc_type_apply(const struct dc_type *type, struct dc_service_def *def,
    struct dc_err *err)
{
	struct dc_json *rule, *value;
	const char *key;
	void *it = NULL;
	int rc = 0;

	while (rc == 0 && dc_json_each(type->config, &it, &key, &rule)) {
		value = dc_json_find(def->config, key);
		if (dc_json_type(value) != DC_JSON_NULL)
			rc = dc_type_check(type, key, value, err);
		else if (dc_json_find(rule, "default") != NULL)
			dc_json_add(def->config, key,
			    dc_json_copy(dc_json_find(rule, "default")));
	}
	return rc;
}
