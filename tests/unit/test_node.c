/* tests/unit/test_node.c -- container addresses: unique, going round, kept by
 * who has one. */
#include <check.h>

#include "common/store/build.h"
#include "common/store/instance.h"
#include "common/store/node.h"
#include "tests/support/tmpdb.h"

Suite *node_suite(void);

static struct tmpdb t;

static void
setup(void)
{
	tmpdb_open(&t);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static int64_t
claim(int64_t node, int64_t build)
{
	struct dc_err err = DC_ERR_INIT;
	int64_t number = 0;
	int rc;

	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	rc = dc_address_claim(t.db, &number, node, build, 0, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_eq(dc_db_commit(t.db, NULL), 0);
	return number;
}

START_TEST(save__the_same_name_is_the_same_node)
{
	int64_t id = 0;

	ck_assert_int_eq(dc_node_save(t.db, &id, "node1", NULL), 0);
	ck_assert_int_eq(id, t.node);
	ck_assert_int_eq(dc_node_save(t.db, &id, "node2", NULL), 0);
	ck_assert_int_ne(id, t.node);
}
END_TEST

START_TEST(claim__addresses_differ_and_begin_after_the_bridge)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t);

	ck_assert_int_eq(claim(t.node, a), 2);
	ck_assert_int_eq(claim(t.node, b), 3);
}
END_TEST

START_TEST(claim__a_job_that_is_done_again_keeps_its_own)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t);
	int64_t first = claim(t.node, a);

	(void)claim(t.node, b);
	ck_assert_int_eq(claim(t.node, a), first);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM addresses"),
	    2);
}
END_TEST

START_TEST(claim__a_freed_one_is_not_reused_at_once)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t);

	ck_assert_int_eq(claim(t.node, a), 2);
	ck_assert_int_eq(dc_address_release(t.db, a, 0, NULL), 0);
	ck_assert_int_eq(claim(t.node, b), 3);
	ck_assert_int_eq(claim(t.node, a), 4);
}
END_TEST

START_TEST(claim__goes_round_past_what_is_taken)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t);
	int64_t c = tmpdb_add_build(&t);

	ck_assert_int_eq(claim(t.node, a), 2);
	tmpdb_exec(t.db, "UPDATE nodes SET last_address = 64999");
	ck_assert_int_eq(claim(t.node, b), DC_MAX_ADDRESS);
	ck_assert_int_eq(claim(t.node, c), 3);
}
END_TEST

START_TEST(claim__when_all_are_taken_says_so)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t), number = 7;
	struct dc_err err = DC_ERR_INIT;

	(void)claim(t.node, a);
	tmpdb_exec(t.db,
	    "WITH RECURSIVE c (n) AS (SELECT 3 UNION ALL SELECT n + 1 FROM c"
	    " WHERE n < 65000) INSERT INTO addresses (node_id, number,"
	    " build_id) SELECT 1, n, 1 FROM c");
	ck_assert_int_eq(dc_address_claim(t.db, &number, t.node, b, 0, &err),
	    DC_EFAIL);
	ck_assert_int_eq(number, 7);
}
END_TEST

START_TEST(claim__each_machine_has_its_own_numbers)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t), other = 0;

	ck_assert_int_eq(dc_node_save(t.db, &other, "node2", NULL), 0);
	ck_assert_int_eq(claim(t.node, a), 2);
	ck_assert_int_eq(claim(other, b), 2);
}
END_TEST

START_TEST(instance__has_one_until_it_is_gone)
{
	int64_t snapshot = tmpdb_add_snapshot(&t, t.service, 0);
	int64_t id = tmpdb_add_instance(&t, t.service, snapshot);
	dc_auto_instance struct dc_instance i = {0};

	ck_assert_int_eq(dc_instance_load(t.db, &i, id, NULL), 0);
	ck_assert_int_eq(i.address, 2);
	ck_assert_str_eq(i.node, "node1");
	ck_assert_int_eq(dc_instance_fail(t.db, id, DC_INSTANCE_CREATING, NULL,
			     "why", NULL),
	    0);
	ck_assert_int_eq(dc_instance_end(t.db, id, DC_INSTANCE_FAILED, NULL,
			     NULL),
	    0);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM addresses"),
	    0);
}
END_TEST

Suite *
node_suite(void)
{
	Suite *s = suite_create("node");
	TCase *tc = tcase_create("node");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, save__the_same_name_is_the_same_node);
	tcase_add_test(tc, claim__addresses_differ_and_begin_after_the_bridge);
	tcase_add_test(tc, claim__a_job_that_is_done_again_keeps_its_own);
	tcase_add_test(tc, claim__a_freed_one_is_not_reused_at_once);
	tcase_add_test(tc, claim__goes_round_past_what_is_taken);
	tcase_add_test(tc, claim__when_all_are_taken_says_so);
	tcase_add_test(tc, claim__each_machine_has_its_own_numbers);
	tcase_add_test(tc, instance__has_one_until_it_is_gone);
	suite_add_tcase(s, tc);
	return s;
}
