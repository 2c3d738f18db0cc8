/* deployer/router_server.h -- one server of HAProxy's: what it is called, and
 * how it is reached. For the router's files only. */
#ifndef DEPLOYER_ROUTER_SERVER_H
#define DEPLOYER_ROUTER_SERVER_H

#include "common/base/str.h"
#include "deployer/router.h"

#define ROUTER_NAME_SIZE 40
#define ROUTER_ADDRESS_SIZE 128

/* May it stand in a line of ours? */
bool router_is_server(const struct router_server *s);
bool router_is_unix(const struct router_server *s);

/* "i12", the second socket of an instance "i12w1"; and the way back. */
void router_server_name(char out[ROUTER_NAME_SIZE], int64_t instance,
    int worker);
bool router_server_parse(int64_t *instance, int *worker, const char *name);

/* Its options. */
const char *router_server_options(const struct router_server *s);

/* "10.0.3.2:8080", "unix@/run/dcloud/listen/dcloud0-i12/0.sock" */
void router_server_address(char out[ROUTER_ADDRESS_SIZE],
    const struct router_server *s);

/* Its line in haproxy.cfg. */
void router_server_format(struct dc_str *out, const struct router_server *s);

#endif
