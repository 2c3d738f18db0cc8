/* common/box/netrules.h -- the texts behind net.h: what the host knows about
 * its network in, nftables rules and a resolv.conf out. No side effects. */
#ifndef DC_NETRULES_H
#define DC_NETRULES_H

#include "common/base/str.h"
#include "common/box/net.h"

struct dc_netrules_host {
	struct dc_strv resolvers; /* IPv4 addresses                      */
	struct dc_strv world;     /* devices that have a default route   */
	struct dc_strv on_link;   /* networks those devices are on       */
};

void dc_netrules_host_done(struct dc_netrules_host *h);

/* ROUTES is the text of /proc/net/route. */
void dc_netrules_parse_routes(struct dc_netrules_host *h, const char *routes);

/* Keeps of a resolv.conf what works from inside a container: name servers
 * that are not on loopback; adds those to RESOLVERS (may be NULL). Returns
 * how many there are. */
size_t dc_netrules_filter_resolv(struct dc_str *out, struct dc_strv *resolvers,
    const char *text);

/* Replaces the inet table of the bridge, and with BRIDGE_TABLE the bridge
 * family's, in one transaction. */
void dc_netrules_format(struct dc_str *out, const struct dc_net_spec *spec,
    const struct dc_netrules_host *h, const char *gateway, bool bridge_table);

#endif
