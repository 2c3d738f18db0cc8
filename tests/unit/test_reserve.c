/* tests/unit/test_reserve.c -- what the rows of instances in reserve say. */
#include <check.h>
#include <stdio.h>

#include "common/store/reserve.h"
#include "common/store/service.h"
#include "tests/support/tmpdb.h"

Suite *reserve_suite(void);

static struct tmpdb t;
static struct dc_err err;
static int64_t old, new;

static void
put(int64_t id, const char *what)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql),
	    "UPDATE instances SET %s WHERE id = %lld", what, (long long)id);
	tmpdb_exec(t.db, sql);
}

/* www.0 has drained, as the next version serves. */
static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	old = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	(void)tmpdb_add_deployment(&t);
	new = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	put(old, "state = 'draining'");
	put(new, "state = 'up', deployment_id = 2");
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static struct dc_instance
row(int64_t id)
{
	struct dc_instance i = {0}, copy;

	ck_assert_int_eq(dc_instance_load(t.db, &i, id, &err), 0);
	copy = i;
	dc_instance_done(&i);
	return copy;
}

static bool
is_wanted(int64_t id)
{
	bool wanted = false;

	ck_assert_int_eq(dc_reserve_is_wanted(&wanted, t.db, id, &err), 0);
	return wanted;
}

static void
enter(int64_t id)
{
	struct dc_instance i = row(id);

	ck_assert_int_eq(dc_reserve_begin(t.db, id, INT64_MAX / 2, &err), 0);
	ck_assert_int_eq(dc_reserve_enter(t.db, &i, NULL, &err), 0);
	ck_assert_int_eq(row(id).state, DC_INSTANCE_RESERVED);
}

START_TEST(is_wanted__while_another_version_serves)
{
	ck_assert(is_wanted(old));
	put(new, "state = 'down'");
	ck_assert(is_wanted(old));
	put(new, "state = 'draining'");
	ck_assert(!is_wanted(old));
}
END_TEST

START_TEST(is_wanted__not_when_the_same_snapshot_serves)
{
	put(new, "snapshot_id = 1");
	ck_assert(!is_wanted(old));
}
END_TEST

START_TEST(is_wanted__not_of_a_service_that_goes)
{
	ck_assert_int_eq(dc_service_destroy(t.db, t.service, &err), 0);
	ck_assert(!is_wanted(old));
}
END_TEST

START_TEST(is_wanted__not_when_a_newer_one_is_kept)
{
	int64_t between = tmpdb_add_instance(&t, t.service, 1);

	put(between, "state = 'reserved', deployment_id = 2");
	ck_assert(!is_wanted(old));
	put(between, "deployment_id = 1");
	ck_assert(is_wanted(old));
}
END_TEST

START_TEST(enter__ends_the_generation_before)
{
	int64_t beside = tmpdb_add_instance(&t, t.service, 1);

	put(beside, "state = 'draining', number = 1");
	enter(old);
	enter(beside);
	ck_assert_int_eq(row(old).state, DC_INSTANCE_RESERVED);
	put(new, "state = 'draining'");
	enter(new);
	ck_assert_int_eq(row(old).state, DC_INSTANCE_DRAINING);
	ck_assert_int_eq(row(old).reserved_until, 1);
	ck_assert_int_eq(row(beside).state, DC_INSTANCE_DRAINING);
}
END_TEST

START_TEST(take__makes_it_the_deployment_s)
{
	struct dc_instance i;

	enter(old);
	put(old, "health = 'failing', replaced = 3, attempts = 5");
	ck_assert_int_eq(dc_reserve_take(t.db, old, 2, &err), 0);
	i = row(old);
	ck_assert_int_eq(i.state, DC_INSTANCE_CREATING);
	ck_assert_int_eq(i.deployment_id, 2);
	ck_assert_int_eq(i.health, DC_HEALTH_UNKNOWN);
	ck_assert_int_eq(i.replaced, 0);
	ck_assert_int_gt(i.reserved_until, 1);
	ck_assert_int_ne(i.address, 0);
	ck_assert_int_eq(dc_reserve_end(t.db, old, &err), DC_ESTALE);
	ck_assert_int_eq(dc_reserve_take(t.db, old, 2, &err), DC_ESTALE);
}
END_TEST

START_TEST(wake__is_ready_at_once)
{
	enter(old);
	ck_assert_int_eq(dc_reserve_take(t.db, old, 2, &err), 0);
	ck_assert_int_eq(dc_reserve_wake(t.db, old, NULL, &err), 0);
	ck_assert_int_eq(row(old).state, DC_INSTANCE_READY);
	ck_assert_int_eq(row(old).reserved_until, 0);
}
END_TEST

START_TEST(wake__not_by_another_s_job)
{
	enter(old);
	ck_assert_int_eq(dc_reserve_take(t.db, old, 2, &err), 0);
	ck_assert_int_eq(dc_reserve_wake(t.db, old, "nobody", &err), DC_ESTALE);
	ck_assert_int_eq(row(old).state, DC_INSTANCE_CREATING);
	ck_assert_int_gt(row(old).reserved_until, 1);
}
END_TEST

START_TEST(forget__is_one_like_any_other)
{
	enter(old);
	put(old, "installed = 1");
	ck_assert_int_eq(dc_reserve_take(t.db, old, 2, &err), 0);
	ck_assert_int_eq(dc_reserve_forget(t.db, old, &err), 0);
	ck_assert_int_eq(row(old).reserved_until, 0);
	ck_assert(!row(old).installed);
}
END_TEST

START_TEST(end__once)
{
	enter(old);
	ck_assert_int_eq(dc_reserve_end(t.db, old, &err), 0);
	ck_assert_int_eq(row(old).state, DC_INSTANCE_DRAINING);
	ck_assert_int_eq(row(old).reserved_until, 1);
	ck_assert_int_eq(dc_reserve_end(t.db, old, &err), DC_ESTALE);
}
END_TEST

Suite *
reserve_suite(void)
{
	Suite *s = suite_create("reserve");
	TCase *tc = tcase_create("reserve");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, is_wanted__while_another_version_serves);
	tcase_add_test(tc, is_wanted__not_when_the_same_snapshot_serves);
	tcase_add_test(tc, is_wanted__not_of_a_service_that_goes);
	tcase_add_test(tc, is_wanted__not_when_a_newer_one_is_kept);
	tcase_add_test(tc, enter__ends_the_generation_before);
	tcase_add_test(tc, take__makes_it_the_deployment_s);
	tcase_add_test(tc, wake__is_ready_at_once);
	tcase_add_test(tc, wake__not_by_another_s_job);
	tcase_add_test(tc, forget__is_one_like_any_other);
	tcase_add_test(tc, end__once);
	suite_add_tcase(s, tc);
	return s;
}
