/* deployer/route_extras.h -- what the store has for the router besides servers
 * and names: certificates, maintenance, sticky services. For route.c. */
#ifndef ROUTE_EXTRAS_H
#define ROUTE_EXTRAS_H

#include "common/conf/conf.h"
#include "common/crypto/crypto.h"
#include "common/store/db.h"
#include "deployer/router_modes.h"
#include "deployer/router_tls.h"

struct route_extras {
	struct router_modes modes;
	struct router_tls tls;
	char hash[DC_SHA256_HEX];
	struct router_certificate *certificates;
	struct router_closed *closed;
	int *sticky;
};

/* The platform's certificate may be another one since the last time: that is
 * found out here. X begins as zeros and needs route_extras_done, always. */
int route_extras_load(struct route_extras *x, const struct dc_conf *conf,
    struct dc_db *db, struct dc_err *err);
void route_extras_done(struct route_extras *x);

/* NULL: there is no HTTPS here. */
const struct router_tls *route_extras_tls(const struct route_extras *x);

#endif
