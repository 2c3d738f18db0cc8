/* common/store/token.c -- see token.h. */
#include "common/store/token.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"

#include <inttypes.h>

#define DAY_MS INT64_C(86400000)
/* How exact used_at is: not every request is worth a write. */
#define USED_MS (60 * INT64_C(1000))

static int
remove_oldest(struct dc_db *db, int64_t account_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	/* API keys are the operator's to give, and not counted. */
	rc = dc_db_prepare(db, &q,
	    "DELETE FROM tokens WHERE account_id = :account AND expires_at > 0"
	    " AND (expires_at + :grace < :now OR id NOT IN"
	    " (SELECT id FROM tokens WHERE account_id = :account"
	    "  AND expires_at > 0 ORDER BY max(used_at, created_at) DESC, id"
	    "  DESC LIMIT :max))",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_int(q, ":grace", DC_REFRESH_DAYS * DAY_MS);
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":max", DC_MAX_TOKENS - 1);
	return dc_stmt_run(q, NULL, err);
}

static int
insert(struct dc_db *db, int64_t account_id, const char *hash,
    const char *refresh_hash, const char *machine, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO tokens (account_id, hash, refresh_hash, machine,"
	    " created_at, expires_at)"
	    " VALUES (:account, :hash, :refresh, :machine, :now, :expires)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_text(q, ":hash", hash);
	dc_stmt_text(q, ":refresh", refresh_hash);
	dc_stmt_text(q, ":machine", machine);
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":expires",
	    refresh_hash != NULL ? dc_now_ms() + DC_TOKEN_DAYS * DAY_MS : 0);
	return dc_stmt_run(q, NULL, err);
}

int
dc_token_add(struct dc_db *db, int64_t account_id, const char *hash,
    const char *refresh_hash, const char *machine, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = remove_oldest(db, account_id, err);
	if (rc == 0)
		rc = insert(db, account_id, hash, refresh_hash, machine, err);
	return dc_db_end(db, rc, err);
}

static void
fill(struct dc_token *t, struct dc_stmt *q)
{
	*t = (struct dc_token){
	    .id = dc_stmt_get_int(q, "id"),
	    .account_id = dc_stmt_get_int(q, "account_id"),
	    .created_at = dc_stmt_get_int(q, "created_at"),
	    .used_at = dc_stmt_get_int(q, "used_at"),
	    .expires_at = dc_stmt_get_int(q, "expires_at"),
	};
}

/* That a full disk keeps it from being noted is no reason to refuse. */
static void
note_use(struct dc_db *db, int64_t id)
{
	dc_auto_stmt struct dc_stmt *q = NULL;

	if (dc_db_prepare(db, &q,
		"UPDATE tokens SET used_at = :now WHERE id = :id", NULL) < 0)
		return;
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":id", id);
	(void)dc_stmt_run(q, NULL, NULL);
}

int
dc_token_find(struct dc_db *db, struct dc_token *out, const char *hash,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM tokens WHERE (hash = :hash"
	    "  AND (expires_at = 0 OR expires_at > :now))"
	    " OR (old_hash = :hash AND old_until > :now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":hash", hash);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	fill(out, q);
	dc_stmt_close(dc_steal_ptr(&q));
	if (dc_now_ms() - out->used_at > USED_MS)
		note_use(db, out->id);
	return 0;
}

int
dc_token_refresh(struct dc_db *db, struct dc_token *out,
    const char *refresh_hash, const char *hash, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t now = dc_now_ms();
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE tokens SET old_hash = hash, old_until = :until,"
	    " hash = :hash, used_at = :now,"
	    " expires_at = :expires WHERE refresh_hash = :refresh"
	    " AND expires_at + :grace > :now RETURNING *",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":hash", hash);
	dc_stmt_text(q, ":refresh", refresh_hash);
	dc_stmt_int(q, ":now", now);
	dc_stmt_int(q, ":until", now + DC_OLD_TOKEN_SECONDS * INT64_C(1000));
	dc_stmt_int(q, ":expires", now + DC_TOKEN_DAYS * DAY_MS);
	dc_stmt_int(q, ":grace", DC_REFRESH_DAYS * DAY_MS);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	fill(out, q);
	return dc_stmt_run(q, NULL, err);
}

int
dc_token_remove(struct dc_db *db, int64_t account_id, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM tokens WHERE id = :id AND account_id = :account", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_int(q, ":account", account_id);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_ENOTFOUND, "no token %" PRId64, id);
	return rc;
}

int
dc_token_each(struct dc_db *db, int64_t account_id, dc_token_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM tokens WHERE account_id = :account ORDER BY id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_token t;

		fill(&t, q);
		t.machine = dc_stmt_get_text(q, "machine");
		rc = fn(&t, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
