/* deployer/router_server.c -- see router_server.h. */
#include "deployer/router_server.h"

#include "common/base/limits.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

bool
router_is_unix(const struct router_server *s)
{
	return s->address[0] == '/';
}

/* HAProxy's configuration and its commands are made of words. */
static bool
is_path(const char *path)
{
	for (const char *p = path; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || strchr("\"'\\#$;", *p) != NULL)
			return false;
	return strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path);
}

bool
router_is_server(const struct router_server *s)
{
	struct in6_addr a;

	if (s->instance <= 0 || s->worker < 0 || s->worker >= DC_MAX_WORKERS)
		return false;
	if (router_is_unix(s))
		return is_path(s->address);
	return s->port > 0 && s->port < 65536 &&
	       (inet_pton(AF_INET, s->address, &a) == 1 ||
		   inet_pton(AF_INET6, s->address, &a) == 1);
}

void
router_server_name(char out[ROUTER_NAME_SIZE], int64_t instance, int worker)
{
	int n = snprintf(out, ROUTER_NAME_SIZE, "i%" PRId64, instance);

	if (worker > 0)
		(void)snprintf(out + n, ROUTER_NAME_SIZE - (size_t)n, "w%d",
		    worker);
}

bool
router_server_parse(int64_t *instance, int *worker, const char *name)
{
	char number[ROUTER_NAME_SIZE];
	size_t n = strcspn(name, "w");
	long long i, w = 0;

	if (name[0] != 'i' || n >= sizeof(number))
		return false;
	(void)snprintf(number, sizeof(number), "%.*s", (int)n - 1, name + 1);
	if (!dc_is_number(number, 1, INT64_MAX, &i) ||
	    (name[n] == 'w' &&
		!dc_is_number(name + n + 1, 1, DC_MAX_WORKERS - 1, &w)))
		return false;
	*instance = i;
	*worker = (int)w;
	return true;
}

/* A socket without a listener refuses at once, and the request goes elsewhere:
 * nothing is won by taking it for down, and a worker that is restarted would be
 * for a moment longer than it is. The next one ends in that moment. */
const char *
router_server_options(const struct router_server *s)
{
	return router_is_unix(s)
		   ? "check inter 1s fall 60 rise 1 downinter 250ms"
		   : "check inter 1s fall 3 rise 1 downinter 250ms";
}

void
router_server_address(char out[ROUTER_ADDRESS_SIZE],
    const struct router_server *s)
{
	if (router_is_unix(s))
		(void)snprintf(out, ROUTER_ADDRESS_SIZE, "unix@%s", s->address);
	else
		(void)snprintf(out, ROUTER_ADDRESS_SIZE, "%s:%d", s->address,
		    s->port);
}

void
router_server_format(struct dc_str *out, const struct router_server *s)
{
	char name[ROUTER_NAME_SIZE], address[ROUTER_ADDRESS_SIZE];

	router_server_name(name, s->instance, s->worker);
	router_server_address(address, s);
	dc_str_addf(out, "\tserver %s %s %s\n", name, address,
	    router_server_options(s));
}
