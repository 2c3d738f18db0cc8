/* common/store/application.h -- applications and who owns them. */
#ifndef DC_APPLICATION_H
#define DC_APPLICATION_H

#include "common/store/db.h"

struct dc_application {
	int64_t id, account_id, uid_range, created_at;
	char *name, *flavor, *account;
};

void dc_application_done(struct dc_application *a);
#define dc_auto_application __attribute__((cleanup(dc_application_done)))

/* [a-z0-9]{1,DC_MAX_APP_NAME} */
bool dc_application_is_name(const char *name);

/* With the smallest free range of uids. DC_EINVAL: no such name can be, or
 * there are too many; DC_EBUSY: exists. */
int dc_application_add(struct dc_db *db, int64_t *id, int64_t account_id,
    const char *name, const char *flavor, struct dc_err *err);

/* An active one: NAME of this account's, or NAME-OWNER, of which the account is
 * the owner or a collaborator. What is being destroyed is not found. */
int dc_application_find(struct dc_db *db, struct dc_application *out,
    int64_t account_id, const char *name, struct dc_err *err);
/* In any state. */
int dc_application_load(struct dc_db *db, struct dc_application *out,
    int64_t id, struct dc_err *err);

/* Active ones of an account by name, then those it works on. FN returns < 0 to
 * stop. */
typedef int dc_application_fn(const struct dc_application *a, void *arg,
    struct dc_err *err);
int dc_application_each(struct dc_db *db, int64_t account_id,
    dc_application_fn *fn, void *arg, struct dc_err *err);

/* Marks it: it is gone for its user. The deployer ends what runs, removes
 * its files, and then the row with all that hangs on it. */
int dc_application_destroy(struct dc_db *db, int64_t id, struct dc_err *err);
int dc_application_each_destroying(struct dc_db *db, dc_application_fn *fn,
    void *arg, struct dc_err *err);
int dc_application_remove(struct dc_db *db, int64_t id, struct dc_err *err);

#endif
