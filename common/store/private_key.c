/* common/store/private_key.c -- see private_key.h. */
#include "common/store/private_key.h"

#include "common/base/fs.h"

int
dc_private_key_find(struct dc_db *db, char **pem, int64_t account_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT pem FROM private_keys WHERE account_id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", account_id);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*pem = dc_stmt_dup_text(q, "pem");
	return rc;
}

static int
insert(struct dc_db *db, int64_t account_id, int64_t key_id, const char *pem,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO private_keys (account_id, key_id, pem, created_at)"
	    " VALUES (:account, :key, :pem, :now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_int(q, ":key", key_id);
	dc_stmt_text(q, ":pem", pem);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

int
dc_private_key_add(struct dc_db *db, int64_t account_id,
    const struct dc_key *key, const char *pem, struct dc_err *err)
{
	bool is_new;
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_key_add(db, &is_new, account_id, key, err);
	if (rc == 0)
		rc = insert(db, account_id, dc_db_last_id(db), pem, err);
	return dc_db_end(db, rc, err);
}
