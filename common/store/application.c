/* common/store/application.c -- see application.h. */
#include "common/store/application.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <inttypes.h>
#include <string.h>

/* uid_base + the last range must stay below 2^32. */
#define MAX_RANGE 60000

#define SELECT                                                                 \
	"SELECT a.*, u.name AS account FROM applications a"                    \
	" JOIN accounts u ON u.id = a.account_id "

/* What the account works on without owning it. */
#define SHARED                                                                 \
	"SELECT application_id FROM collaborators WHERE account_id = :account"

void
dc_application_done(struct dc_application *a)
{
	free(a->name);
	free(a->flavor);
	free(a->account);
	*a = (struct dc_application){0};
}

bool
dc_application_is_name(const char *name)
{
	size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789");

	return name[n] == '\0' && n >= 1 && n <= DC_MAX_APP_NAME;
}

static void
fill(struct dc_application *a, struct dc_stmt *q)
{
	a->id = dc_stmt_get_int(q, "id");
	a->account_id = dc_stmt_get_int(q, "account_id");
	a->uid_range = dc_stmt_get_int(q, "uid_range");
	a->created_at = dc_stmt_get_int(q, "created_at");
	a->name = dc_stmt_dup_text(q, "name");
	a->flavor = dc_stmt_dup_text(q, "flavor");
	a->account = dc_stmt_dup_text(q, "account");
}

static int
check_room(struct dc_db *db, int64_t account_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT count(*) AS n FROM applications"
	    " WHERE account_id = :account",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	rc = dc_stmt_one(q, err);
	if (rc == 0 && dc_stmt_get_int(q, "n") >= DC_MAX_APPLICATIONS)
		return dc_fail(err, DC_EINVAL,
		    "an account may have %d applications", DC_MAX_APPLICATIONS);
	return rc;
}

static int
find_range(struct dc_db *db, int64_t *range, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	/* 1 (0 is that of the package layers), or one more than a used one
	 * whose successor is free. */
	rc = dc_db_prepare(db, &q,
	    "SELECT min(c.n) AS n FROM (SELECT 1 AS n UNION ALL"
	    " SELECT uid_range + 1 FROM applications) c WHERE NOT EXISTS"
	    " (SELECT 1 FROM applications WHERE uid_range = c.n)",
	    err);
	if (rc == 0)
		rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	*range = dc_stmt_get_int(q, "n");
	if (*range > MAX_RANGE)
		return dc_fail(err, DC_EFAIL, "all ranges of uids are in use");
	return 0;
}

static int
fail_exists(struct dc_db *db, int64_t account_id, const char *name,
    struct dc_err *err)
{
	dc_auto_application struct dc_application a = {0};

	/* A name of one's own has no '-', so this is not somebody else's. */
	if (dc_application_find(db, &a, account_id, name, NULL) == 0)
		return dc_fail(err, DC_EBUSY,
		    "Application \"%s\" already exists.", name);
	return dc_fail(err, DC_EBUSY,
	    "Application \"%s\" is still being destroyed. Try again in a"
	    " moment.",
	    name);
}

static int
insert(struct dc_db *db, int64_t *id, int64_t account_id, const char *name,
    const char *flavor, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t range = 0;
	int rc;

	rc = check_room(db, account_id, err);
	if (rc == 0)
		rc = find_range(db, &range, err);
	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "INSERT INTO applications (account_id, name, flavor,"
		    " uid_range, created_at)"
		    " VALUES (:account, :name, :flavor, :range, :now)",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_text(q, ":name", name);
	dc_stmt_text(q, ":flavor", flavor);
	dc_stmt_int(q, ":range", range);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, NULL, err);
	if (rc == DC_EBUSY)
		return fail_exists(db, account_id, name, err);
	if (rc == 0)
		*id = dc_db_last_id(db);
	return rc;
}

int
dc_application_add(struct dc_db *db, int64_t *id, int64_t account_id,
    const char *name, const char *flavor, struct dc_err *err)
{
	int rc;

	if (!dc_application_is_name(name))
		return dc_fail(err, DC_EINVAL,
		    "Application name must contain only lower-case"
		    " alphanumerical characters and be at most %d characters"
		    " long",
		    DC_MAX_APP_NAME);
	rc = dc_db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = insert(db, id, account_id, name, flavor, err);
	return dc_db_end(db, rc, err);
}

int
dc_application_find(struct dc_db *db, struct dc_application *out,
    int64_t account_id, const char *name, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	const char *owner = strchr(name, '-');
	dc_auto_free char *app = dc_strndup(name,
	    owner != NULL ? (size_t)(owner - name) : strlen(name));
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE a.name = :name AND a.state = 'active'"
		   " AND (a.account_id = :account OR a.id IN (" SHARED "))"
		   " AND CASE WHEN :owner IS NULL"
		   "  THEN a.account_id = :account ELSE u.name = :owner END",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_text(q, ":name", app);
	dc_stmt_text(q, ":owner", owner != NULL ? owner + 1 : NULL);
	rc = dc_stmt_one(q, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Application \"%s\" does not exist",
		    name);
	if (rc < 0)
		return rc;
	fill(out, q);
	return 0;
}

int
dc_application_load(struct dc_db *db, struct dc_application *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, SELECT "WHERE a.id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "application %" PRId64, id);
	fill(out, q);
	return 0;
}

/* FN may write: no statement of ours is open when it is called. */
static int
each(struct dc_stmt *q, dc_application_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_free struct dc_application *rows = NULL;
	size_t i, n = 0;
	int rc;

	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		rows[n] = (struct dc_application){0};
		fill(&rows[n++], q);
	}
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = fn(&rows[i], arg, err);
		dc_application_done(&rows[i]);
	}
	return rc;
}

int
dc_application_each(struct dc_db *db, int64_t account_id, dc_application_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE (a.account_id = :account OR a.id IN (" SHARED "))"
		   " AND a.state = 'active'"
		   " ORDER BY a.account_id <> :account, a.name, u.name",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":account", account_id);
	return each(q, fn, arg, err);
}

int
dc_application_each_destroying(struct dc_db *db, dc_application_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE a.state = 'destroying' ORDER BY a.id", err);
	return rc < 0 ? rc : each(q, fn, arg, err);
}

static int
run_with_id(struct dc_db *db, const char *sql, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_application_destroy(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return run_with_id(db,
	    "UPDATE applications SET state = 'destroying' WHERE id = :id", id,
	    err);
}

int
dc_application_remove(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return run_with_id(db,
	    "DELETE FROM applications WHERE id = :id AND state = 'destroying'",
	    id, err);
}
