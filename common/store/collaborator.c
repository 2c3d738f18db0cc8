/* common/store/collaborator.c -- see collaborator.h. */
#include "common/store/collaborator.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/store/account.h"

static int
insert(struct dc_db *db, int64_t *changed, int64_t application_id,
    int64_t account_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO collaborators (application_id, account_id, created_at)"
	    " SELECT a.id, :account, :now FROM applications a"
	    " WHERE a.id = :app AND a.account_id <> :account AND"
	    " (SELECT count(*) FROM collaborators"
	    "  WHERE application_id = :app) < :max",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":max", DC_MAX_COLLABORATORS);
	return dc_stmt_run(q, changed, err);
}

static int
owns(struct dc_db *db, int64_t application_id, int64_t account_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT 1 FROM applications WHERE id = :app"
	    " AND account_id = :account",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_int(q, ":account", account_id);
	return dc_stmt_one(q, err);
}

int
dc_collaborator_add(struct dc_db *db, bool *is_new, int64_t application_id,
    const char *account, struct dc_err *err)
{
	dc_auto_account struct dc_account a = {0};
	int64_t changed = 0;
	int rc = dc_account_find(db, &a, account, err);

	if (rc == 0)
		rc = insert(db, &changed, application_id, a.id, err);
	if (rc == DC_EBUSY) {
		*is_new = false;
		return 0;
	}
	if (rc < 0)
		return rc;
	if (changed == 0 && owns(db, application_id, a.id, NULL) == 0)
		return dc_fail(err, DC_EBUSY, "'%s' owns the application",
		    account);
	if (changed == 0)
		return dc_fail(err, DC_EINVAL,
		    "an application may have %d collaborators",
		    DC_MAX_COLLABORATORS);
	*is_new = true;
	return 0;
}

int
dc_collaborator_remove(struct dc_db *db, int64_t application_id,
    const char *account, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM collaborators WHERE application_id = :app AND"
	    " account_id = (SELECT id FROM accounts WHERE name = :name)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", account);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_ENOTFOUND, "no collaborator '%.64s'",
		    account);
	return rc;
}

int
dc_collaborator_each(struct dc_db *db, int64_t application_id,
    dc_collaborator_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT u.name, u.email, c.created_at FROM collaborators c"
	    " JOIN accounts u ON u.id = c.account_id"
	    " WHERE c.application_id = :app ORDER BY u.name",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_collaborator c = {
		    .account = dc_stmt_get_text(q, "name"),
		    .email = dc_stmt_get_text(q, "email"),
		    .created_at = dc_stmt_get_int(q, "created_at"),
		};

		rc = fn(&c, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
