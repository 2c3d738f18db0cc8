/* tests/unit/test_data.c -- who has the ~/data of a number. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/data.h"
#include "common/store/hold.h"
#include "common/store/service.h"
#include "deployer/move.h"
#include "tests/support/tmpdb.h"

Suite *data_suite(void);

static struct tmpdb t;
static struct dc_err err;
static int64_t old, new;

static void
put(int64_t id, const char *state)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql),
	    "UPDATE instances SET state = '%s' WHERE id = %lld", state,
	    (long long)id);
	tmpdb_exec(t.db, sql);
}

/* www.0 serves, and the next www.0 waits behind it. */
static void
setup(void)
{
	int64_t snapshot;

	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	snapshot = tmpdb_add_snapshot(&t, t.service, 0);
	old = tmpdb_add_instance(&t, t.service, snapshot);
	new = tmpdb_add_instance(&t, t.service, snapshot);
	put(old, "up");
	put(new, "launching");
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static enum dc_instance_data
data_of(int64_t id)
{
	dc_auto_instance struct dc_instance i = {0};

	ck_assert_int_eq(dc_instance_load(t.db, &i, id, &err), 0);
	return i.data;
}

static int
claim(int64_t id, int state)
{
	return dc_data_claim(t.db, id, state, &err);
}

START_TEST(claim__waits_until_the_holder_has_given)
{
	ck_assert_int_eq(dc_data_mark(t.db, old, &err), 0);
	ck_assert_int_eq(dc_data_want(t.db, new, &err), 0);
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), DC_EBUSY);
	put(old, "parking");
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), DC_EBUSY);
	ck_assert_int_eq(dc_data_want(t.db, old, &err), 0);
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), DC_EBUSY);
	put(old, "parked");
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), 0);
	ck_assert_int_eq(data_of(new), DC_DATA_HELD);
	ck_assert_int_eq(data_of(old), DC_DATA_WANTED);
}
END_TEST

START_TEST(claim__who_serves_comes_first)
{
	ck_assert_int_eq(dc_data_want(t.db, old, &err), 0);
	ck_assert_int_eq(dc_data_want(t.db, new, &err), 0);
	put(old, "down");
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), DC_EBUSY);
	ck_assert_int_eq(claim(old, DC_INSTANCE_DOWN), 0);
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), DC_EBUSY);
}
END_TEST

START_TEST(claim__one_that_was_given_up_gets_nothing)
{
	ck_assert_int_eq(dc_data_want(t.db, new, &err), 0);
	put(new, "failed");
	ck_assert_int_eq(claim(new, DC_INSTANCE_LAUNCHING), DC_ESTALE);
	ck_assert_int_eq(data_of(new), DC_DATA_WANTED);
}
END_TEST

START_TEST(mark__there_is_one_holder)
{
	ck_assert_int_eq(dc_data_mark(t.db, old, &err), 0);
	ck_assert_int_eq(dc_data_mark(t.db, old, &err), DC_ESTALE);
	ck_assert_int_eq(dc_data_mark(t.db, new, &err), DC_ESTALE);
	put(old, "draining");
	ck_assert_int_eq(dc_instance_end(t.db, old, DC_INSTANCE_DRAINING, NULL,
			     &err),
	    0);
	ck_assert_int_eq(dc_data_mark(t.db, new, &err), 0);
}
END_TEST

/* The schema itself does not allow what the functions would prevent. */
START_TEST(mark__the_store_refuses_a_second_holder)
{
	struct dc_stmt *q = NULL;

	ck_assert_int_eq(dc_data_mark(t.db, old, &err), 0);
	ck_assert_int_eq(dc_db_prepare(t.db, &q,
			     "UPDATE instances SET data = 'held'", &err),
	    0);
	ck_assert_int_eq(dc_stmt_run(q, NULL, &err), DC_EBUSY);
	dc_stmt_close(q);
}
END_TEST

static const struct {
	const char *state, *data; /* of the other one */
	int rc;
} others[] = {
    {"creating", "own", 0}, /* it has not looked yet */
    {"installing", "own", 0},
    {"launching", "wanted", 0}, /* it will get it */
    {"launching", "own", DC_EBUSY},
    {"ready", "own", DC_EBUSY},
    {"up", "own", DC_EBUSY},
    {"down", "own", DC_EBUSY},
    {"up", "held", DC_EBUSY},
    {"failed", "held", DC_EBUSY},
    {"failed", "own", 0},
    {"gone", "own", 0},
};

START_TEST(keep__only_what_nobody_replaces)
{
	char sql[128];

	put(old, "draining");
	put(new, others[_i].state);
	(void)snprintf(sql, sizeof(sql),
	    "UPDATE instances SET data = '%s' WHERE id = %lld", others[_i].data,
	    (long long)new);
	tmpdb_exec(t.db, sql);
	ck_assert_int_eq(dc_data_keep(t.db, old, &err), others[_i].rc);
	if (others[_i].rc == 0)
		ck_assert_int_eq(dc_data_keep(t.db, old, &err), 0);
}
END_TEST

/* 10 to drain, 10 to stop, 30 to start, 200 of its health check. */
START_TEST(undo__holds_until_the_old_one_may_answer)
{
	const struct dc_deployment d = {.id = t.deployment,
	    .application_id = t.application};
	struct dc_job job = {.db = t.db};
	struct dc_hold hold;
	int64_t before = dc_now_ms();

	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "test", &err),
	    0);
	tmpdb_exec(t.db, "UPDATE instances SET definition = '{\"name\":\"www\","
			 "\"type\":\"custom\",\"approot\":\".\",\"extras\":"
			 "{\"healthcheck\":{\"deadline\":200}}}'");
	put(old, "parked");
	ck_assert_msg(move_undo(&job, &d, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(dc_hold_find(t.db, &hold, t.service, DC_HOLD_INSTANCE,
			     &err),
	    0);
	ck_assert_int_ge(hold.until, before + 250000);
}
END_TEST

Suite *
data_suite(void)
{
	Suite *s = suite_create("data");
	TCase *tc = tcase_create("data");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, claim__waits_until_the_holder_has_given);
	tcase_add_test(tc, claim__who_serves_comes_first);
	tcase_add_test(tc, claim__one_that_was_given_up_gets_nothing);
	tcase_add_test(tc, mark__there_is_one_holder);
	tcase_add_test(tc, mark__the_store_refuses_a_second_holder);
	tcase_add_loop_test(tc, keep__only_what_nobody_replaces, 0,
	    sizeof(others) / sizeof(others[0]));
	tcase_add_test(tc, undo__holds_until_the_old_one_may_answer);
	suite_add_tcase(s, tc);
	return s;
}
