/* common/store/reserve.h -- instances that have served and are kept, frozen, so
 * that the way back to their version needs no start.
 *
 *     draining, with a time    drained, out of the router, being frozen
 *     reserved                 frozen
 *     creating, with a time    taken by a deployment, still to be thawed
 *     draining, the time past  it was not needed, and ends */
#ifndef DC_RESERVE_H
#define DC_RESERVE_H

#include "common/store/instance.h"

/* Hash of all that its processes are started with. */
int dc_reserve_save_fingerprint(struct dc_db *db, int64_t id,
    const char *fingerprint, struct dc_err *err);

/* Does another version serve in its place, and is nothing newer kept? */
int dc_reserve_is_wanted(bool *wanted, struct dc_db *db, int64_t id,
    struct dc_err *err);

/* It is drained and leaves the router, to be kept UNTIL then; 1: it is not. */
int dc_reserve_begin(struct dc_db *db, int64_t id, int64_t until,
    struct dc_err *err);

/* From DRAINING to RESERVED; the older generations of its service end. */
int dc_reserve_enter(struct dc_db *db, const struct dc_instance *i,
    const char *me, struct dc_err *err);

/* From RESERVED to DRAINING, to end. DC_ESTALE: it was taken. */
int dc_reserve_end(struct dc_db *db, int64_t id, struct dc_err *err);

/* From RESERVED to CREATING, as one of DEPLOYMENT. */
int dc_reserve_take(struct dc_db *db, int64_t id, int64_t deployment,
    struct dc_err *err);

/* It runs and has answered: from CREATING to READY. */
int dc_reserve_wake(struct dc_db *db, int64_t id, const char *me,
    struct dc_err *err);

/* It is of no use: one to be created like any other. */
int dc_reserve_forget(struct dc_db *db, int64_t id, struct dc_err *err);

#endif
