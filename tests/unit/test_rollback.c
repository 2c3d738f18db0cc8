/* tests/unit/test_rollback.c -- which versions may be taken back, and that it
 * happens once. */
#include <check.h>
#include <inttypes.h>
#include <stdarg.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "common/store/revision.h"
#include "common/store/rollback.h"
#include "tests/support/tmpdb.h"

Suite *rollback_suite(void);

static struct tmpdb t;
static struct dc_err err;
static int64_t second;

static void __attribute__((format(printf, 1, 2))) exec(const char *fmt, ...)
{
	dc_auto_free char *sql = NULL;
	va_list ap;

	va_start(ap, fmt);
	sql = dc_vasprintf(fmt, ap);
	va_end(ap);
	tmpdb_exec(t.db, sql);
}

static int64_t
deploy(int64_t revision)
{
	int64_t id;

	ck_assert_int_eq(dc_deployment_add(t.db, &id, NULL, t.application,
			     revision, t.account, false, &err),
	    0);
	return id;
}

static int64_t
done(int64_t revision, int64_t when)
{
	int64_t id = deploy(revision);

	exec("UPDATE deployments SET state = 'done', ended_at = %" PRId64
	     " WHERE id = %" PRId64,
	    when, id);
	return id;
}

/* The first revision has served for long. */
static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	ck_assert_int_eq(dc_revision_save(t.db, &second, t.application,
			     "rsync-2", "node1", &err),
	    0);
	tmpdb_exec(t.db, "UPDATE deployments SET state = 'done', ended_at = 1");
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

struct found {
	struct dc_rollback_row row;
	size_t n;
};

static int
note(const struct dc_rollback_row *row, void *arg, struct dc_err *e)
{
	struct found *f = arg;

	(void)e;
	f->row = *row;
	f->n++;
	return 0;
}

static struct found
look(void)
{
	struct found f = {0};

	ck_assert_int_eq(dc_rollback_each(t.db, 1000, note, &f, &err), 0);
	return f;
}

START_TEST(each__a_new_version)
{
	struct found f;
	int64_t id;

	ck_assert_uint_eq(look().n, 0);
	id = done(second, 2000);
	f = look();
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(f.row.deployment_id, id);
	ck_assert_int_eq(f.row.since, 2000);
}
END_TEST

/* A variable that is set does not make an old version new. */
START_TEST(each__the_same_again_counts_from_its_first)
{
	(void)done(t.revision, 3000);
	ck_assert_uint_eq(look().n, 0);
	(void)done(second, 4000);
	(void)done(second, 5000);
	ck_assert_int_eq(look().row.since, 4000);
	(void)done(t.revision, 6000);
	ck_assert_int_eq(look().row.since, 6000);
}
END_TEST

START_TEST(each__not_while_another_deployment_comes)
{
	int64_t id;

	(void)done(second, 2000);
	id = deploy(t.revision);
	ck_assert_uint_eq(look().n, 0);
	exec("UPDATE deployments SET state = 'failed' WHERE id = %" PRId64, id);
	ck_assert_uint_eq(look().n, 1);
}
END_TEST

START_TEST(begin__once_and_never_of_a_rollback)
{
	dc_auto_deployment struct dc_deployment d = {0}, bad = {0};
	struct found f;
	bool added = false;
	int64_t id = done(second, 2000), back;

	f = look();
	ck_assert_int_eq(dc_rollback_begin(t.db, &added, &f.row, "it fails",
			     &err),
	    0);
	ck_assert(added);
	ck_assert_int_eq(dc_deployment_find(t.db, &back, t.application,
			     "latest", &err),
	    0);
	ck_assert_int_eq(dc_deployment_load(t.db, &d, back, &err), 0);
	ck_assert_int_eq(d.state, DC_DEPLOYMENT_QUEUED);
	ck_assert_int_eq(d.revision_id, t.revision);
	ck_assert_int_eq(d.rolls_back, id);
	ck_assert_int_eq(dc_deployment_load(t.db, &bad, id, &err), 0);
	ck_assert_str_eq(bad.error, "rolled back: it fails");
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM log_entries"
			     " WHERE message ="
			     " 'Rolling back revision rsync-2: it fails'"),
	    1);
	ck_assert_uint_eq(look().n, 0);
	ck_assert_int_eq(dc_rollback_begin(t.db, &added, &f.row, "again", &err),
	    DC_ESTALE);
	/* It failed, or it is done: nothing more comes of it. */
	exec("UPDATE deployments SET state = 'failed' WHERE id = %" PRId64,
	    back);
	ck_assert_uint_eq(look().n, 0);
	exec("UPDATE deployments SET state = 'done', ended_at = 5000"
	     " WHERE id = %" PRId64,
	    back);
	ck_assert_uint_eq(look().n, 0);
	(void)done(t.revision, 6000); /* somebody scales it */
	ck_assert_uint_eq(look().n, 0);
}
END_TEST

START_TEST(begin__not_behind_another_deployment)
{
	struct found f;
	bool added = false;

	(void)done(second, 2000);
	f = look();
	(void)deploy(second);
	ck_assert_int_eq(dc_rollback_begin(t.db, &added, &f.row, "it fails",
			     &err),
	    DC_ESTALE);
	ck_assert(!added);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM deployments"),
	    3);
}
END_TEST

START_TEST(begin__the_first_version_stays)
{
	dc_auto_free char *text = NULL;
	struct found f;
	bool added = true;

	tmpdb_exec(t.db, "UPDATE deployments SET ended_at = 2000");
	f = look();
	ck_assert_uint_eq(f.n, 1);
	ck_assert_int_eq(dc_rollback_begin(t.db, &added, &f.row, "it fails",
			     &err),
	    0);
	ck_assert(!added);
	ck_assert_uint_eq(look().n, 0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM deployments"),
	    1);
	ck_assert_int_eq(dc_rollback_find(t.db, &text, t.application, &err), 0);
	ck_assert_str_eq(text,
	    "rsync-1 was not rolled back, there is no version before it: it "
	    "fails");
}
END_TEST

START_TEST(find__until_the_next_deployment)
{
	dc_auto_free char *text = NULL, *later = NULL;
	struct found f;
	bool added;

	(void)done(second, 2000);
	f = look();
	ck_assert_int_eq(dc_rollback_begin(t.db, &added, &f.row, "it fails",
			     &err),
	    0);
	exec("UPDATE deployments SET state = 'done' WHERE rolls_back <> 0");
	ck_assert_int_eq(dc_rollback_find(t.db, &text, t.application, &err), 0);
	ck_assert_str_eq(text, "rsync-2 was rolled back: it fails");
	(void)done(second, 7000);
	ck_assert_int_eq(dc_rollback_find(t.db, &later, t.application, &err),
	    0);
	ck_assert_ptr_null(later);
}
END_TEST

START_TEST(count_ends__of_one_instance_since_then)
{
	int64_t n = -1, snapshot = tmpdb_add_snapshot(&t, t.service, 0);
	int64_t id = tmpdb_add_instance(&t, t.service, snapshot);
	int64_t other = tmpdb_add_instance(&t, t.service, snapshot);

	tmpdb_exec(t.db, "UPDATE instances SET state = 'up'");
	ck_assert_int_eq(dc_instance_move(t.db, id, DC_INSTANCE_UP,
			     DC_INSTANCE_DOWN, NULL, &err),
	    0);
	ck_assert_int_eq(dc_rollback_count_ends(t.db, &n, id, 0, &err), 0);
	ck_assert_int_eq(n, 1);
	ck_assert_int_eq(dc_rollback_count_ends(t.db, &n, other, 0, &err), 0);
	ck_assert_int_eq(n, 0);
	ck_assert_int_eq(dc_rollback_count_ends(t.db, &n, id,
			     dc_now_ms() + 1000, &err),
	    0);
	ck_assert_int_eq(n, 0);
}
END_TEST

Suite *
rollback_suite(void)
{
	Suite *s = suite_create("rollback");
	TCase *tc = tcase_create("rollback");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each__a_new_version);
	tcase_add_test(tc, each__the_same_again_counts_from_its_first);
	tcase_add_test(tc, each__not_while_another_deployment_comes);
	tcase_add_test(tc, begin__once_and_never_of_a_rollback);
	tcase_add_test(tc, begin__not_behind_another_deployment);
	tcase_add_test(tc, begin__the_first_version_stays);
	tcase_add_test(tc, find__until_the_next_deployment);
	tcase_add_test(tc, count_ends__of_one_instance_since_then);
	suite_add_tcase(s, tc);
	return s;
}
