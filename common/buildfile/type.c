/* common/buildfile/type.c -- see type.h. */
#include "common/buildfile/type.h"

#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/buildfile/yaml.h"

/* Made of builder/types by embed.sh: name, text of type.yml, ..., NULL. */
extern const char *const dc_types_embedded[];

/* CONTRACT 1.8: what dotCloud had. */
static const char *const known[] = {"custom", "java", "nodejs", "perl",
    "perl-worker", "php", "php-worker", "python", "python-worker", "ruby",
    "ruby-worker", "static", "opa", NULL};
static const char *const known_data[] = {"mongodb", "mysql",
    "mysql-masterslave", "postgis", "postgresql", "rabbitmq", "redis", "smtp",
    "solr", NULL};

static bool
is_one_of(const char *name, const char *const *names)
{
	for (; *names != NULL; names++)
		if (strcmp(*names, name) == 0)
			return true;
	return false;
}

bool
dc_type_is_known(const char *name)
{
	return is_one_of(name, known) || dc_type_is_data(name);
}

bool
dc_type_is_data(const char *name)
{
	return is_one_of(name, known_data);
}

void
dc_type_done(struct dc_type *type)
{
	free(type->name);
	free(type->port_name);
	free(type->process);
	dc_strv_done(&type->packages);
	dc_json_free(type->config);
	*type = (struct dc_type){0};
}

void
dc_types_done(struct dc_types *types)
{
	size_t i;

	for (i = 0; i < types->n; i++)
		dc_type_done(&types->v[i]);
	free(types->v);
	*types = (struct dc_types){0};
}

static int
bad(struct dc_err *err, const struct dc_yaml_node *node, const char *what)
{
	return dc_fail(err, DC_EINVAL, "line %zu: %s", node->line, what);
}

static int
set_kind(struct dc_type *t, const struct dc_yaml_node *v, struct dc_err *err)
{
	if (!dc_yaml_is_scalar(v) ||
	    (strcmp(v->text, "code") != 0 && strcmp(v->text, "data") != 0))
		return bad(err, v, "'kind' is code or data");
	t->is_data = strcmp(v->text, "data") == 0;
	return 0;
}

static int
set_http(struct dc_type *t, const struct dc_yaml_node *v, struct dc_err *err)
{
	long long port;

	if (dc_yaml_is_scalar(v) && strcmp(v->text, "any") == 0)
		t->http_port = DC_TYPE_ANY_PORT;
	else if (dc_yaml_is_scalar(v) && dc_is_number(v->text, 1, 65535, &port))
		t->http_port = (int)port;
	else
		return bad(err, v, "'http' is a port number, or any");
	return 0;
}

static int
set_port(struct dc_type *t, const struct dc_yaml_node *v, struct dc_err *err)
{
	if (!dc_yaml_is_scalar(v))
		return bad(err, v, "'port' is a name");
	free(t->port_name);
	t->port_name = dc_strdup(v->text);
	return 0;
}

static int
set_process(struct dc_type *t, const struct dc_yaml_node *v, struct dc_err *err)
{
	if (!dc_yaml_is_scalar(v))
		return bad(err, v, "'process' is a command");
	t->process = dc_strdup(v->text);
	return 0;
}

static int
set_channel(struct dc_type *t, const struct dc_yaml_node *v, struct dc_err *err)
{
	if (!dc_yaml_is_scalar(v) ||
	    (strcmp(v->text, "true") != 0 && strcmp(v->text, "false") != 0))
		return bad(err, v, "'channel' is true or false");
	t->has_channel = strcmp(v->text, "true") == 0;
	return 0;
}

static int
set_packages(struct dc_type *t, const struct dc_yaml_node *v,
    struct dc_err *err)
{
	size_t i;

	if (v->kind != DC_YAML_LIST)
		return bad(err, v, "'packages' is a list");
	for (i = 0; i < v->n; i++) {
		if (!dc_yaml_is_scalar(v->child[i]))
			return bad(err, v, "'packages' is a list of names");
		dc_strv_add(&t->packages, v->child[i]->text);
	}
	return 0;
}

static int
set_config(struct dc_type *t, const struct dc_yaml_node *v, struct dc_err *err)
{
	size_t i;

	if (v->kind != DC_YAML_DICT)
		return bad(err, v, "'config' is a dictionary");
	for (i = 1; i < v->n; i += 2)
		if (v->child[i]->kind != DC_YAML_DICT)
			return bad(err, v->child[i],
			    "a config key has default: and allowed:");
	dc_json_free(t->config);
	t->config = dc_yaml_to_json(v);
	return 0;
}

static const struct {
	const char *name;
	int (*set)(struct dc_type *t, const struct dc_yaml_node *v,
	    struct dc_err *err);
} keys[] = {
    {"kind", set_kind},
    {"http", set_http},
    {"port", set_port},
    {"process", set_process},
    {"packages", set_packages},
    {"channel", set_channel},
    {"config", set_config},
};

static int
set_key(struct dc_type *t, const struct dc_yaml_node *key,
    const struct dc_yaml_node *value, struct dc_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (strcmp(keys[i].name, key->text) == 0)
			return keys[i].set(t, value, err);
	return bad(err, key, "no such key in a type.yml");
}

static int
parse_type(struct dc_type *t, const char *text, size_t len, struct dc_err *err)
{
	dc_auto_yaml struct dc_yaml y = {0};
	size_t i;
	int rc;

	rc = dc_yaml_parse(&y, "type.yml", text, len, err);
	if (rc < 0) {
		/* Not a user's file: nothing to show to one. */
		if (err != NULL)
			err->code = DC_EINVAL;
		return DC_EINVAL;
	}
	if (y.root == NULL)
		return 0;
	if (y.root->kind != DC_YAML_DICT)
		return bad(err, y.root, "not a dictionary");
	for (i = 0; i + 1 < y.root->n && rc == 0; i += 2)
		rc = set_key(t, y.root->child[i], y.root->child[i + 1], err);
	return rc;
}

static int
load_text(struct dc_type *out, const char *name, const char *text, size_t len,
    struct dc_err *err)
{
	struct dc_type t = {.name = dc_strdup(name),
	    .port_name = dc_strdup("http"),
	    .config = dc_json_new_object()};
	int rc = parse_type(&t, text, len, err);

	if (rc < 0)
		dc_type_done(&t);
	else
		*out = t;
	return rc;
}

int
dc_type_load(struct dc_type *out, const char *dir, const char *name,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s/type.yml", dir, name);
	dc_auto_free char *text = NULL;
	size_t len;
	int rc;

	rc = dc_fs_load(&text, &len, path, DC_MAX_BUILDFILE, err);
	if (rc < 0)
		return dc_wrap(err, rc, "service type '%s'", name);
	rc = load_text(out, name, text, len, err);
	return rc < 0 ? dc_wrap(err, rc, "'%s'", path) : 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct dc_type *)a)->name,
	    ((const struct dc_type *)b)->name);
}

static void
push(struct dc_types *types, const struct dc_type *t)
{
	types->v = dc_xrealloc(types->v, (types->n + 1) * sizeof(*types->v));
	types->v[types->n++] = *t;
}

static int
add_type(struct dc_types *types, const char *dir, const char *name,
    struct dc_err *err)
{
	struct dc_type t = {0};
	int rc;

	if (name[0] == '.')
		return 0;
	rc = dc_type_load(&t, dir, name, err);
	/* A file, or a folder with something else. */
	if (rc == DC_ENOTFOUND || (rc < 0 && errno == ENOTDIR))
		return 0;
	if (rc < 0)
		return rc;
	push(types, &t);
	return 0;
}

int
dc_types_load(struct dc_types *out, const char *dir, struct dc_err *err)
{
	dc_auto_types struct dc_types types = {0};
	dc_auto_dir DIR *d = opendir(dir);
	struct dirent *e;
	int rc;

	if (d == NULL)
		return dc_fail_errno(err, "service types in '%s'", dir);
	while ((e = readdir(d)) != NULL) {
		errno = 0;
		rc = add_type(&types, dir, e->d_name, err);
		if (rc < 0)
			return rc;
	}
	if (types.n > 1)
		qsort(types.v, types.n, sizeof(*types.v), by_name);
	*out = types;
	types = (struct dc_types){0};
	return 0;
}

int
dc_types_load_own(struct dc_types *out, struct dc_err *err)
{
	dc_auto_types struct dc_types types = {0};
	const char *const *p;
	struct dc_type t;
	int rc;

	for (p = dc_types_embedded; *p != NULL; p += 2) {
		rc = load_text(&t, p[0], p[1], strlen(p[1]), err);
		if (rc < 0)
			return dc_wrap(err, rc, "service type '%s'", p[0]);
		push(&types, &t);
	}
	if (types.n > 1)
		qsort(types.v, types.n, sizeof(*types.v), by_name);
	*out = types;
	types = (struct dc_types){0};
	return 0;
}

const struct dc_type *
dc_types_find(const struct dc_types *types, const char *name)
{
	size_t i;

	for (i = 0; i < types->n; i++)
		if (strcmp(types->v[i].name, name) == 0)
			return &types->v[i];
	return NULL;
}

char *
dc_types_format(const struct dc_types *types)
{
	dc_auto_str struct dc_str s = {0};
	size_t i;

	for (i = 0; i < types->n; i++)
		dc_str_addf(&s, "%s%s", i > 0 ? ", " : "", types->v[i].name);
	return dc_str_steal(&s);
}
