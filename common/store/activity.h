/* common/store/activity.h -- who did what. A row is written in the transaction
 * of the act, and outlives the application. */
#ifndef DC_ACTIVITY_H
#define DC_ACTIVITY_H

#include "common/store/db.h"

#define DC_KEPT_ACTIVITY 10000 /* rows of an account */
#define DC_MAX_DETAILS 4096    /* bytes              */

struct dc_activity {
	int64_t id, created_at;
	int64_t application_id; /* 0: about the account itself */
	/* Borrowed. SERVICE and APPLICATION may be "". */
	const char *application, *service, *category, *action;
	const char *details; /* "key=value key=value"; no key is one of
			      * the API's own: docs/api.md. What is
			      * beyond DC_MAX_DETAILS is left out */
	const char *actor;
};

/* ACTOR_ID did it; of ROW application_id, service, category, action and
 * details are read. The newest DC_KEPT_ACTIVITY of an account stay. */
int dc_activity_add(struct dc_db *db, int64_t actor_id,
    const struct dc_activity *row, struct dc_err *err);

/* What was done last to APPLICATION_ID, in this transaction, was done by nobody
 * but the platform. */
int dc_activity_set_ours(struct dc_db *db, int64_t application_id,
    struct dc_err *err);

/* The last MAX of APPLICATION_ID, or (0) of all that ACCOUNT_ID owns or works
 * on; oldest first. FN returns < 0 to stop. */
typedef int dc_activity_fn(const struct dc_activity *row, void *arg,
    struct dc_err *err);
int dc_activity_each(struct dc_db *db, int64_t account_id,
    int64_t application_id, int64_t max, dc_activity_fn *fn, void *arg,
    struct dc_err *err);

#endif
