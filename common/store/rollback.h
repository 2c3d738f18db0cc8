/* common/store/rollback.h -- versions that may still be taken back, and what it
 * takes: see the column rolls_back of deployments. */
#ifndef DC_STORE_ROLLBACK_H
#define DC_STORE_ROLLBACK_H

#include "common/store/db.h"

#include <stdbool.h>

/* The newest deployment of an application: done, and followed by none. */
struct dc_rollback_row {
	int64_t deployment_id, application_id, revision_id, account_id;
	int64_t since; /* its revision serves; earlier deployments of the same
			  one in a row count */
};

/* Those whose revision has served since SINCE at the earliest, that are no
 * rollback themselves, and that were not given up yet. */
typedef int dc_rollback_fn(const struct dc_rollback_row *row, void *arg,
    struct dc_err *err);
int dc_rollback_each(struct dc_db *db, int64_t since, dc_rollback_fn *fn,
    void *arg, struct dc_err *err);

/* How often the container of INSTANCE has ended, or was ended for its silence,
 * since then. */
int dc_rollback_count_ends(struct dc_db *db, int64_t *n, int64_t instance,
    int64_t since, struct dc_err *err);

/* ROW's version is given up because of WHY. One transaction: that is written
 * down, so that it is done once, and a deployment of the revision before is
 * added. *ADDED false: there is none. DC_ESTALE: another deployment has begun,
 * or it was given up before. */
int dc_rollback_begin(struct dc_db *db, bool *added,
    const struct dc_rollback_row *row, const char *why, struct dc_err *err);

/* "rsync-1 was rolled back: www.0 ..." when that is the last that came of the
 * application's deployments, else NULL; the caller's. */
int dc_rollback_find(struct dc_db *db, char **text, int64_t application_id,
    struct dc_err *err);

#endif
