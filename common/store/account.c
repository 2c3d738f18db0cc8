/* common/store/account.c -- see account.h. */
#include "common/store/account.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <inttypes.h>
#include <string.h>

void
dc_account_done(struct dc_account *a)
{
	free(a->name);
	free(a->email);
	free(a->password_hash);
	*a = (struct dc_account){0};
}

bool
dc_account_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");

	return name[n] == '\0' && n >= 1 && n <= DC_MAX_USER_NAME;
}

static void
fill(struct dc_account *a, struct dc_stmt *q)
{
	a->id = dc_stmt_get_int(q, "id");
	a->created_at = dc_stmt_get_int(q, "created_at");
	a->name = dc_stmt_dup_text(q, "name");
	a->email = dc_stmt_dup_text(q, "email");
	a->password_hash = dc_stmt_dup_text(q, "password_hash");
}

int
dc_account_add(struct dc_db *db, int64_t *id, const char *name,
    const char *email, const char *password_hash, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	if (!dc_account_is_name(name))
		return dc_fail(err, DC_EINVAL,
		    "'%s' is no account name: 1 to %d lower-case letters and"
		    " digits",
		    name, DC_MAX_USER_NAME);
	rc = dc_db_prepare(db, &q,
	    "INSERT INTO accounts (name, email, password_hash, created_at)"
	    " VALUES (:name, :email, :hash, :now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":name", name);
	dc_stmt_text(q, ":email", email);
	dc_stmt_text(q, ":hash", password_hash);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, NULL, err);
	if (rc == DC_EBUSY)
		return dc_fail(err, rc, "account '%s' exists already", name);
	if (rc < 0)
		return dc_wrap(err, rc, "add account '%s'", name);
	*id = dc_db_last_id(db);
	return 0;
}

int
dc_account_load(struct dc_db *db, struct dc_account *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc =
	    dc_db_prepare(db, &q, "SELECT * FROM accounts WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "account %" PRId64, id);
	fill(out, q);
	return 0;
}

int
dc_account_find(struct dc_db *db, struct dc_account *out, const char *name,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	/* Names have no '@', so the two cannot be mixed up. */
	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM accounts WHERE name = :name OR (email = :name"
	    " AND email <> '' AND (SELECT count(*) FROM accounts"
	    " WHERE email = :name) = 1)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":name", name);
	rc = dc_stmt_one(q, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "no account '%s'", name);
	if (rc < 0)
		return rc;
	fill(out, q);
	return 0;
}

static int
run_with_id(struct dc_db *db, const char *sql, int64_t id, int64_t *changed,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, changed, err);
}

static int
update_password(struct dc_db *db, int64_t id, const char *password_hash,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE accounts SET password_hash = :hash WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":hash", password_hash);
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		rc = dc_fail(err, DC_ENOTFOUND, "no account %" PRId64, id);
	if (rc == 0)
		rc = run_with_id(db,
		    "DELETE FROM tokens WHERE account_id = :id", id, NULL, err);
	return rc;
}

int
dc_account_set_password(struct dc_db *db, int64_t id, const char *password_hash,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = update_password(db, id, password_hash, err);
	return dc_db_end(db, rc, err);
}

/* What it deployed for others stays in their history, as the owner's. */
static int
remove_account(struct dc_db *db, int64_t id, struct dc_err *err)
{
	int64_t changed;
	int rc;

	rc = run_with_id(db,
	    "UPDATE deployments SET account_id = (SELECT a.account_id FROM"
	    " applications a WHERE a.id = deployments.application_id)"
	    " WHERE account_id = :id",
	    id, NULL, err);
	if (rc == 0)
		rc = run_with_id(db,
		    "DELETE FROM accounts WHERE id = :id AND NOT EXISTS"
		    " (SELECT 1 FROM applications WHERE account_id = :id)",
		    id, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_EBUSY,
		    "account %" PRId64 " still owns applications", id);
	return rc;
}

int
dc_account_remove(struct dc_db *db, int64_t id, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	return rc < 0 ? rc : dc_db_end(db, remove_account(db, id, err), err);
}

int
dc_account_each(struct dc_db *db, dc_account_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, "SELECT * FROM accounts ORDER BY name", err);
	if (rc < 0)
		return rc;
	while ((rc = dc_stmt_step(q, err)) == 1) {
		dc_auto_account struct dc_account a = {0};

		fill(&a, q);
		rc = fn(&a, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int
dc_key_find(struct dc_db *db, int64_t *account_id, const char *type,
    const char *blob, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT account_id FROM keys WHERE blob = :blob AND type = :type",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":blob", blob);
	dc_stmt_text(q, ":type", type);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*account_id = dc_stmt_get_int(q, "account_id");
	return rc;
}

static int
insert_key(struct dc_db *db, bool *is_new, int64_t account_id,
    const struct dc_key *key, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO keys (account_id, type, blob, comment, created_at)"
	    " SELECT :account, :type, :blob, :comment, :now"
	    " WHERE (SELECT count(*) FROM keys WHERE account_id = :account)"
	    " < :max",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_text(q, ":type", key->type);
	dc_stmt_text(q, ":blob", key->blob);
	dc_stmt_text(q, ":comment", key->comment);
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":max", DC_MAX_KEYS);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_EINVAL, "no more than %d keys",
		    DC_MAX_KEYS);
	if (rc == 0)
		*is_new = true;
	return rc;
}

int
dc_key_add(struct dc_db *db, bool *is_new, int64_t account_id,
    const struct dc_key *key, struct dc_err *err)
{
	int64_t owner = 0;
	int rc;

	rc = insert_key(db, is_new, account_id, key, err);
	if (rc != DC_EBUSY)
		return rc;
	rc = dc_key_find(db, &owner, key->type, key->blob, err);
	if (rc < 0)
		return rc;
	if (owner != account_id)
		return dc_fail(err, DC_EBUSY,
		    "this key belongs to another account");
	*is_new = false;
	return 0;
}

/* Those that SQL finds for :id. */
static int
each_key(struct dc_db *db, const char *sql, int64_t id, dc_key_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_key key = {
		    .id = dc_stmt_get_int(q, "id"),
		    .type = dc_stmt_get_text(q, "type"),
		    .blob = dc_stmt_get_text(q, "blob"),
		    .comment = dc_stmt_get_text(q, "comment"),
		    .created_at = dc_stmt_get_int(q, "created_at"),
		};

		rc = fn(&key, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int
dc_key_each(struct dc_db *db, int64_t account_id, dc_key_fn *fn, void *arg,
    struct dc_err *err)
{
	return each_key(db,
	    "SELECT * FROM keys WHERE account_id = :id ORDER BY id", account_id,
	    fn, arg, err);
}

int
dc_key_each_of_app(struct dc_db *db, int64_t application_id, dc_key_fn *fn,
    void *arg, struct dc_err *err)
{
	return each_key(db,
	    "SELECT * FROM keys WHERE account_id IN"
	    " (SELECT account_id FROM applications WHERE id = :id"
	    " UNION SELECT account_id FROM collaborators"
	    " WHERE application_id = :id) ORDER BY id",
	    application_id, fn, arg, err);
}

int
dc_key_find_version(struct dc_db *db, int64_t *version, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT count(*) * 31 + coalesce(sum(created_at), 0) AS n"
	    " FROM (SELECT created_at FROM keys"
	    " UNION ALL SELECT created_at FROM collaborators)",
	    err);
	if (rc == 0)
		rc = dc_stmt_one(q, err);
	if (rc == 0)
		*version = dc_stmt_get_int(q, "n");
	return rc;
}

int
dc_key_remove(struct dc_db *db, int64_t account_id, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM keys WHERE id = :id AND account_id = :account", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_int(q, ":account", account_id);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_ENOTFOUND, "no key %" PRId64, id);
	return rc;
}
