/* common/store/activity.c -- see activity.h. */
#include "common/store/activity.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <string.h>

/* As many whole items as there is room for; the caller's. */
static char *
cut_details(const char *details)
{
	size_t len = strlen(details);

	if (len > DC_MAX_DETAILS)
		for (len = DC_MAX_DETAILS; len > 0 && details[len] != ' ';)
			len--;
	return dc_strndup(details, len);
}

/* Of the account that has row ID: those beyond the newest. */
static int
remove_oldest(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "DELETE FROM activity WHERE"
	    " account_id = (SELECT account_id FROM activity WHERE id = :id)"
	    " AND id <= (SELECT o.id FROM activity o JOIN activity n"
	    "  ON o.account_id = n.account_id WHERE n.id = :id"
	    "  ORDER BY o.id DESC LIMIT 1 OFFSET :keep)",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_int(q, ":keep", DC_KEPT_ACTIVITY);
	return dc_stmt_run(q, NULL, err);
}

static int
add(struct dc_db *db, int64_t actor_id, const struct dc_activity *row,
    struct dc_err *err)
{
	dc_auto_free char *details =
	    cut_details(row->details != NULL ? row->details : "");
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
	dc_stmt_text(q, ":details", details);
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":actor", actor_id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_activity_add(struct dc_db *db, int64_t actor_id,
    const struct dc_activity *row, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = add(db, actor_id, row, err);
	if (rc == 0)
		rc = remove_oldest(db, dc_db_last_id(db), err);
	rc = dc_db_end(db, rc, err);
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
