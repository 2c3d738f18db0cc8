/* common/store/history.c -- see history.h. */
#include "common/store/history.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <string.h>

int
dc_history_each_idle(struct dc_db *db, int64_t keep, dc_idle_revision_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_free struct dc_idle_revision *rows = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i, n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT r.id, r.application_id, r.name FROM revisions r"
	    " WHERE (SELECT count(*) FROM revisions o"
	    "  WHERE o.application_id = r.application_id"
	    "  AND o.uploaded_at > r.uploaded_at) >= :keep"
	    " AND NOT EXISTS"
	    "  (SELECT 1 FROM snapshots p WHERE p.revision_id = r.id)"
	    " AND NOT EXISTS (SELECT 1 FROM deployments d"
	    "  LEFT JOIN instances i ON i.deployment_id = d.id"
	    "   AND i.state <> 'gone'"
	    "  WHERE d.revision_id = r.id AND (i.id IS NOT NULL"
	    "   OR d.state NOT IN ('done', 'failed', 'cancelled')))",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":keep", keep);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		rows[n++] = (struct dc_idle_revision){dc_stmt_get_int(q, "id"),
		    dc_stmt_get_int(q, "application_id"),
		    dc_stmt_dup_text(q, "name")};
	}
	dc_stmt_close(dc_steal_ptr(&q));
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = fn(&rows[i], arg, err);
		free(rows[i].name);
	}
	return rc;
}

static int
run_with_int(struct dc_db *db, const char *sql, int64_t value,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":value", value);
	return dc_stmt_run(q, NULL, err);
}

int
dc_history_remove_revision(struct dc_db *db, int64_t id, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = run_with_int(db,
	    "DELETE FROM deployments WHERE revision_id = :value", id, err);
	if (rc == 0)
		rc = run_with_int(db, "DELETE FROM revisions WHERE id = :value",
		    id, err);
	return dc_db_end(db, rc, err);
}

int
dc_history_find_last(struct dc_db *db, int64_t *when, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT coalesce(max(created_at), 0) AS last FROM events", err);
	if (rc < 0)
		return rc;
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*when = dc_stmt_get_int(q, "last");
	return rc;
}

int
dc_history_remove_events(struct dc_db *db, int64_t before, struct dc_err *err)
{
	return run_with_int(db, "DELETE FROM events WHERE created_at < :value",
	    before, err);
}

int
dc_history_remove_activity(struct dc_db *db, int64_t before, struct dc_err *err)
{
	return run_with_int(db,
	    "DELETE FROM activity WHERE created_at < :value", before, err);
}

bool
dc_history_has_revision(struct dc_db *db, int64_t application_id,
    const char *name)
{
	dc_auto_stmt struct dc_stmt *q = NULL;

	if (dc_db_prepare(db, &q,
		"SELECT 1 FROM revisions WHERE application_id = :app"
		" AND name = :name",
		NULL) < 0)
		return true;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", name);
	return dc_stmt_one(q, NULL) != DC_ENOTFOUND;
}
