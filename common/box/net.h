/* common/box/net.h -- the bridge that containers are on, and what the kernel
 * lets through it. IPv4 only inside. */
#ifndef DC_NET_H
#define DC_NET_H

#include "common/base/err.h"

#include <stddef.h>
#include <stdint.h>

struct dc_net_spec {
	const char *bridge;    /* at most 9 letters and digits; also the name
				* of the nftables tables                   */
	const char *subnet;    /* "10.88.0.0/16": .0.1 is the bridge       */
	const uint16_t *ports; /* tcp, on the bridge's address, that
				* containers may reach: the router         */
	size_t nports;
	uint16_t port_first, port_last; /* public ports: containers may reach
					 * those in use; 0: there are none */
};

/* Bridge, forwarding, nftables tables; as often as wanted, and needed again
 * when the machine's default route or resolver has changed. What containers
 * may do: answer the host; DNS to the host's resolvers; PORTS; the world
 * behind the default route. Not: each other, the host, networks the host is
 * directly on, link-local addresses. */
int dc_net_up(const struct dc_net_spec *spec, struct dc_err *err);

/* Removes the bridge, what is still on it, and the tables. Forwarding on the
 * default route's device stays on: others may have come to need it. */
int dc_net_down(const char *bridge, struct dc_err *err);

/* The address of the bridge, "10.88.0.1"; the caller's; NULL: bad subnet. */
char *dc_net_gateway(const char *subnet, unsigned *prefix_len);

/* The host's resolv.conf as containers can use it: *OUT the caller's. */
int dc_net_resolv_conf(char **out, struct dc_err *err);

/* MTU of a device, 0 when there is none. */
int dc_net_mtu(const char *device);

/* Removes a link in this process, by netlink. None of that name is success. */
int dc_net_remove_link(const char *name, struct dc_err *err);

/* The bridge's own second lock between containers: port VETH speaks to the
 * host only. (The bridge table drops such frames from the first.) */
void dc_net_isolate(const char *veth);

#endif
