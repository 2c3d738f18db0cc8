/* common/store/history.h -- what of the past nobody needs any more. */
#ifndef DC_HISTORY_H
#define DC_HISTORY_H

#include "common/store/db.h"

struct dc_idle_revision {
	int64_t id, application_id;
	char *name;
};

/* Revisions that are not among the newest KEEP uploads of their application,
 * of which no snapshot is left, no instance runs and no deployment is under
 * way. FN returns < 0 to stop. */
typedef int dc_idle_revision_fn(const struct dc_idle_revision *r, void *arg,
    struct dc_err *err);
int dc_history_each_idle(struct dc_db *db, int64_t keep,
    dc_idle_revision_fn *fn, void *arg, struct dc_err *err);

/* The revision with its deployments, their builds, instances and logs. */
int dc_history_remove_revision(struct dc_db *db, int64_t id,
    struct dc_err *err);

/* When the newest event happened, milliseconds since the epoch; 0: never. */
int dc_history_find_last(struct dc_db *db, int64_t *when, struct dc_err *err);

/* Events before that time, in milliseconds since the epoch. */
int dc_history_remove_events(struct dc_db *db, int64_t before,
    struct dc_err *err);
int dc_history_remove_activity(struct dc_db *db, int64_t before,
    struct dc_err *err);

/* The application has that revision. Not knowing counts as yes. */
bool dc_history_has_revision(struct dc_db *db, int64_t application_id,
    const char *name);

#endif
