/* common/store/activity.c -- see activity.h. */
#include "common/store/activity.h"

#include "common/base/auto.h"
#include "common/base/fs.h"

int
dc_activity_add(struct dc_db *db, int64_t actor_id,
    const struct dc_activity *row, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO activity (account_id, application_id, application,"
	    " service, category, action, details, actor, created_at)"
	    " SELECT coalesce(a.account_id, u.id), :app, coalesce(a.name, ''),"
	    " :service, :category, :action, :details, u.name, :now"
	    " FROM accounts u LEFT JOIN applications a ON a.id = :app"
	    " WHERE u.id = :actor",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", row->application_id);
	dc_stmt_text(q, ":service", row->service != NULL ? row->service : "");
	dc_stmt_text(q, ":category", row->category);
	dc_stmt_text(q, ":action", row->action);
	dc_stmt_text(q, ":details", row->details != NULL ? row->details : "");
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":actor", actor_id);
	rc = dc_stmt_run(q, NULL, err);
	return rc < 0 ? dc_wrap(err, rc, "add activity") : 0;
}

int
dc_activity_set_ours(struct dc_db *db, int64_t application_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "UPDATE activity SET actor = 'the platform' WHERE id ="
	    " (SELECT max(id) FROM activity WHERE application_id = :app)",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_activity_each(struct dc_db *db, int64_t account_id, int64_t application_id,
    int64_t max, dc_activity_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM (SELECT * FROM activity WHERE CASE WHEN :app = 0"
	    "  THEN account_id = :account OR application_id IN"
	    "   (SELECT application_id FROM collaborators"
	    "    WHERE account_id = :account)"
	    "  ELSE application_id = :app END"
	    " ORDER BY id DESC LIMIT :max) ORDER BY id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_int(q, ":max", max);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_activity row = {
		    .id = dc_stmt_get_int(q, "id"),
		    .created_at = dc_stmt_get_int(q, "created_at"),
		    .application_id = dc_stmt_get_int(q, "application_id"),
		    .application = dc_stmt_get_text(q, "application"),
		    .service = dc_stmt_get_text(q, "service"),
		    .category = dc_stmt_get_text(q, "category"),
		    .action = dc_stmt_get_text(q, "action"),
		    .details = dc_stmt_get_text(q, "details"),
		    .actor = dc_stmt_get_text(q, "actor"),
		};

		rc = fn(&row, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
