/* common/store/hold.h -- services whose requests wait in the router for a
 * while. A hold always has an end of its own: nobody has to be alive for it. */
#ifndef DC_HOLD_H
#define DC_HOLD_H

#include "common/store/db.h"

/* From now, or since it began, until UNTIL (milliseconds). A service without
 * a route has nothing to hold: *HELD (may be NULL) says. */
int dc_hold_save(struct dc_db *db, bool *held, int64_t service_id,
    int64_t until, struct dc_err *err);

/* Ends it; *MS (may be NULL) is for how long requests have waited, 0 when
 * they did not. */
int dc_hold_release(struct dc_db *db, int64_t *ms, int64_t service_id,
    struct dc_err *err);

typedef int dc_hold_fn(int64_t slot, int64_t until, void *arg,
    struct dc_err *err);
/* All that have not ended, by slot. */
int dc_hold_each(struct dc_db *db, dc_hold_fn *fn, void *arg,
    struct dc_err *err);

#endif
