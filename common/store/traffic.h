/* common/store/traffic.h -- the part of metric.h about HAProxy's counters. */
#ifndef DC_TRAFFIC_H
#define DC_TRAFFIC_H

#include "common/store/metric.h"

/* Within dc_metric_save's transaction. */
int dc_traffic_save(struct dc_db *db, const struct dc_metric_look *look,
    struct dc_err *err);

#endif
