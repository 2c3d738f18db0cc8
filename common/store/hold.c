/* common/store/hold.c -- see hold.h; columns of the table routes. */
#include "common/store/hold.h"

#include "common/base/fs.h"

int
dc_hold_save(struct dc_db *db, bool *held, int64_t service_id, int64_t until,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE routes SET held_until = :until,"
	    " held_at = CASE WHEN held_until > :now THEN held_at ELSE :now END"
	    " WHERE service_id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_int(q, ":until", until);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && held != NULL)
		*held = changed != 0;
	return rc;
}

/* The row's times; none is as if they were 0. */
static int
load(struct dc_db *db, int64_t *at, int64_t *until, int64_t service_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT held_at, held_until FROM routes WHERE service_id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	rc = dc_stmt_step(q, err);
	if (rc < 0)
		return rc;
	*at = rc == 1 ? dc_stmt_get_int(q, "held_at") : 0;
	*until = rc == 1 ? dc_stmt_get_int(q, "held_until") : 0;
	return 0;
}

int
dc_hold_release(struct dc_db *db, int64_t *ms, int64_t service_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t at = 0, until = 0, now = dc_now_ms();
	int rc = load(db, &at, &until, service_id, err);

	if (rc < 0)
		return rc;
	if (ms != NULL)
		*ms = until == 0 ? 0 : (until < now ? until : now) - at;
	if (until == 0)
		return 0;
	rc = dc_db_prepare(db, &q,
	    "UPDATE routes SET held_until = 0 WHERE service_id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_hold_each(struct dc_db *db, dc_hold_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT slot, held_until FROM routes WHERE held_until > :now"
	    " ORDER BY slot",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":now", dc_now_ms());
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rc = fn(dc_stmt_get_int(q, "slot"),
		    dc_stmt_get_int(q, "held_until"), arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
