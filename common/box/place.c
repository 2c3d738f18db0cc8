/* common/box/place.c -- see place.h. */
#include "common/box/place.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/box/net.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>

int
dc_place_find(struct dc_place *out, const struct dc_conf *conf, int64_t number,
    struct dc_err *err)
{
	dc_auto_free char *gateway = NULL;
	struct in_addr base, mine;
	struct dc_place p;

	gateway = dc_net_gateway(conf->subnet, &p.prefix_len);
	if (gateway == NULL || inet_pton(AF_INET, gateway, &base) != 1)
		return dc_fail(err, DC_EINVAL, "bad subnet '%s'", conf->subnet);
	if (number < 2 ||
	    number >= (int64_t)((UINT32_C(1) << (32 - p.prefix_len)) - 1))
		return dc_fail(err, DC_EINVAL,
		    "subnet '%s' has no host %" PRId64, conf->subnet, number);
	mine.s_addr = htonl(ntohl(base.s_addr) - 1 + (uint32_t)number);
	(void)inet_ntop(AF_INET, &mine, p.address, sizeof(p.address));
	(void)snprintf(p.gateway, sizeof(p.gateway), "%s", gateway);
	*out = p;
	return 0;
}

uint16_t
dc_place_port(const char *bind)
{
	const char *colon = strrchr(bind, ':');
	long long port;

	if (colon == NULL || !dc_is_number(colon + 1, 1, 65535, &port))
		return 0;
	return (uint16_t)port;
}

char *
dc_place_host(const char *bind)
{
	const char *colon = strrchr(bind, ':');
	size_t n = colon != NULL ? (size_t)(colon - bind) : strlen(bind);
	dc_auto_free char *host = dc_strndup(bind, n);

	if (*host == '\0' || strcmp(host, "*") == 0 ||
	    strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0 ||
	    strcmp(host, "[::]") == 0)
		return NULL;
	return dc_steal_ptr(&host);
}

char *
dc_place_port_host(const struct dc_conf *conf)
{
	dc_auto_free char *host = dc_place_host(conf->http_bind);
	char *gateway = NULL;

	if (host != NULL &&
	    (dc_has_prefix(host, "127.") || strcmp(host, "localhost") == 0))
		gateway = dc_net_gateway(conf->subnet, NULL);
	return gateway != NULL ? gateway : dc_strdup(conf->public_host);
}

/* Builder and deployer start at the same time: one after the other here. */
int
dc_place_up(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/network.lock", conf->run);
	dc_auto_fd int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	uint16_t port = dc_place_port(conf->http_bind);
	struct dc_net_spec spec = {.bridge = conf->bridge,
	    .subnet = conf->subnet,
	    .ports = &port,
	    .nports = port != 0,
	    .port_first = (uint16_t)conf->port_first,
	    .port_last = (uint16_t)conf->port_last};

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return dc_fail_errno(err, "lock '%s'", path);
	return dc_net_up(&spec, err);
}
