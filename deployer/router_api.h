/* deployer/router_api.h -- the router's backend of the HTTP API. */
#ifndef DEPLOYER_ROUTER_API_H
#define DEPLOYER_ROUTER_API_H

#include "common/base/str.h"
#include "deployer/router.h"

void router_api_format(struct dc_str *s, const struct router_conf *c);

#endif
