/* common/buildfile/advice.c -- see advice.h. */
#include "common/buildfile/advice.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/base/auto.h"
#include "common/buildfile/report.h"

/* Kept like every unknown key, but not taken for a misspelling. */
static const char *const extra_keys[] = {"ruby_version", "healthcheck",
    "sticky", NULL};

/* Of config:, for what this platform does not have. */
static const char *const past_keys[] = {"enable_newrelic", "smtp_password",
    "smtp_port", "smtp_server", "smtp_username", NULL};

/* Keys, to be named in one sentence. */
struct names {
	struct dc_str text;
	size_t n, line; /* LINE: of the first */
};

struct advice {
	struct dc_service_def *def;
	const struct dc_fields *f;
	const struct dc_type *type; /* NULL: not known here */
	struct names past, unknown; /* in config: */
};

void
dc_advice_add(const struct dc_fields *f, const char *fmt, ...)
{
	dc_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = dc_vasprintf(fmt, ap);
	va_end(ap);
	dc_report_clean(text);
	dc_strv_add(f->warnings, text);
}

static bool
is_one_of(const char *key, const char *const *keys)
{
	for (; *keys != NULL; keys++)
		if (strcmp(*keys, key) == 0)
			return true;
	return false;
}

static void
add_name(struct names *to, const struct dc_yaml_node *key)
{
	if (to->n++ == 0)
		to->line = key->line;
	dc_str_addf(&to->text, "%s\"%.80s\"", to->n > 1 ? ", " : "", key->text);
}

/* As the type spells it. */
static const char *
find_config_key(const struct advice *a, const char *key)
{
	return a->type != NULL ? dc_type_find_key(a->type, key) : NULL;
}

/* The key of the type's config that KEY looks like a misspelling of. */
static const char *
nearest_config_key(const struct advice *a, const char *key)
{
	size_t best = 2, d;
	const char *name, *nearest = NULL;
	struct dc_json *rule;
	void *it = NULL;

	if (a->type == NULL)
		return NULL;
	while (dc_json_each(a->type->config, &it, &name, &rule)) {
		d = dc_edit_distance(name, key, best);
		if (d > best || (nearest != NULL && d == best))
			continue;
		nearest = name;
		best = d;
	}
	return nearest;
}

/* One key of the service that is none of ours. */
static void
look_at_key(const struct advice *a, const struct dc_yaml_node *key,
    const struct dc_yaml_node *value)
{
	const char *name = key->text, *meant = find_config_key(a, name);

	if (meant != NULL) {
		if (dc_json_find(a->def->config, meant) == NULL)
			dc_json_add(a->def->config, meant,
			    dc_yaml_to_json(value));
		return;
	}
	if (is_one_of(name, extra_keys))
		return;
	meant = dc_fields_nearest(name);
	if (meant != NULL) {
		dc_advice_add(a->f,
		    "unknown key \"%s\" in service \"%s\" (line %zu of "
		    "dotcloud.yml): did you mean \"%s\"?",
		    name, a->def->name, key->line, meant);
		return;
	}
	meant = nearest_config_key(a, name);
	if (meant != NULL)
		dc_advice_add(a->f,
		    "unknown key \"%s\" in service \"%s\" (line %zu of "
		    "dotcloud.yml): did you mean \"%s\", below \"config\"?",
		    name, a->def->name, key->line, meant);
}

/* KEY of config becomes NAME, as the type has it. */
static void
rename_key(struct dc_json *config, const char *key, const char *name)
{
	if (strcmp(key, name) == 0)
		return;
	if (dc_json_find(config, name) == NULL)
		dc_json_add(config, name,
		    dc_json_copy(dc_json_find(config, key)));
	dc_json_remove(config, key);
}

static int
check_value(const struct advice *a, const char *name,
    const struct dc_yaml_node *value)
{
	dc_auto_json struct dc_json *j = dc_yaml_to_json(value);
	struct dc_err why = DC_ERR_INIT;

	if (!a->f->is_thorough || value->kind == DC_YAML_NULL ||
	    dc_type_check(a->type, name, j, &why) == 0)
		return 0;
	return dc_report(a->f->err, a->f->y, value->line, value->column, NULL,
	    "%s", why.msg);
}

/* One key of config:. A custom service's are its build script's to know. */
static int
look_at_config(struct advice *a, const struct dc_yaml_node *key,
    const struct dc_yaml_node *value)
{
	const char *name = find_config_key(a, key->text);

	if (name != NULL) {
		rename_key(a->def->config, key->text, name);
		return check_value(a, name, value);
	}
	if (strcmp(a->def->type, "custom") == 0)
		return 0;
	if (dc_fields_has(key->text)) {
		dc_advice_add(a->f,
		    "\"%s\" in the config of service \"%s\" (line %zu of "
		    "dotcloud.yml) has no effect: it belongs one level up, "
		    "beside \"type\"",
		    key->text, a->def->name, key->line);
		return 0;
	}
	name = nearest_config_key(a, key->text);
	if (name != NULL)
		dc_advice_add(a->f,
		    "unknown key \"%s\" in the config of service \"%s\" (line "
		    "%zu of dotcloud.yml): did you mean \"%s\"?",
		    key->text, a->def->name, key->line, name);
	else if (is_one_of(key->text, past_keys))
		add_name(&a->past, key);
	else
		add_name(&a->unknown, key);
	return 0;
}

static void
warn_of_names(struct advice *a)
{
	struct names *past = &a->past, *unknown = &a->unknown;
	bool has_keys = a->type != NULL && a->type->config != NULL;

	if (past->n > 0 && has_keys)
		dc_advice_add(a->f,
		    "%s in the config of service \"%s\" (line %zu of "
		    "dotcloud.yml): dotCloud knew %s no effect here",
		    past->text.data, a->def->name, past->line,
		    past->n > 1 ? "them, they have" : "it, it has");
	if (unknown->n > 0 && has_keys)
		dc_advice_add(a->f,
		    "%s in the config of service \"%s\" (line %zu of "
		    "dotcloud.yml): type \"%s\" has no such key%s, only hooks "
		    "see %s",
		    unknown->text.data, a->def->name, unknown->line,
		    a->def->type, unknown->n > 1 ? "s" : "",
		    unknown->n > 1 ? "them" : "it");
	dc_str_done(&past->text);
	dc_str_done(&unknown->text);
}

static void
remove_port(struct dc_pairs *ports, const char *name)
{
	size_t i;

	for (i = 0; i < ports->n; i++) {
		if (strcmp(ports->v[i].name, name) != 0)
			continue;
		free(ports->v[i].name);
		free(ports->v[i].value);
		ports->n--;
		memmove(&ports->v[i], &ports->v[i + 1],
		    (ports->n - i) * sizeof(*ports->v));
		return;
	}
}

/* Of a type that has an http port, that one is routed: a port of the same name
 * is no other, or its variable would have two values. */
static int
look_at_port(const struct advice *a, const struct dc_yaml_node *name,
    const struct dc_yaml_node *kind)
{
	bool is_http = strcmp(kind->text, "http") == 0;

	if (strcasecmp(name->text, a->type->port_name) == 0 && !is_http)
		return dc_report(a->f->err, a->f->y, name->line, name->column,
		    "give the other one another name",
		    "Services of type \"%s\" have a port \"%s\" already, for "
		    "http",
		    a->def->type, a->type->port_name);
	if (strcasecmp(name->text, a->type->port_name) == 0)
		remove_port(&a->def->ports, name->text);
	return 0;
}

static int
look_at_ports(const struct advice *a, const struct dc_yaml_node *ports)
{
	size_t i;
	int rc = 0;

	if (ports == NULL || a->type == NULL || a->type->http_port <= 0)
		return 0;
	for (i = 0; i + 1 < ports->n && rc == 0; i += 2)
		rc = look_at_port(a, ports->child[i], ports->child[i + 1]);
	return rc;
}

int
dc_advice_apply(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict)
{
	struct advice a = {.def = def, .f = f};
	const struct dc_yaml_node *config = dc_yaml_find(dict, "config");
	size_t i;
	int rc = 0;

	if (f->types != NULL)
		a.type = dc_types_find(f->types, def->type);
	for (i = 0; config != NULL && i + 1 < config->n && rc == 0; i += 2)
		rc = look_at_config(&a, config->child[i], config->child[i + 1]);
	warn_of_names(&a);
	for (i = 0; i + 1 < dict->n && rc == 0; i += 2) {
		if (!dc_fields_has(dict->child[i]->text))
			look_at_key(&a, dict->child[i], dict->child[i + 1]);
	}
	if (rc == 0)
		rc = look_at_ports(&a, dc_yaml_find(dict, "ports"));
	if (rc == 0 && f->is_thorough && a.type != NULL)
		rc = dc_type_apply(a.type, def, f->err);
	return rc;
}
