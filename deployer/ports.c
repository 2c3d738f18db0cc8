/* deployer/ports.c -- see ports.h. CONTRACT A, 1.5. */
#include "deployer/ports.h"

#include "common/base/limits.h"

#include <stdio.h>
#include <string.h>

#define FIRST_PORT 42800

static struct dc_port
make(const char *name, const char *kind, int port)
{
	struct dc_port p = {.port = port};

	(void)snprintf(p.name, sizeof(p.name), "%s", name);
	(void)snprintf(p.kind, sizeof(p.kind), "%s", kind);
	return p;
}

/* There is one http port: where the type has its own, a name for it given in
 * the build file is another name of that one. */
static int
number_of(const struct dc_pair *port, const struct dc_type *type, int i)
{
	if (type->http_port > 0 && strcmp(port->value, "http") == 0)
		return type->http_port;
	return FIRST_PORT + i;
}

size_t
ports_list(struct dc_port *ports, const struct dc_service_def *def,
    const struct dc_type *type)
{
	size_t i, n = 0;

	if (type->http_port > 0)
		ports[n++] = make(type->port_name, "http", type->http_port);
	else if (type->http_port == DC_TYPE_ANY_PORT && def->ports.n == 0)
		ports[n++] = make("www", "http", FIRST_PORT);
	for (i = 0; i < def->ports.n && i < DC_MAX_PORTS; i++)
		if (strcasecmp(def->ports.v[i].name, DC_SSH_NAME) != 0)
			ports[n++] =
			    make(def->ports.v[i].name, def->ports.v[i].value,
				number_of(&def->ports.v[i], type, (int)i));
	ports[n++] = make(DC_SSH_NAME, "tcp", DC_SSH_PORT);
	return n;
}

const struct dc_port *
ports_find(const struct dc_port *ports, size_t n, const char *kind)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(ports[i].kind, kind) == 0 &&
		    strcmp(ports[i].name, DC_SSH_NAME) != 0)
			return &ports[i];
	return NULL;
}
