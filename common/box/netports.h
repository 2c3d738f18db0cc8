/* common/box/netports.h -- public ports in the kernel: udp ports lead to
 * containers, and containers may reach the public tcp ports of the host. All
 * in "table ip BRIDGE"; net.h's own tables know the range only. */
#ifndef DC_NETPORTS_H
#define DC_NETPORTS_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <stdint.h>

struct dc_net_target {
	char address[16]; /* a container's */
	uint16_t port;
};

struct dc_net_udp {
	uint16_t port;
	const struct dc_net_target *targets; /* at least one */
	size_t n;
};

struct dc_net_ports {
	const char *bridge, *subnet;
	const char *address;  /* that udp ports are at, besides the bridge's;
			       * NULL: every address of the host */
	uint16_t first, last; /* the range of public ports */
	const uint16_t *tcp;  /* those that are in use */
	size_t ntcp;
	const struct dc_net_udp *udp;
	size_t nudp;
};

/* The rules, GATEWAY being the bridge's address. */
void dc_netports_format(struct dc_str *out, const struct dc_net_ports *p,
    const char *gateway);

/* Replaces all of it in one transaction. SAVED is a file that holds the rules
 * as they were last loaded: when they are the same nothing is done. Flows to
 * what a udp port led to before are forgotten, so that the next packet goes
 * where the port leads now. */
int dc_netports_set(const struct dc_net_ports *p, const char *saved,
    struct dc_err *err);

/* The next dc_netports_set loads its rules whatever SAVED says. */
int dc_netports_forget(const char *saved, struct dc_err *err);

#endif
