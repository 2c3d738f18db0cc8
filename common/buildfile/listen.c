/* common/buildfile/listen.c -- see listen.h. */
#include "common/buildfile/listen.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/buildfile/report.h"

#define fail(f, node, ...)                                                     \
	dc_report((f)->err, (f)->y, (node)->line, (node)->column, NULL,        \
	    __VA_ARGS__)

/* Of the two names one is PORT_WWW: what reads it finds the other's. */
static bool
is_same_variable(const char *a, const char *b)
{
	for (; *a != '\0' && *b != '\0'; a++, b++) {
		char x = *a == '-' ? '_' : *a, y = *b == '-' ? '_' : *b;

		if (tolower((unsigned char)x) != tolower((unsigned char)y))
			return false;
	}
	return *a == *b;
}

static int
check_variable(const struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *key)
{
	size_t i;

	for (i = 0; i < def->ports.n; i++)
		if (is_same_variable(def->ports.v[i].name, key->text))
			return fail(f, key,
			    "The ports \"%s\" and \"%s\" of service \"%s\" "
			    "would have the same variable",
			    def->ports.v[i].name, key->text, def->name);
	return 0;
}

static int
check_port(const struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *name, const struct dc_yaml_node *kind)
{
	size_t i;

	if (strcmp(kind->text, "http") != 0 && strcmp(kind->text, "tcp") != 0 &&
	    strcmp(kind->text, "udp") != 0)
		return dc_report(f->err, f->y, kind->line, kind->column,
		    "a port is http, tcp or udp; its number is given by the "
		    "platform",
		    "Unrecognized port \"%.80s\"", kind->text);
	if (strcasecmp(name->text, "ssh") == 0)
		return dc_report(f->err, f->y, name->line, name->column,
		    "every instance has an ssh port already, which \"dcloud "
		    "run\" uses: choose another name",
		    "The port \"ssh\" is the platform's");
	for (i = 0; i < def->ports.n && strcmp(kind->text, "http") == 0; i++)
		if (strcmp(def->ports.v[i].value, "http") == 0)
			return dc_report(f->err, f->y, kind->line, kind->column,
			    "make one of them tcp, or give it a service of its "
			    "own",
			    "You can't have two http ports in service \"%s\": "
			    "\"%s\" is one already",
			    def->name, def->ports.v[i].name);
	return 0;
}

int
dc_listen_set_ports(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	const struct dc_yaml_node *kind;
	size_t i;
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_DICT);

	(void)field;
	for (i = 0; i + 1 < v->n && rc == 0; i += 2) {
		kind = v->child[i + 1];
		rc = dc_fields_check_name(f, v->child[i], "port", DC_WORD "-");
		if (rc == 0)
			rc = check_variable(def, f, v->child[i]);
		if (rc == 0)
			rc = dc_report_kind(f->err, f->y, kind, DC_YAML_STRING);
		if (rc == 0)
			rc = check_port(def, f, v->child[i], kind);
		if (rc == 0)
			dc_pairs_add(&def->ports, v->child[i]->text,
			    kind->text);
	}
	if (rc == 0 && def->ports.n > DC_MAX_PORTS)
		return fail(f, v, "more than %d ports", DC_MAX_PORTS);
	return rc;
}

int
dc_listen_set(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_STRING);

	(void)field;
	if (rc < 0)
		return rc;
	if (strcmp(v->text, "tcp") != 0 && strcmp(v->text, "unix") != 0)
		return fail(f, v, "\"listen\" is tcp or unix");
	if (strcmp(v->text, "unix") == 0 && def->listen_var == NULL)
		def->listen_var = dc_strdup(DC_LISTEN_VAR);
	return 0;
}

int
dc_listen_set_var(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_STRING);

	(void)field;
	if (rc == 0)
		rc =
		    dc_fields_check_name(f, v, "environment variable", DC_WORD);
	if (rc < 0)
		return rc;
	free(def->listen_var);
	def->listen_var = dc_strdup(v->text);
	return 0;
}

int
dc_listen_set_workers(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field)
{
	long long n;
	int rc = dc_report_kind(f->err, f->y, v, DC_YAML_INT);

	(void)field;
	if (rc < 0)
		return rc;
	if (!dc_is_number(v->text, 1, DC_MAX_WORKERS, &n))
		return fail(f, v, "\"workers\" is a number from 1 to %d",
		    DC_MAX_WORKERS);
	def->workers = (int)n;
	return 0;
}

/* A client knows no types, or no more of them than their names: the platform
 * says it then. */
static bool
has_http(const struct dc_service_def *def, const struct dc_fields *f)
{
	const struct dc_type *type =
	    f->types != NULL ? dc_types_find(f->types, def->type) : NULL;
	size_t i;

	if (type == NULL || type->port_name == NULL || type->http_port > 0 ||
	    (type->http_port == DC_TYPE_ANY_PORT && def->ports.n == 0))
		return true;
	for (i = 0; i < def->ports.n; i++)
		if (strcmp(def->ports.v[i].value, "http") == 0)
			return true;
	return false;
}

int
dc_listen_check(const struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict)
{
	const struct dc_yaml_node *listen = dc_yaml_find(dict, "listen");
	const struct dc_yaml_node *var = dc_yaml_find(dict, "listen_var");
	const struct dc_yaml_node *workers = dc_yaml_find(dict, "workers");
	bool is_unix = listen != NULL && strcmp(listen->text, "unix") == 0;

	if (var != NULL && !is_unix)
		return fail(f, var,
		    "\"listen_var\" names a unix socket: add "
		    "\"listen: unix\" to service \"%s\"",
		    def->name);
	if (workers != NULL && def->workers > 1 && !is_unix)
		return fail(f, workers,
		    "several workers cannot share a port: add "
		    "\"listen: unix\" to service \"%s\"",
		    def->name);
	if (is_unix && !has_http(def, f))
		return fail(f, listen,
		    "\"listen: unix\" is for http, which service \"%s\" does "
		    "not have",
		    def->name);
	return 0;
}
