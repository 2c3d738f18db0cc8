/* common/box/place.h -- where this installation's containers are: the network
 * and the addresses that dcloud.conf and the store give them. */
#ifndef DC_PLACE_H
#define DC_PLACE_H

#include "common/conf/conf.h"

struct dc_place {
	char address[16], gateway[16];
	unsigned prefix_len;
};

/* Host NUMBER of the configured subnet. */
int dc_place_find(struct dc_place *out, const struct dc_conf *conf,
    int64_t number, struct dc_err *err);

/* dc_net_up for this configuration: containers may reach the router. */
int dc_place_up(const struct dc_conf *conf, struct dc_err *err);

/* The host of "host:port", the caller's; NULL when it is every address. */
char *dc_place_host(const char *bind);

/* What containers call the host of public ports: public_host, or the bridge's
 * address where the ports are on loopback. The caller's. */
char *dc_place_port_host(const struct dc_conf *conf);

/* The port of "host:port"; 0 when there is none. */
uint16_t dc_place_port(const char *bind);

#endif
