/* common/store/rollback.c -- see rollback.h. */
#include "common/store/rollback.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/activity.h"
#include "common/store/deployment.h"
#include "common/store/log_entry.h"
#include "common/store/revision.h"

/* Of the application of deployment d: after the last that had another
 * revision. */
#define OF_THE_SAME                                                            \
	" o.application_id = d.application_id AND o.state = 'done'"            \
	" AND o.id > (SELECT coalesce(max(p.id), 0) FROM deployments p"        \
	"  WHERE p.application_id = d.application_id AND p.state = 'done'"     \
	"  AND p.revision_id <> d.revision_id)"
#define IS_LAST                                                                \
	" NOT EXISTS (SELECT 1 FROM deployments n"                             \
	"  WHERE n.application_id = d.application_id AND n.id > d.id"          \
	"  AND n.state NOT IN ('failed', 'cancelled'))"

static void
fill(struct dc_rollback_row *row, struct dc_stmt *q)
{
	*row = (struct dc_rollback_row){dc_stmt_get_int(q, "id"),
	    dc_stmt_get_int(q, "application_id"),
	    dc_stmt_get_int(q, "revision_id"), dc_stmt_get_int(q, "account_id"),
	    dc_stmt_get_int(q, "since")};
}

int
dc_rollback_each(struct dc_db *db, int64_t since, dc_rollback_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_free struct dc_rollback_row *rows = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i, n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT d.id, d.application_id, d.revision_id, d.account_id,"
	    " (SELECT min(o.ended_at) FROM deployments o WHERE" OF_THE_SAME
	    ") AS since FROM deployments d"
	    " JOIN applications a ON a.id = d.application_id"
	    " WHERE d.state = 'done' AND d.ended_at >= :since"
	    " AND a.state = 'active' AND" IS_LAST
	    " AND NOT EXISTS (SELECT 1 FROM deployments o WHERE" OF_THE_SAME
	    "  AND (o.rolls_back <> 0 OR o.error IS NOT NULL)) ORDER BY d.id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":since", since);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill(&rows[n++], q);
	}
	/* FN may write: no statement of ours is open by then. */
	dc_stmt_close(dc_steal_ptr(&q));
	for (i = 0; rc == 0 && i < n; i++)
		if (rows[i].since >= since)
			rc = fn(&rows[i], arg, err);
	return rc;
}

int
dc_rollback_count_ends(struct dc_db *db, int64_t *n, int64_t instance,
    int64_t since, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "SELECT count(*) AS n FROM events WHERE thing = 'instance'"
	    " AND thing_id = :id AND from_state = 'up' AND to_state = 'down'"
	    " AND created_at >= :since",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", instance);
	dc_stmt_int(q, ":since", since);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*n = dc_stmt_get_int(q, "n");
	return rc;
}

/* The deployment serves on, and says what became of it. */
static int
give_up(struct dc_db *db, const struct dc_rollback_row *row, const char *why,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc = dc_db_prepare(db, &q,
	    "UPDATE deployments AS d SET error = :why WHERE d.id = :id"
	    " AND d.state = 'done' AND d.error IS NULL AND" IS_LAST,
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":why", why);
	dc_stmt_int(q, ":id", row->deployment_id);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_ESTALE, "it is not the last one");
	return rc;
}

static int
mark(struct dc_db *db, int64_t id, int64_t rolls_back, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "UPDATE deployments SET rolls_back = :what WHERE id = :id", err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":what", rolls_back);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

static int
add(struct dc_db *db, const struct dc_rollback_row *row, int64_t revision_id,
    const char *why, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment bad = {0};
	dc_auto_free char *text = NULL;
	int64_t id = 0;
	int rc = dc_deployment_load(db, &bad, row->deployment_id, err);

	if (rc == 0)
		rc = dc_deployment_add(db, &id, NULL, row->application_id,
		    revision_id, row->account_id, false, err);
	if (rc == 0)
		rc = dc_activity_set_ours(db, row->application_id, err);
	if (rc == 0)
		rc = mark(db, id, row->deployment_id, err);
	if (rc < 0)
		return rc;
	text = dc_asprintf("Rolling back revision %s: %s", bad.revision, why);
	return dc_log_entry_add(db, id, NULL, -1, DC_LOG_ERROR, text, err);
}

static int
begin(struct dc_db *db, bool *found, const struct dc_rollback_row *row,
    const char *why, struct dc_err *err)
{
	dc_auto_revision struct dc_revision before = {0};
	dc_auto_free char *text = NULL;
	int rc =
	    dc_revision_find(db, &before, row->application_id, "previous", err);

	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	*found = rc == 0;
	text = dc_asprintf("%s: %s",
	    *found ? "rolled back"
		   : "not rolled back, there is no version before it",
	    why);
	rc = give_up(db, row, text, err);
	return rc == 0 && *found ? add(db, row, before.id, why, err) : rc;
}

int
dc_rollback_begin(struct dc_db *db, bool *added,
    const struct dc_rollback_row *row, const char *why, struct dc_err *err)
{
	bool found = false;
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_db_end(db, begin(db, &found, row, why, err), err);
	if (rc == 0)
		*added = found;
	return rc;
}

int
dc_rollback_find(struct dc_db *db, char **text, int64_t application_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "SELECT b.error, r.name FROM deployments d"
	    " JOIN deployments b ON b.id ="
	    "  CASE WHEN d.rolls_back <> 0 THEN d.rolls_back ELSE d.id END"
	    " JOIN revisions r ON r.id = b.revision_id"
	    " WHERE b.error IS NOT NULL AND d.id = (SELECT max(o.id)"
	    "  FROM deployments o WHERE o.application_id = :app"
	    "  AND o.state = 'done')",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	rc = dc_stmt_step(q, err);
	if (rc < 0)
		return rc;
	*text = rc == 0 ? NULL
			: dc_asprintf("%s was %s", dc_stmt_get_text(q, "name"),
			      dc_stmt_get_text(q, "error"));
	return 0;
}
