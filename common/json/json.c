/* common/json/json.c -- see json.h. The only file that includes jansson.h. */
#include "common/json/json.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

static json_t *
in(const struct dc_json *j)
{
	return (json_t *)j;
}

/* jansson says NULL only for lack of memory once the text is valid UTF-8. */
static struct dc_json *
made(json_t *j)
{
	if (j == NULL)
		abort();
	return (struct dc_json *)j;
}

/* Bounds the nesting before jansson recurses over it. Text that is not JSON
 * may be miscounted, but never as flatter than jansson finds it. */
static bool
is_too_deep(const char *text, size_t len)
{
	bool in_string = false;
	size_t depth = 0, i;

	for (i = 0; i < len; i++) {
		if (in_string && text[i] == '\\')
			i++;
		else if (text[i] == '"')
			in_string = !in_string;
		else if (!in_string && (text[i] == '[' || text[i] == '{'))
			depth++;
		else if (!in_string && (text[i] == ']' || text[i] == '}'))
			depth -= depth > 0;
		if (depth > DC_MAX_JSON_DEPTH)
			return true;
	}
	return false;
}

int
dc_json_parse(struct dc_json **out, const char *text, size_t len,
    struct dc_err *err)
{
	json_error_t e;
	json_t *j;

	if (len > DC_MAX_JSON)
		return dc_fail(err, DC_EINVAL, "JSON text of more than %d MB",
		    DC_MAX_JSON >> 20);
	if (is_too_deep(text, len))
		return dc_fail(err, DC_EINVAL,
		    "JSON is nested more than %d levels deep",
		    DC_MAX_JSON_DEPTH);
	j = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &e);
	if (j == NULL)
		return dc_fail(err, DC_EINVAL, "line %d, column %d: %s", e.line,
		    e.column, e.text);
	*out = (struct dc_json *)j;
	return 0;
}

char *
dc_json_format(const struct dc_json *j, enum dc_json_style style)
{
	size_t flags = JSON_ENCODE_ANY;
	char *text;

	flags |= (style & DC_JSON_INDENT) != 0 ? JSON_INDENT(4) : JSON_COMPACT;
	if ((style & DC_JSON_SORTED) != 0)
		flags |= JSON_SORT_KEYS;
	text = json_dumps(in(j), flags);
	if (text == NULL)
		abort();
	return text;
}

void
dc_json_free(struct dc_json *j)
{
	json_decref(in(j));
}

struct dc_json *
dc_json_new_null(void)
{
	return made(json_null());
}

struct dc_json *
dc_json_new_bool(bool value)
{
	return made(json_boolean(value));
}

struct dc_json *
dc_json_new_int(int64_t value)
{
	return made(json_integer(value));
}

struct dc_json *
dc_json_new_real(double value)
{
	json_t *j = json_real(value);

	/* Infinities and NaN have no JSON form. */
	return made(j != NULL ? j : json_null());
}

struct dc_json *
dc_json_new_strn(const char *s, size_t len)
{
	dc_auto_str struct dc_str valid = {0};
	json_t *j = json_stringn(s, len);

	if (j != NULL)
		return made(j);
	dc_str_add_utf8(&valid, s, len);
	return made(json_stringn(valid.data, valid.len));
}

struct dc_json *
dc_json_new_str(const char *s)
{
	return s != NULL ? dc_json_new_strn(s, strlen(s)) : dc_json_new_null();
}

struct dc_json *
dc_json_new_array(void)
{
	return made(json_array());
}

struct dc_json *
dc_json_new_object(void)
{
	return made(json_object());
}

struct dc_json *
dc_json_copy(const struct dc_json *j)
{
	return made(json_deep_copy(in(j)));
}

void
dc_json_add(struct dc_json *to, const char *key, struct dc_json *value)
{
	dc_auto_str struct dc_str valid = {0};
	int rc;

	if (key == NULL) {
		rc = json_array_append_new(in(to), in(value));
	} else {
		dc_str_add_utf8(&valid, key, strlen(key));
		rc = json_object_set_new_nocheck(in(to),
		    valid.data != NULL ? valid.data : "", in(value));
	}
	/* Out of memory, or our bug: not a container of that kind. */
	if (rc < 0)
		abort();
}

void
dc_json_add_str(struct dc_json *to, const char *key, const char *s)
{
	dc_json_add(to, key, dc_json_new_str(s));
}

void
dc_json_add_int(struct dc_json *to, const char *key, int64_t value)
{
	dc_json_add(to, key, dc_json_new_int(value));
}

void
dc_json_add_bool(struct dc_json *to, const char *key, bool value)
{
	dc_json_add(to, key, dc_json_new_bool(value));
}

void
dc_json_remove(struct dc_json *object, const char *key)
{
	(void)json_object_del(in(object), key);
}

enum dc_json_type
dc_json_type(const struct dc_json *j)
{
	if (j == NULL)
		return DC_JSON_NULL;
	switch (json_typeof(in(j))) {
	case JSON_OBJECT:
		return DC_JSON_OBJECT;
	case JSON_ARRAY:
		return DC_JSON_ARRAY;
	case JSON_STRING:
		return DC_JSON_STRING;
	case JSON_INTEGER:
		return DC_JSON_INT;
	case JSON_REAL:
		return DC_JSON_REAL;
	case JSON_TRUE:
	case JSON_FALSE:
		return DC_JSON_BOOL;
	case JSON_NULL:
		break;
	}
	return DC_JSON_NULL;
}

bool
dc_json_is_true(const struct dc_json *j)
{
	return json_is_true(in(j));
}

const char *
dc_json_str(const struct dc_json *j)
{
	return json_string_value(in(j));
}

int64_t
dc_json_int(const struct dc_json *j, int64_t otherwise)
{
	return json_is_integer(in(j)) ? json_integer_value(in(j)) : otherwise;
}

double
dc_json_real(const struct dc_json *j, double otherwise)
{
	return json_is_number(in(j)) ? json_number_value(in(j)) : otherwise;
}

size_t
dc_json_size(const struct dc_json *j)
{
	return json_is_array(in(j)) ? json_array_size(in(j))
				    : json_object_size(in(j));
}

struct dc_json *
dc_json_at(const struct dc_json *array, size_t i)
{
	return (struct dc_json *)json_array_get(in(array), i);
}

struct dc_json *
dc_json_find(const struct dc_json *object, const char *key)
{
	return (struct dc_json *)json_object_get(in(object), key);
}

const char *
dc_json_find_str(const struct dc_json *object, const char *key)
{
	return dc_json_str(dc_json_find(object, key));
}

int64_t
dc_json_find_int(const struct dc_json *object, const char *key,
    int64_t otherwise)
{
	return dc_json_int(dc_json_find(object, key), otherwise);
}

bool
dc_json_has_true(const struct dc_json *object, const char *key)
{
	return dc_json_is_true(dc_json_find(object, key));
}

bool
dc_json_each(const struct dc_json *object, void **it, const char **key,
    struct dc_json **value)
{
	*it = *it == NULL ? json_object_iter(in(object))
			  : json_object_iter_next(in(object), *it);
	if (*it == NULL)
		return false;
	*key = json_object_iter_key(*it);
	*value = (struct dc_json *)json_object_iter_value(*it);
	return true;
}
