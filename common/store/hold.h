/* common/store/hold.h -- services whose requests wait in the router for a
 * while. A hold always has an end of its own: nobody has to be alive for it.
 * Each owner has his own, and ends no other's: requests wait until the last of
 * them has ended. */
#ifndef DC_HOLD_H
#define DC_HOLD_H

#include "common/store/db.h"

#include <stdbool.h>

enum dc_hold_owner {
	DC_HOLD_DEPLOYMENT, /* until its new instances serve, or it has failed
			     */
	DC_HOLD_INSTANCE,   /* until an instance that was away is up again */
	DC_HOLD_USER,       /* dcloud suspend, until dcloud resume */
	DC_HOLD_NOWNERS
};

struct dc_hold {
	int64_t service_id, since, until; /* milliseconds */
	bool is_settled; /* a user's: the router obeys, all requests have ended
			  */
};

/* From now, or since it began, until UNTIL (milliseconds). A service without
 * a route has nothing to hold: *HELD (may be NULL) says. */
int dc_hold_save(struct dc_db *db, bool *held, int64_t service_id,
    enum dc_hold_owner owner, int64_t until, struct dc_err *err);

/* Those that OWNER has in one application last until UNTIL at least; *N is how
 * many did not. */
int dc_hold_extend(struct dc_db *db, int64_t *n, int64_t application_id,
    enum dc_hold_owner owner, int64_t until, struct dc_err *err);

/* Ends it; *MS (may be NULL) is for how long requests have waited, 0 when
 * they did not. */
int dc_hold_release(struct dc_db *db, int64_t *ms, int64_t service_id,
    enum dc_hold_owner owner, struct dc_err *err);
/* All that OWNER has in one application. */
int dc_hold_release_all(struct dc_db *db, int64_t application_id,
    enum dc_hold_owner owner, struct dc_err *err);

/* DC_ENOTFOUND: there is none, or its time has passed. */
int dc_hold_find(struct dc_db *db, struct dc_hold *out, int64_t service_id,
    enum dc_hold_owner owner, struct dc_err *err);

typedef int dc_hold_fn(int64_t slot, int64_t until, void *arg,
    struct dc_err *err);
/* All services that have one which has not ended, by slot. */
int dc_hold_each(struct dc_db *db, dc_hold_fn *fn, void *arg,
    struct dc_err *err);

/* Those of users that the router has not followed yet, or whose requests are
 * under way; UNTIL is 0 for one that was ended. FN may write. */
typedef int dc_hold_unsettled_fn(const struct dc_hold *h, void *arg,
    struct dc_err *err);
int dc_hold_each_unsettled(struct dc_db *db, dc_hold_unsettled_fn *fn,
    void *arg, struct dc_err *err);
/* H as it was read: one that was changed meanwhile is not. */
int dc_hold_settle(struct dc_db *db, const struct dc_hold *h,
    struct dc_err *err);

/* Rows of holds that ended long ago. */
int dc_hold_forget(struct dc_db *db, struct dc_err *err);

#endif
