/* tests/unit/test_store_db.c -- the door to sqlite: opening, migrations,
 * transactions, the bell, and a store that somebody else holds. */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/store/account.h"
#include "common/store/deployment.h"
#include "tests/support/tmpdb.h"

#define STARTERS 8

Suite *store_db_suite(void);

extern const char *const dc_migrations[];

static struct tmpdb t;
static struct dc_err err;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

/* A second connection to the same store. */
static struct dc_db *
open_other(void)
{
	struct dc_db *db = NULL;

	ck_assert_msg(dc_db_open(&db, t.path, &err) == 0, "%s", err.msg);
	return db;
}

static void
reopen_fails(const char *why)
{
	struct dc_db *db = NULL;

	ck_assert_int_eq(dc_db_open(&db, t.path, &err), DC_EINVAL);
	ck_assert_ptr_null(db);
	ck_assert_ptr_nonnull(strstr(err.msg, why));
}

START_TEST(open__twice_changes_nothing)
{
	struct dc_db *db = open_other();

	ck_assert_int_eq(tmpdb_int(db, "SELECT count(*) AS n FROM accounts"),
	    1);
	dc_db_close(db);
}
END_TEST

/* Daemons of several uids share the file. */
START_TEST(open__makes_files_the_group_may_write)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".bell"};
	char path[160];
	struct stat st;

	(void)snprintf(path, sizeof(path), "%s%s", t.path, suffixes[_i]);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0660);
}
END_TEST

START_TEST(open__a_newer_store_is_refused)
{
	tmpdb_exec(t.db, "PRAGMA user_version = 1000");
	reopen_fails("this program knows");
}
END_TEST

START_TEST(open__another_programs_file_is_refused_untouched)
{
	dc_auto_free char *before = NULL;
	dc_auto_free char *after = NULL;
	size_t n = 0, m = 0;

	tmpdb_exec(t.db, "PRAGMA user_version = 0");
	tmpdb_exec(t.db, "PRAGMA application_id = 0");
	dc_db_close(t.db);
	t.db = NULL;
	ck_assert_int_eq(dc_fs_load(&before, &n, t.path, 1 << 22, NULL), 0);
	reopen_fails("not a dcloud store");
	ck_assert_int_eq(dc_fs_load(&after, &m, t.path, 1 << 22, NULL), 0);
	ck_assert_uint_eq(n, m);
	ck_assert_mem_eq(before, after, n);
}
END_TEST

START_TEST(open__another_application_id_is_refused)
{
	tmpdb_exec(t.db, "PRAGMA application_id = 7");
	reopen_fails("not a dcloud store");
}
END_TEST

START_TEST(open__text_is_no_store)
{
	dc_auto_free char *path = dc_asprintf("%s/other.db", t.dir);
	struct dc_db *db = NULL;
	char text[4096];

	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(dc_fs_save(path, text, sizeof(text), 0600, NULL), 0);
	ck_assert_int_eq(dc_db_open(&db, path, &err), DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
}
END_TEST

/* All daemons of a new platform start at once. */
START_TEST(open__many_at_once_make_one_store)
{
	dc_auto_free char *path = dc_asprintf("%s/new.db", t.dir);
	int go[2], i, status;
	pid_t pids[STARTERS];
	char byte;

	ck_assert_int_eq(pipe(go), 0);
	for (i = 0; i < STARTERS; i++) {
		struct dc_db *db = NULL;

		pids[i] = dc_spawn_job(&err);
		ck_assert_int_ge(pids[i], 0);
		if (pids[i] > 0)
			continue;
		(void)close(go[1]);
		(void)!read(go[0], &byte, 1); /* until all are there */
		if (dc_db_open(&db, path, &err) < 0) {
			(void)fprintf(stderr, "%s\n", err.msg);
			_exit(1);
		}
		_exit(0);
	}
	(void)close(go[0]);
	(void)close(go[1]);
	for (i = 0; i < STARTERS; i++) {
		status = dc_spawn_wait(pids[i], &err);
		ck_assert_int_eq(status, 0);
	}
}
END_TEST

static void
load_schema(struct dc_db *db, struct dc_str *out)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"
	    " ORDER BY name",
	    &err);

	ck_assert_int_eq(rc, 0);
	while ((rc = dc_stmt_step(q, &err)) == 1)
		dc_str_addf(out, "%s: %s\n", dc_stmt_get_text(q, "name"),
		    dc_stmt_get_text(q, "sql"));
	ck_assert_int_eq(rc, 0);
}

/* tests/data/store/<N>.sql is what a program of version N has left: printed by
 * tests/support/old_store.sh when N was released. */
static char *
load_version(int version)
{
	dc_auto_str struct dc_str up = {0};
	char *text = NULL;
	int i;

	for (i = 0; i < 5 && text == NULL; i++) {
		dc_auto_free char *path =
		    dc_asprintf("%stests/data/store/%04d.sql",
			up.data != NULL ? up.data : "", version);

		(void)dc_fs_load(&text, NULL, path, 1 << 22, NULL);
		dc_str_add(&up, "../");
	}
	return text;
}

START_TEST(migrate__every_old_version_ends_as_a_new_one)
{
	dc_auto_free char *path = dc_asprintf("%s/old.db", t.dir);
	dc_auto_str struct dc_str fresh = {0};
	dc_auto_str struct dc_str migrated = {0};
	dc_auto_db struct dc_db *db = NULL;
	int version;

	load_schema(t.db, &fresh);
	for (version = 1; dc_migrations[version - 1] != NULL; version++) {
		dc_auto_free char *sql = load_version(version);
		char *argv[] = {"sqlite3", "-bail", path, NULL};

		ck_assert_msg(sql != NULL, "no store of version %d", version);
		ck_assert_int_eq(dc_fs_remove_tree(path, NULL), 0);
		ck_assert_msg(dc_spawn_run(argv, NULL, sql, NULL, NULL, &err) ==
				  0,
		    "%s", err.msg);
		ck_assert_msg(dc_db_open(&db, path, &err) == 0, "%s", err.msg);
		dc_str_done(&migrated);
		load_schema(db, &migrated);
		ck_assert_msg(strcmp(migrated.data, fresh.data) == 0,
		    "version %d becomes another schema than a new store",
		    version);
		ck_assert_int_eq(tmpdb_int(db,
				     "SELECT count(*) AS n FROM accounts"),
		    1);
		dc_db_close(db);
		db = NULL;
	}
}
END_TEST

START_TEST(migrate__old_details_become_fields)
{
	dc_auto_free char *path = dc_asprintf("%s/old.db", t.dir);
	dc_auto_free char *sql = load_version(11);
	dc_auto_str struct dc_str rows = {0};
	dc_auto_str struct dc_str all = {0};
	dc_auto_db struct dc_db *db = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	char *argv[] = {"sqlite3", "-bail", path, NULL};

	ck_assert_ptr_nonnull(sql);
	dc_str_add(&all, sql);
	dc_str_add(&all,
	    "INSERT INTO activity (account_id, application_id, application,"
	    " service, category, action, details, actor, created_at)"
	    " SELECT 1, 1, 'a', column1, column2, column3, column4, 'old', 1"
	    " FROM (VALUES"
	    " ('', 'app', 'deploy', 'revision=git-1 deployment=9'),"
	    " ('w', 'domain', 'add', 'cname=a.b'),"
	    " ('w', 'service', 'scale', 'memory=96M'),"
	    " ('w', 'service', 'scale', 'instances=3'),"
	    " ('w', 'service', 'restart', 'instance=3'),"
	    " ('', 'service', 'suspend', ''),"
	    " ('', 'collaborator', 'add', 'user=bob'));");
	ck_assert_int_eq(dc_spawn_run(argv, NULL, all.data, NULL, NULL, &err),
	    0);
	ck_assert_int_eq(dc_db_open(&db, path, &err), 0);
	ck_assert_int_eq(dc_db_prepare(db, &q,
			     "SELECT category || ' ' || action || ' ' ||"
			     " details AS row FROM activity ORDER BY id",
			     &err),
	    0);
	while (dc_stmt_step(q, &err) == 1)
		dc_str_addf(&rows, "%s\n", dc_stmt_get_text(q, "row"));
	ck_assert_str_eq(rows.data,
	    "app deploy revision=git-1 build=9\n"
	    "domain add domain=a.b\n"
	    "service scale scale=memory value=100663296\n"
	    "service scale scale=instances value=3\n"
	    "service restart instance=3\n"
	    "app suspend \n"
	    "collaborator add collaborator=bob\n");
}
END_TEST

START_TEST(store__keeps_its_promises)
{
	static const char *const no[] = {
	    /* foreign keys, CHECKs, STRICT types, no double-quoted strings */
	    "UPDATE deployments SET account_id = 99",
	    "UPDATE deployments SET state = 'flying'",
	    "UPDATE deployments SET created_at = 'yesterday'",
	    "INSERT INTO addresses (node_id, number) VALUES (1, 2)",
	    "UPDATE accounts SET email = \"text\"",
	    "PRAGMA writable_schema = on; UPDATE sqlite_schema SET sql = ''",
	};
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t before = tmpdb_int(t.db, "SELECT total_changes() AS n");
	int rc = dc_db_prepare(t.db, &q, no[_i], &err);

	if (rc == 0)
		(void)dc_stmt_run(q, NULL, &err);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT total_changes() AS n"),
	    before);
}
END_TEST

START_TEST(busy__the_one_who_gave_up_has_changed_nothing)
{
	struct dc_db *other = open_other();
	int64_t id;
	int rc;

	tmpdb_exec(other, "PRAGMA busy_timeout = 1");
	ck_assert_int_eq(dc_db_begin(t.db, &err), 0);
	rc = dc_deployment_add(other, &id, NULL, t.application, t.revision,
	    t.account, false, &err);
	ck_assert_int_eq(rc, DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "locked"));
	rc = dc_deployment_move(other, t.deployment, DC_DEPLOYMENT_QUEUED,
	    DC_DEPLOYMENT_BUILDING, NULL, &err);
	ck_assert_int_eq(rc, DC_EFAIL);
	ck_assert(!dc_db_in_transaction(other));
	/* Readers are not held up, and later all is well again. */
	ck_assert_int_eq(tmpdb_int(other,
			     "SELECT count(*) AS n FROM deployments"),
	    1);
	dc_db_rollback(t.db);
	rc = dc_deployment_move(other, t.deployment, DC_DEPLOYMENT_QUEUED,
	    DC_DEPLOYMENT_BUILDING, NULL, &err);
	ck_assert_int_eq(rc, 0);
	dc_db_close(other);
}
END_TEST

/* Each statement that may meet a full disk meets it: max_page_count. */
START_TEST(full__a_transaction_is_undone_as_a_whole)
{
	dc_auto_free char *big = dc_xcalloc(1, 300001);
	int64_t before, id = 0;
	int rc;

	memset(big, 'x', 300000);
	tmpdb_exec(t.db, "PRAGMA max_page_count = 80");
	before = tmpdb_int(t.db, "SELECT count(*) AS n FROM accounts");
	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	rc = dc_account_add(t.db, &id, "bob", "", "hash", &err);
	ck_assert_int_eq(rc, 0);
	rc = dc_account_add(t.db, &id, "carol", big, "hash", &err);
	ck_assert_int_eq(rc, DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "full"));
	ck_assert_int_eq(dc_db_end(t.db, rc, &err), DC_EFAIL);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM accounts"),
	    before);
}
END_TEST

static bool
rings(int bell)
{
	struct pollfd p = {.fd = bell, .events = POLLIN};
	bool rang = poll(&p, 1, 0) == 1;

	dc_bell_clear(bell);
	return rang;
}

START_TEST(bell__rings_for_what_was_committed)
{
	dc_auto_fd int bell = -1;
	int64_t id;

	ck_assert_int_eq(dc_bell_open(&bell, t.path, &err), 0);
	ck_assert(!rings(bell));
	ck_assert_int_eq(dc_account_add(t.db, &id, "bob", "", "h", NULL), 0);
	ck_assert(rings(bell));
	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	ck_assert_int_eq(dc_account_add(t.db, &id, "carol", "", "h", NULL), 0);
	ck_assert(!rings(bell));
	ck_assert_int_eq(dc_db_end(t.db, 0, NULL), 0);
	ck_assert(rings(bell));
	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	ck_assert_int_eq(dc_account_add(t.db, &id, "dave", "", "h", NULL), 0);
	ck_assert_int_eq(dc_db_end(t.db, DC_ESTALE, NULL), DC_ESTALE);
	ck_assert(!rings(bell));
	tmpdb_exec(t.db, "DELETE FROM accounts WHERE name = 'nobody'");
	ck_assert(!rings(bell));
}
END_TEST

START_TEST(stmt__null_and_text_and_no_row)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_free char *copy = NULL;

	ck_assert_int_eq(dc_db_prepare(t.db, &q,
			     "SELECT :a AS a, :b AS b WHERE :c = 1", NULL),
	    0);
	dc_stmt_text(q, ":a", NULL);
	dc_stmt_text(q, ":b", "it's");
	dc_stmt_int(q, ":c", 1);
	ck_assert_int_eq(dc_stmt_one(q, &err), 0);
	ck_assert(dc_stmt_is_null(q, "a"));
	ck_assert_str_eq(dc_stmt_get_text(q, "a"), "");
	ck_assert_ptr_null(dc_stmt_dup_text(q, "a"));
	copy = dc_stmt_dup_text(q, "b");
	ck_assert_str_eq(copy, "it's");
	dc_stmt_reset(q);
	dc_stmt_int(q, ":c", 0);
	ck_assert_int_eq(dc_stmt_one(q, &err), DC_ENOTFOUND);
}
END_TEST

Suite *
store_db_suite(void)
{
	Suite *s = suite_create("store_db");
	TCase *tc = tcase_create("store_db");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, open__twice_changes_nothing);
	tcase_add_loop_test(tc, open__makes_files_the_group_may_write, 0, 4);
	tcase_add_test(tc, open__a_newer_store_is_refused);
	tcase_add_test(tc, open__another_programs_file_is_refused_untouched);
	tcase_add_test(tc, open__another_application_id_is_refused);
	tcase_add_test(tc, open__text_is_no_store);
	tcase_add_loop_test(tc, open__many_at_once_make_one_store, 0, 5);
	tcase_add_test(tc, migrate__every_old_version_ends_as_a_new_one);
	tcase_add_test(tc, migrate__old_details_become_fields);
	tcase_add_loop_test(tc, store__keeps_its_promises, 0, 6);
	tcase_add_test(tc, busy__the_one_who_gave_up_has_changed_nothing);
	tcase_add_test(tc, full__a_transaction_is_undone_as_a_whole);
	tcase_add_test(tc, bell__rings_for_what_was_committed);
	tcase_add_test(tc, stmt__null_and_text_and_no_row);
	suite_add_tcase(s, tc);
	return s;
}
