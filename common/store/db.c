/* common/store/db.c -- see db.h. */
#include "common/store/db.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <assert.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sqlite3.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>

/* "dcld": `file state.db` tells what it is. */
#define APPLICATION_ID 0x64636c64
#define BUSY_MS 10000

extern const char *const dc_migrations[];

struct dc_db {
	sqlite3 *handle;
	int bell;  /* -1: a store in memory */
	int depth; /* of transactions; below the first, savepoints */
};

struct dc_stmt {
	struct dc_db *db;
	sqlite3_stmt *handle;
};

static int
db_fail(struct dc_db *db, const char *what, struct dc_err *err)
{
	int code = sqlite3_extended_errcode(db->handle);

	if (code == SQLITE_CONSTRAINT_UNIQUE ||
	    code == SQLITE_CONSTRAINT_PRIMARYKEY)
		return dc_fail(err, DC_EBUSY, "store: %s",
		    sqlite3_errmsg(db->handle));
	(void)dc_fail(err, DC_EFAIL, "store: %s, at: %.200s",
	    sqlite3_errmsg(db->handle), what);
	return DC_EFAIL;
}

static int
db_exec(struct dc_db *db, const char *sql, struct dc_err *err)
{
	if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
		return db_fail(db, sql, err);
	return 0;
}

static int
pragma_get(struct dc_db *db, const char *sql, int64_t *value,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc == 0)
		rc = dc_stmt_one(q, err);
	if (rc == 0)
		*value = sqlite3_column_int64(q->handle, 0);
	return rc < 0 ? rc : 0;
}

static int
migrate_one(struct dc_db *db, int version, struct dc_err *err)
{
	char pragma[96];
	int rc;

	(void)snprintf(pragma, sizeof(pragma),
	    "PRAGMA application_id = %d; PRAGMA user_version = %d",
	    APPLICATION_ID, version + 1);
	rc = db_exec(db, dc_migrations[version], err);
	if (rc == 0)
		rc = db_exec(db, pragma, err);
	return rc < 0 ? dc_wrap(err, rc, "migration %d", version + 1) : 0;
}

/* The version of a store of ours, 0: an empty file, or DC_EINVAL. In one
 * snapshot: another daemon may be migrating at this moment. */
static int
check_version(struct dc_db *db, int64_t *version, int64_t newest,
    struct dc_err *err)
{
	int64_t id = 0, tables = 0;
	int rc = pragma_get(db, "PRAGMA user_version", version, err);

	if (rc == 0)
		rc = pragma_get(db, "PRAGMA application_id", &id, err);
	if (rc == 0)
		rc = pragma_get(db, "SELECT count(*) FROM sqlite_schema",
		    &tables, err);
	if (rc < 0)
		return rc;
	if (*version == 0 ? id != 0 || tables != 0 : id != APPLICATION_ID)
		return dc_fail(err, DC_EINVAL, "not a dcloud store");
	if (*version > newest)
		return dc_fail(err, DC_EINVAL,
		    "the store is of version %" PRId64
		    ", this program knows %" PRId64 ": upgrade it",
		    *version, newest);
	return 0;
}

static int
migrate_all(struct dc_db *db, int64_t newest, struct dc_err *err)
{
	int64_t version = 0;
	int rc = check_version(db, &version, newest, err);

	for (; rc == 0 && version < newest; version++)
		rc = migrate_one(db, (int)version, err);
	return rc;
}

/* Several daemons may start at once: one of them migrates inside the write
 * transaction and the others find it done. */
static int
migrate(struct dc_db *db, struct dc_err *err)
{
	int64_t version = 0, newest = 0;
	int rc;

	while (dc_migrations[newest] != NULL)
		newest++;
	rc = db_exec(db, "BEGIN", err);
	if (rc < 0)
		return rc;
	rc = check_version(db, &version, newest, err);
	(void)sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
	if (rc == 0)
		rc = db_exec(db,
		    "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL",
		    err);
	if (rc < 0 || version == newest)
		return rc;
	rc = dc_db_begin(db, err);
	return rc < 0 ? rc : dc_db_end(db, migrate_all(db, newest, err), err);
}

static void
configure(struct dc_db *db)
{
	static const int on[] = {SQLITE_DBCONFIG_DEFENSIVE,
	    SQLITE_DBCONFIG_ENABLE_FKEY};
	static const int off[] = {SQLITE_DBCONFIG_TRUSTED_SCHEMA,
	    SQLITE_DBCONFIG_DQS_DDL, SQLITE_DBCONFIG_DQS_DML};
	size_t i;

	(void)sqlite3_extended_result_codes(db->handle, 1);
	(void)sqlite3_busy_timeout(db->handle, BUSY_MS);
	for (i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		(void)sqlite3_db_config(db->handle, on[i], 1, NULL);
	for (i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		(void)sqlite3_db_config(db->handle, off[i], 0, NULL);
}

/* One process at a time: sqlite does not wait for another that is switching
 * the same new file to WAL. */
static int
migrate_alone(struct dc_db *db, struct dc_err *err)
{
	int rc;

	while (db->bell >= 0 && flock(db->bell, LOCK_EX) < 0)
		if (errno != EINTR)
			return dc_fail_errno(err, "lock the bell");
	rc = migrate(db, err);
	if (db->bell >= 0)
		(void)flock(db->bell, LOCK_UN);
	return rc;
}

static int
bell_file_open(const char *db_path, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s.bell", db_path);
	int fd;

	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	(void)fchmod(fd, 0660);
	return fd;
}

int
dc_db_open(struct dc_db **out, const char *path, struct dc_err *err)
{
	dc_auto_db struct dc_db *db = dc_xcalloc(1, sizeof(*db));
	bool in_memory = strcmp(path, ":memory:") == 0;
	mode_t mask = umask(0007);
	int rc, fd;

	db->bell = -1;
	/* sqlite would make it 0640; -wal and -shm inherit this mode. O_EXCL:
	 * to open and close a store that this process has open already would
	 * drop its POSIX locks. */
	if (!in_memory) {
		fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0660);
		if (fd >= 0)
			(void)close(fd);
	}
	rc = sqlite3_open_v2(path, &db->handle,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW,
	    NULL);
	if (rc == SQLITE_OK)
		configure(db);
	else
		rc = db_fail(db, "open", err);
	if (rc == 0 && !in_memory)
		rc = db->bell = bell_file_open(path, err);
	(void)umask(mask);
	if (rc >= 0)
		rc = migrate_alone(db, err);
	if (rc < 0)
		return dc_wrap(err, rc, "open store '%s'", path);
	*out = dc_steal_ptr(&db);
	return 0;
}

void
dc_db_close(struct dc_db *db)
{
	if (db == NULL)
		return;
	(void)sqlite3_close_v2(db->handle);
	if (db->bell >= 0)
		(void)close(db->bell);
	free(db);
}

void
dc_auto_db_(struct dc_db **db)
{
	int saved = errno;

	dc_db_close(*db);
	errno = saved;
}

static void
ring(struct dc_db *db)
{
	if (db->bell >= 0)
		(void)!pwrite(db->bell, "\n", 1, 0);
}

int
dc_db_begin(struct dc_db *db, struct dc_err *err)
{
	int rc = db_exec(db,
	    db->depth == 0 ? "BEGIN IMMEDIATE" : "SAVEPOINT part", err);

	db->depth += rc == 0;
	return rc;
}

int
dc_db_commit(struct dc_db *db, struct dc_err *err)
{
	int rc = db_exec(db,
	    db->depth == 1 ? "COMMIT" : "RELEASE SAVEPOINT part", err);

	if (rc < 0) {
		dc_db_rollback(db);
		return rc;
	}
	if (--db->depth == 0)
		ring(db);
	return 0;
}

void
dc_db_rollback(struct dc_db *db)
{
	if (db->depth == 0)
		return;
	(void)sqlite3_exec(db->handle,
	    db->depth == 1 ? "ROLLBACK"
			   : "ROLLBACK TO SAVEPOINT part;"
			     "RELEASE SAVEPOINT part",
	    NULL, NULL, NULL);
	db->depth--;
}

int
dc_db_end(struct dc_db *db, int rc, struct dc_err *err)
{
	if (rc >= 0)
		return dc_db_commit(db, err);
	dc_db_rollback(db);
	return rc;
}

bool
dc_db_in_transaction(const struct dc_db *db)
{
	return db->depth > 0;
}

int
dc_db_prepare(struct dc_db *db, struct dc_stmt **out, const char *sql,
    struct dc_err *err)
{
	sqlite3_stmt *handle;

	if (sqlite3_prepare_v2(db->handle, sql, -1, &handle, NULL) != SQLITE_OK)
		return db_fail(db, sql, err);
	*out = dc_xcalloc(1, sizeof(**out));
	(*out)->db = db;
	(*out)->handle = handle;
	return 0;
}

void
dc_stmt_close(struct dc_stmt *q)
{
	if (q == NULL)
		return;
	(void)sqlite3_finalize(q->handle);
	free(q);
}

void
dc_auto_stmt_(struct dc_stmt **q)
{
	int saved = errno;

	dc_stmt_close(*q);
	errno = saved;
}

static int
param_index(struct dc_stmt *q, const char *param)
{
	int i = sqlite3_bind_parameter_index(q->handle, param);

	assert(i > 0);
	return i;
}

void
dc_stmt_int(struct dc_stmt *q, const char *param, int64_t value)
{
	(void)sqlite3_bind_int64(q->handle, param_index(q, param), value);
}

void
dc_stmt_text(struct dc_stmt *q, const char *param, const char *value)
{
	(void)sqlite3_bind_text(q->handle, param_index(q, param), value, -1,
	    SQLITE_TRANSIENT);
}

int
dc_stmt_step(struct dc_stmt *q, struct dc_err *err)
{
	int rc = sqlite3_step(q->handle);

	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		(void)sqlite3_reset(q->handle);
		return 0;
	}
	rc = db_fail(q->db, sqlite3_sql(q->handle), err);
	(void)sqlite3_reset(q->handle);
	return rc;
}

int
dc_stmt_one(struct dc_stmt *q, struct dc_err *err)
{
	int rc = dc_stmt_step(q, err);

	if (rc < 0)
		return rc;
	return rc == 1 ? 0 : dc_fail(err, DC_ENOTFOUND, "no such row");
}

int
dc_stmt_run(struct dc_stmt *q, int64_t *changed, struct dc_err *err)
{
	int64_t n;
	int rc;

	while ((rc = dc_stmt_step(q, err)) == 1)
		;
	if (rc < 0)
		return rc;
	n = sqlite3_changes64(q->db->handle);
	if (changed != NULL)
		*changed = n;
	if (n > 0 && q->db->depth == 0)
		ring(q->db);
	return 0;
}

void
dc_stmt_reset(struct dc_stmt *q)
{
	(void)sqlite3_reset(q->handle);
	(void)sqlite3_clear_bindings(q->handle);
}

static int
column_index(struct dc_stmt *q, const char *column)
{
	int i, n = sqlite3_column_count(q->handle);

	for (i = 0; i < n; i++)
		if (strcmp(sqlite3_column_name(q->handle, i), column) == 0)
			return i;
	assert(!"unknown column");
	return -1;
}

int64_t
dc_stmt_get_int(struct dc_stmt *q, const char *column)
{
	return sqlite3_column_int64(q->handle, column_index(q, column));
}

const char *
dc_stmt_get_text(struct dc_stmt *q, const char *column)
{
	const void *s = sqlite3_column_text(q->handle, column_index(q, column));

	return s != NULL ? s : "";
}

char *
dc_stmt_dup_text(struct dc_stmt *q, const char *column)
{
	if (dc_stmt_is_null(q, column))
		return NULL;
	return dc_strdup(dc_stmt_get_text(q, column));
}

bool
dc_stmt_is_null(struct dc_stmt *q, const char *column)
{
	return sqlite3_column_type(q->handle, column_index(q, column)) ==
	       SQLITE_NULL;
}

int64_t
dc_db_last_id(struct dc_db *db)
{
	return sqlite3_last_insert_rowid(db->handle);
}

int
dc_bell_open(int *out, const char *db_path, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s.bell", db_path);
	dc_auto_fd int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd < 0)
		return dc_fail_errno(err, "inotify");
	if (inotify_add_watch(fd, path, IN_MODIFY) < 0)
		return dc_fail_errno(err, "watch '%s'", path);
	*out = dc_steal_fd(&fd);
	return 0;
}

void
dc_bell_clear(int fd)
{
	char events[4096];

	while (read(fd, events, sizeof(events)) > 0)
		;
}

void
dc_bell_wait(int fd, int ms)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	(void)poll(&p, 1, ms);
	dc_bell_clear(fd);
}
