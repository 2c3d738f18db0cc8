/* common/store/health.c -- see health.h. */
#include "common/store/health.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/store/instance.h"

const char *const dc_health_names[DC_HEALTH_N] = {
    [DC_HEALTH_UNKNOWN] = "unknown",
    [DC_HEALTH_GOOD] = "good",
    [DC_HEALTH_SILENT] = "silent",
    [DC_HEALTH_FAILING] = "failing",
};

/* After so long a time of good health earlier troubles are forgotten. */
#define CALM_MS 600000

int
dc_health_save_answer(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET health = 'good', health_at = :now"
	    " WHERE id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_health_save(struct dc_db *db, bool *changed, int64_t id,
    enum dc_instance_health health, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET replaced = CASE WHEN health = 'good'"
	    " AND :now - health_at > :calm THEN 0 ELSE replaced END,"
	    " health_at = CASE WHEN health IN ('silent', 'failing')"
	    " AND :health IN ('silent', 'failing') THEN health_at ELSE :now"
	    " END, health = :health"
	    " WHERE id = :id AND state = 'up' AND health <> :health",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":calm", CALM_MS);
	dc_stmt_text(q, ":health", dc_health_names[health]);
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_run(q, &n, err);
	if (rc == 0)
		*changed = n > 0;
	return rc;
}

static int
replace(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_instance_move(db, id, DC_INSTANCE_UP, DC_INSTANCE_DOWN, NULL,
	    err);
	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "UPDATE instances SET replaced = replaced + 1"
		    " WHERE id = :id",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_health_replace(struct dc_db *db, int64_t id, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = replace(db, id, err);
	return dc_db_end(db, rc, err);
}
