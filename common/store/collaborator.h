/* common/store/collaborator.h -- who works on an application besides its
 * owner. dc_application_find knows them. */
#ifndef DC_COLLABORATOR_H
#define DC_COLLABORATOR_H

#include "common/store/db.h"

/* *IS_NEW false: it was one already. DC_ENOTFOUND: no such account; DC_EBUSY:
 * the owner himself; DC_EINVAL: there are DC_MAX_COLLABORATORS. */
int dc_collaborator_add(struct dc_db *db, bool *is_new, int64_t application_id,
    const char *account, struct dc_err *err);
int dc_collaborator_remove(struct dc_db *db, int64_t application_id,
    const char *account, struct dc_err *err);

struct dc_collaborator {
	const char *account, *email; /* borrowed */
	int64_t created_at;
};

/* By name. FN returns < 0 to stop. */
typedef int dc_collaborator_fn(const struct dc_collaborator *c, void *arg,
    struct dc_err *err);
int dc_collaborator_each(struct dc_db *db, int64_t application_id,
    dc_collaborator_fn *fn, void *arg, struct dc_err *err);

#endif
