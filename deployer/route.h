/* deployer/route.h -- the routing table in the store, for HAProxy. */
#ifndef ROUTE_H
#define ROUTE_H

#include "common/conf/conf.h"
#include "common/store/instance.h"

/* Makes HAProxy, and the file it starts from, what the store says. A HAProxy
 * that is not running, nor is within two seconds, is no failure: it will start
 * with the new file. */
int route_sync(const struct dc_conf *conf, struct dc_db *db,
    struct dc_err *err);

/* Requests of an instance that are still under way. */
int route_sessions(long *n, const struct dc_conf *conf, struct dc_db *db,
    const struct dc_instance *instance, struct dc_err *err);

/* How many requests of its http port it has answered since HAProxy knows it,
 * and how many with 5xx. DC_EBUSY: HAProxy does not say. */
int route_answers(int64_t *answers, int64_t *errors, const struct dc_conf *conf,
    struct dc_db *db, const struct dc_instance *instance, struct dc_err *err);

/* An instance that was away has answered its probe: HAProxy need not find out
 * by its own checks. */
int route_set_up(const struct dc_conf *conf, struct dc_db *db,
    const struct dc_instance *instance, struct dc_err *err);

#endif
