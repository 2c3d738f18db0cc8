/* common/appenv/access.h -- DOTCLOUD_*: how the services of an application
 * reach each other (CONTRACT 1.5). The same for all its instances. */
#ifndef DC_ACCESS_H
#define DC_ACCESS_H

#include "common/conf/conf.h"
#include "common/json/json.h"
#include "common/store/db.h"

/* Adds DOTCLOUD_SVC_HTTP_HOST and _URL of each routed service and, of each
 * public port, DOTCLOUD_SVC_PORT_HOST, _PORT and _URL with _0, _1 behind them
 * for each instance. */
int dc_access_load(struct dc_json *to, const struct dc_conf *conf,
    struct dc_db *db, int64_t application_id, struct dc_err *err);

/* NAME in capitals; what is not a letter or digit becomes _. The caller's. */
char *dc_access_upper(const char *name);

#endif
