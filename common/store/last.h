/* common/store/last.h -- of the instances that are gone the last one of each
 * number of a service: its logs are kept. */
#ifndef DC_LAST_H
#define DC_LAST_H

#include "common/store/instance.h"

/* Those of an application, by service and number. */
int dc_last_each(struct dc_db *db, int64_t application_id, dc_instance_fn *fn,
    void *arg, struct dc_err *err);

/* Is it one of them, or not gone yet? DC_ENOTFOUND: it has no row. */
int dc_last_find(struct dc_db *db, bool *is_last, int64_t id,
    struct dc_err *err);

#endif
