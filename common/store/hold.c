/* common/store/hold.c -- see hold.h. */
#include "common/store/hold.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

/* Whoever owns one still asks how long it was. */
#define KEPT_MS (3600 * 1000L)

static const char *const owners[DC_HOLD_NOWNERS] = {
    [DC_HOLD_DEPLOYMENT] = "deployment",
    [DC_HOLD_INSTANCE] = "instance",
    [DC_HOLD_USER] = "user",
};

static int
prepare(struct dc_db *db, struct dc_stmt **q, const char *sql,
    int64_t service_id, enum dc_hold_owner owner, struct dc_err *err)
{
	int rc = dc_db_prepare(db, q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(*q, ":id", service_id);
	dc_stmt_text(*q, ":owner", owners[owner]);
	return 0;
}

int
dc_hold_save(struct dc_db *db, bool *held, int64_t service_id,
    enum dc_hold_owner owner, int64_t until, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = prepare(db, &q,
	    "INSERT INTO holds (service_id, owner, held_at, held_until,"
	    " settled) SELECT service_id, :owner, :now, :until, :settled"
	    " FROM routes WHERE service_id = :id"
	    " ON CONFLICT (service_id, owner) DO UPDATE SET"
	    " held_at = CASE WHEN holds.held_until > excluded.held_at"
	    "  THEN holds.held_at ELSE excluded.held_at END,"
	    " held_until = excluded.held_until, settled = excluded.settled",
	    service_id, owner, err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":until", until);
	dc_stmt_int(q, ":settled", owner != DC_HOLD_USER);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && held != NULL)
		*held = changed != 0;
	return rc;
}

int
dc_hold_extend(struct dc_db *db, int64_t *n, int64_t application_id,
    enum dc_hold_owner owner, int64_t until, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = prepare(db, &q,
	    "UPDATE holds SET held_until = :until WHERE owner = :owner"
	    " AND held_until < :until AND service_id IN"
	    " (SELECT id FROM services WHERE application_id = :id)",
	    application_id, owner, err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":until", until);
	return dc_stmt_run(q, n, err);
}

static void
fill(struct dc_hold *h, struct dc_stmt *q)
{
	*h = (struct dc_hold){.service_id = dc_stmt_get_int(q, "service_id"),
	    .since = dc_stmt_get_int(q, "held_at"),
	    .until = dc_stmt_get_int(q, "held_until"),
	    .is_settled = dc_stmt_get_int(q, "settled") != 0};
}

/* Zeros when there is none. */
static int
load(struct dc_db *db, struct dc_hold *out, int64_t service_id,
    enum dc_hold_owner owner, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = prepare(db, &q,
	    "SELECT * FROM holds WHERE service_id = :id AND owner = :owner",
	    service_id, owner, err);
	if (rc < 0)
		return rc;
	rc = dc_stmt_step(q, err);
	if (rc < 0)
		return rc;
	*out = (struct dc_hold){0};
	if (rc == 1)
		fill(out, q);
	return 0;
}

/* The router has to be told of a user's, which his row stays for. */
static const char *
release_sql(enum dc_hold_owner owner)
{
	if (owner != DC_HOLD_USER)
		return "DELETE FROM holds"
		       " WHERE service_id = :id AND owner = :owner";
	return "UPDATE holds SET held_until = 0, settled = 0"
	       " WHERE service_id = :id AND owner = :owner";
}

int
dc_hold_release(struct dc_db *db, int64_t *ms, int64_t service_id,
    enum dc_hold_owner owner, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t now = dc_now_ms();
	struct dc_hold h;
	int rc = load(db, &h, service_id, owner, err);

	if (rc < 0)
		return rc;
	if (ms != NULL)
		*ms = h.until == 0 ? 0
				   : (h.until < now ? h.until : now) - h.since;
	if (h.until == 0)
		return 0;
	rc = prepare(db, &q, release_sql(owner), service_id, owner, err);
	return rc < 0 ? rc : dc_stmt_run(q, NULL, err);
}

int
dc_hold_release_all(struct dc_db *db, int64_t application_id,
    enum dc_hold_owner owner, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = prepare(db, &q,
	    "DELETE FROM holds WHERE owner = :owner AND service_id IN"
	    " (SELECT id FROM services WHERE application_id = :id)",
	    application_id, owner, err);
	return rc < 0 ? rc : dc_stmt_run(q, NULL, err);
}

int
dc_hold_find(struct dc_db *db, struct dc_hold *out, int64_t service_id,
    enum dc_hold_owner owner, struct dc_err *err)
{
	struct dc_hold h;
	int rc = load(db, &h, service_id, owner, err);

	if (rc < 0)
		return rc;
	if (h.until <= dc_now_ms())
		return dc_fail(err, DC_ENOTFOUND, "service %lld is not held",
		    (long long)service_id);
	*out = h;
	return 0;
}

int
dc_hold_each(struct dc_db *db, dc_hold_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT r.slot, max(h.held_until) AS held_until FROM holds h"
	    " JOIN routes r ON r.service_id = h.service_id"
	    " WHERE h.held_until > :now GROUP BY r.slot ORDER BY r.slot",
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

int
dc_hold_each_unsettled(struct dc_db *db, dc_hold_unsettled_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_free struct dc_hold *rows = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i, n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM holds WHERE owner = 'user' AND settled = 0"
	    " ORDER BY service_id",
	    err);
	if (rc < 0)
		return rc;
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill(&rows[n++], q);
	}
	dc_stmt_close(dc_steal_ptr(&q));
	for (i = 0; rc == 0 && i < n; i++)
		rc = fn(&rows[i], arg, err);
	return rc;
}

int
dc_hold_settle(struct dc_db *db, const struct dc_hold *h, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = prepare(db, &q,
	    h->until == 0
		? "DELETE FROM holds WHERE service_id = :id AND owner = :owner"
		  " AND held_until = :until"
		: "UPDATE holds SET settled = 1 WHERE service_id = :id"
		  " AND owner = :owner AND held_until = :until",
	    h->service_id, DC_HOLD_USER, err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":until", h->until);
	return dc_stmt_run(q, NULL, err);
}

int
dc_hold_forget(struct dc_db *db, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM holds WHERE settled = 1 AND held_until < :before",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":before", dc_now_ms() - KEPT_MS);
	return dc_stmt_run(q, NULL, err);
}
