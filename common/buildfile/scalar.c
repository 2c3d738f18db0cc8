/* common/buildfile/scalar.c -- see scalar.h; and trees as JSON. */
#include "common/buildfile/scalar.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

static const char *const nulls[] = {"", "~", "null", "Null", "NULL", NULL};
static const char *const bools[] = {"true", "True", "TRUE", "false", "False",
    "FALSE", "yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off",
    "Off", "OFF", NULL};

static bool
is_one_of(const char *text, const char *const *words)
{
	for (; *words != NULL; words++)
		if (strcmp(text, *words) == 0)
			return true;
	return false;
}

static size_t
digits(const char *s)
{
	return strspn(s, "0123456789_");
}

/* [-+]digits, or [-+]digits.digits[e[-+]digits] */
static enum dc_yaml_kind
number_kind(const char *s)
{
	size_t whole, fraction;

	s += *s == '-' || *s == '+';
	whole = *s == '_' ? 0 : digits(s);
	s += whole;
	if (*s == '\0')
		return whole > 0 ? DC_YAML_INT : DC_YAML_STRING;
	if (*s++ != '.')
		return DC_YAML_STRING;
	fraction = digits(s);
	s += fraction;
	if (whole + fraction > 0 && (*s == 'e' || *s == 'E') &&
	    (s[1] == '-' || s[1] == '+') && digits(s + 2) > 0)
		s += 2 + digits(s + 2);
	return *s == '\0' && whole + fraction > 0 ? DC_YAML_FLOAT
						  : DC_YAML_STRING;
}

enum dc_yaml_kind
dc_scalar_kind(const char *text)
{
	if (is_one_of(text, nulls))
		return DC_YAML_NULL;
	if (is_one_of(text, bools))
		return DC_YAML_BOOL;
	return number_kind(text);
}

static struct dc_json *
scalar_to_json(const struct dc_yaml_node *node)
{
	char again[64];
	long long i;
	double d;

	switch (node->kind) {
	case DC_YAML_NULL:
		return dc_json_new_null();
	case DC_YAML_BOOL:
		if (strcmp(node->text, "true") == 0)
			return dc_json_new_bool(true);
		if (strcmp(node->text, "false") == 0)
			return dc_json_new_bool(false);
		break;
	case DC_YAML_INT:
		i = strtoll(node->text, NULL, 10);
		(void)snprintf(again, sizeof(again), "%lld", i);
		if (strcmp(again, node->text) == 0)
			return dc_json_new_int(i);
		break;
	case DC_YAML_FLOAT:
		d = strtod(node->text, NULL);
		(void)snprintf(again, sizeof(again), "%.15g", d);
		if (strcmp(again, node->text) == 0)
			return dc_json_new_real(d);
		break;
	default:
		break;
	}
	return dc_json_new_str(node->text);
}

/* At most DC_MAX_YAML_DEPTH deep. */
struct dc_json *
dc_yaml_to_json(const struct dc_yaml_node *node)
{
	struct dc_json *j;
	size_t i;

	if (dc_yaml_is_scalar(node))
		return scalar_to_json(node);
	if (node->kind == DC_YAML_LIST) {
		j = dc_json_new_array();
		for (i = 0; i < node->n; i++)
			dc_json_add(j, NULL, dc_yaml_to_json(node->child[i]));
		return j;
	}
	j = dc_json_new_object();
	for (i = 0; i + 1 < node->n; i += 2)
		dc_json_add(j, node->child[i]->text,
		    dc_yaml_to_json(node->child[i + 1]));
	return j;
}
