/* tests/unit/test_application.c -- applications and their ranges of uids. */
#include <check.h>

#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/deployment.h"
#include "common/store/revision.h"

Suite *application_suite(void);

static struct dc_db *db;
static int64_t alice, bob;

static void
setup(void)
{
	ck_assert_int_eq(dc_db_open(&db, ":memory:", NULL), 0);
	ck_assert_int_eq(dc_account_add(db, &alice, "alice", "", "h", NULL), 0);
	ck_assert_int_eq(dc_account_add(db, &bob, "bob", "", "h", NULL), 0);
}

static void
teardown(void)
{
	dc_db_close(db);
}

static int64_t
add(int64_t account, const char *name)
{
	int64_t id;

	ck_assert_int_eq(dc_application_add(db, &id, account, name, "live",
			     NULL),
	    0);
	return id;
}

static int64_t
range_of(int64_t id)
{
	dc_auto_application struct dc_application a = {0};

	ck_assert_int_eq(dc_application_load(db, &a, id, NULL), 0);
	return a.uid_range;
}

START_TEST(add__takes_the_smallest_free_range)
{
	/* 0 belongs to the package layers. */
	int64_t a = add(alice, "a"), b = add(alice, "b"), c = add(bob, "a");

	ck_assert_int_eq(range_of(a), 1);
	ck_assert_int_eq(range_of(b), 2);
	ck_assert_int_eq(range_of(c), 3);
	ck_assert_int_eq(dc_application_destroy(db, b, NULL), 0);
	ck_assert_int_eq(dc_application_remove(db, b, NULL), 0);
	ck_assert_int_eq(range_of(add(alice, "d")), 2);
	ck_assert_int_eq(range_of(add(alice, "e")), 4);
}
END_TEST

START_TEST(add__names_follow_the_rule)
{
	static const char *const names[] = {"", "Blog", "my-app", "a_b", "a.b",
	    "../b", "12345678901234567890123456789012345678901"};
	int64_t id;

	ck_assert_int_eq(dc_application_add(db, &id, alice, names[_i], "live",
			     NULL),
	    DC_EINVAL);
}
END_TEST

START_TEST(find__only_ones_own_and_active)
{
	dc_auto_application struct dc_application a = {0};
	dc_auto_application struct dc_application gone = {0};
	struct dc_err err = DC_ERR_INIT;
	int64_t id = add(alice, "blog"), other;

	ck_assert_int_eq(dc_application_find(db, &a, bob, "blog", NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_application_find(db, &a, alice, "blog", NULL), 0);
	ck_assert_int_eq(a.id, id);
	ck_assert_str_eq(a.account, "alice");
	ck_assert_int_eq(dc_application_add(db, &other, alice, "blog", "live",
			     &err),
	    DC_EBUSY);
	ck_assert_str_eq(err.msg, "Application \"blog\" already exists.");
	ck_assert_int_eq(dc_application_destroy(db, id, NULL), 0);
	ck_assert_int_eq(dc_application_find(db, &gone, alice, "blog", NULL),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(remove__takes_along_what_hangs_on_it)
{
	dc_auto_application struct dc_application a = {0};
	int64_t id = add(alice, "blog"), revision, deployment;

	ck_assert_int_eq(dc_revision_save(db, &revision, id, "rsync-1", "n",
			     NULL),
	    0);
	ck_assert_int_eq(dc_deployment_add(db, &deployment, NULL, id, revision,
			     alice, false, NULL),
	    0);
	ck_assert_int_eq(dc_application_remove(db, id, NULL), 0);
	ck_assert_int_eq(dc_application_load(db, &a, id, NULL), 0);
	ck_assert_int_eq(dc_application_destroy(db, id, NULL), 0);
	ck_assert_int_eq(dc_application_remove(db, id, NULL), 0);
	dc_application_done(&a);
	ck_assert_int_eq(dc_application_load(db, &a, id, NULL), DC_ENOTFOUND);
}
END_TEST

Suite *
application_suite(void)
{
	Suite *s = suite_create("application");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, add__takes_the_smallest_free_range);
	tcase_add_loop_test(t, add__names_follow_the_rule, 0, 7);
	tcase_add_test(t, find__only_ones_own_and_active);
	tcase_add_test(t, remove__takes_along_what_hangs_on_it);
	suite_add_tcase(s, t);
	return s;
}
