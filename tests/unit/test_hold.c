/* tests/unit/test_hold.c -- for how long requests wait, and for whom; instances
 * that are started again. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/hold.h"
#include "common/store/instance.h"
#include "common/store/restart.h"
#include "common/store/service.h"
#include "tests/support/tmpdb.h"

Suite *hold_suite(void);

static struct tmpdb t;
static struct dc_err err;
static int64_t first, second; /* www.0 and another, both up */

static void
setup(void)
{
	int64_t snapshot;

	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	snapshot = tmpdb_add_snapshot(&t, t.service, 0);
	first = tmpdb_add_instance(&t, t.service, snapshot);
	second = tmpdb_add_instance(&t, t.service, snapshot);
	tmpdb_exec(t.db, "UPDATE instances SET state = 'up'");
	tmpdb_exec(t.db, "UPDATE instances SET number = 1 WHERE id ="
			 " (SELECT max(id) FROM instances)");
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static void
add_route(void)
{
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "test", &err),
	    0);
}

static int64_t
later(int seconds)
{
	return dc_now_ms() + seconds * 1000L;
}

static int
save(enum dc_hold_owner owner, int64_t until)
{
	return dc_hold_save(t.db, NULL, t.service, owner, until, &err);
}

static int
release(int64_t *ms, enum dc_hold_owner owner)
{
	return dc_hold_release(t.db, ms, t.service, owner, &err);
}

static int
add_hold(int64_t slot, int64_t until, void *arg, struct dc_err *ignored)
{
	(void)ignored;
	dc_str_addf(arg, "%lld:%lld ", (long long)slot,
	    (long long)(until - dc_now_ms() + 9999) / 10000 * 10);
	return 0;
}

/* What the router gets: slot and seconds, to the next ten: a disk may be slow.
 */
static void
expect_holds(const char *wanted)
{
	dc_auto_str struct dc_str s = {0};

	dc_str_add(&s, "");
	ck_assert_int_eq(dc_hold_each(t.db, add_hold, &s, &err), 0);
	ck_assert_str_eq(s.data, wanted);
}

START_TEST(save__holds_nothing_without_a_route)
{
	bool held = true;
	int64_t ms = -1;

	ck_assert_int_eq(dc_hold_save(t.db, &held, t.service,
			     DC_HOLD_DEPLOYMENT, later(60), &err),
	    0);
	ck_assert(!held);
	ck_assert_int_eq(release(&ms, DC_HOLD_DEPLOYMENT), 0);
	ck_assert_int_eq(ms, 0);
	add_route();
	expect_holds("");
}
END_TEST

START_TEST(release__says_for_how_long)
{
	bool held = false;
	int64_t ms = -1;

	add_route();
	ck_assert_int_eq(dc_hold_save(t.db, &held, t.service,
			     DC_HOLD_DEPLOYMENT, later(60), &err),
	    0);
	ck_assert(held);
	expect_holds("0:60 ");
	tmpdb_exec(t.db, "UPDATE holds SET held_at = held_at - 5000");
	ck_assert_int_eq(save(DC_HOLD_DEPLOYMENT, later(90)), 0);
	ck_assert_int_eq(release(&ms, DC_HOLD_DEPLOYMENT), 0);
	ck_assert_int_ge(ms, 5000);
	expect_holds("");
	ck_assert_int_eq(release(&ms, DC_HOLD_DEPLOYMENT), 0);
	ck_assert_int_eq(ms, 0);
}
END_TEST

START_TEST(hold__its_time_ends_it)
{
	int64_t ms = -1;

	add_route();
	ck_assert_int_eq(save(DC_HOLD_DEPLOYMENT, dc_now_ms() - 1), 0);
	expect_holds("");
	tmpdb_exec(t.db, "UPDATE holds SET held_at = held_until - 700");
	ck_assert_int_eq(release(&ms, DC_HOLD_DEPLOYMENT), 0);
	ck_assert_int_eq(ms, 700);
}
END_TEST

START_TEST(hold__one_that_has_ended_begins_anew)
{
	struct dc_hold h;

	add_route();
	ck_assert_int_eq(save(DC_HOLD_USER, dc_now_ms() - 1), 0);
	tmpdb_exec(t.db, "UPDATE holds SET held_at = 1");
	ck_assert_int_eq(dc_hold_find(t.db, &h, t.service, DC_HOLD_USER, &err),
	    DC_ENOTFOUND);
	ck_assert_int_eq(save(DC_HOLD_USER, later(60)), 0);
	ck_assert_int_eq(dc_hold_find(t.db, &h, t.service, DC_HOLD_USER, &err),
	    0);
	ck_assert_int_gt(h.since, 1);
}
END_TEST

/* Nobody ends another's; the router gets the latest end. */
START_TEST(hold__each_owner_ends_his_own) /* _i is the one who ends first */
{
	static const int seconds[DC_HOLD_NOWNERS] = {20, 30, 40};
	int other;

	add_route();
	for (other = 0; other < DC_HOLD_NOWNERS; other++)
		ck_assert_int_eq(save((enum dc_hold_owner)other,
				     later(seconds[other])),
		    0);
	expect_holds("0:40 ");
	ck_assert_int_eq(release(NULL, (enum dc_hold_owner)_i), 0);
	expect_holds(_i == DC_HOLD_USER ? "0:30 " : "0:40 ");
	for (other = 0; other < DC_HOLD_NOWNERS; other++)
		ck_assert_int_eq(release(NULL, (enum dc_hold_owner)other), 0);
	expect_holds("");
}
END_TEST

START_TEST(release_all__leaves_the_user_his)
{
	add_route();
	ck_assert_int_eq(save(DC_HOLD_DEPLOYMENT, later(60)), 0);
	ck_assert_int_eq(save(DC_HOLD_USER, later(30)), 0);
	ck_assert_int_eq(dc_hold_release_all(t.db, t.application,
			     DC_HOLD_DEPLOYMENT, &err),
	    0);
	expect_holds("0:30 ");
}
END_TEST

static int64_t
extend(int64_t until)
{
	int64_t n = -1;

	ck_assert_int_eq(dc_hold_extend(t.db, &n, t.application,
			     DC_HOLD_DEPLOYMENT, until, &err),
	    0);
	return n;
}

START_TEST(extend__never_shortens_and_leaves_the_user_his)
{
	add_route();
	ck_assert_int_eq(extend(later(60)), 0);
	ck_assert_int_eq(save(DC_HOLD_USER, later(20)), 0);
	ck_assert_int_eq(extend(later(60)), 0);
	expect_holds("0:20 ");
	ck_assert_int_eq(save(DC_HOLD_DEPLOYMENT, later(-10)), 0);
	ck_assert_int_eq(extend(later(60)), 1);
	expect_holds("0:60 ");
	ck_assert_int_eq(extend(later(30)), 0);
	expect_holds("0:60 ");
}
END_TEST

static int
note_unsettled(const struct dc_hold *h, void *arg, struct dc_err *ignored)
{
	(void)ignored;
	*(struct dc_hold *)arg = *h;
	return 0;
}

START_TEST(settle__not_what_was_changed_meanwhile)
{
	struct dc_hold before = {0}, h = {0};

	add_route();
	ck_assert_int_eq(save(DC_HOLD_USER, later(60)), 0);
	ck_assert_int_eq(dc_hold_each_unsettled(t.db, note_unsettled, &before,
			     &err),
	    0);
	ck_assert_int_eq(before.service_id, t.service);
	ck_assert_int_eq(release(NULL, DC_HOLD_USER), 0);
	ck_assert_int_eq(dc_hold_settle(t.db, &before, &err), 0);
	ck_assert_int_eq(dc_hold_each_unsettled(t.db, note_unsettled, &h, &err),
	    0);
	ck_assert_int_eq(h.service_id, t.service);
	ck_assert_int_eq(h.until, 0);
	ck_assert_int_eq(dc_hold_settle(t.db, &h, &err), 0);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM holds"), 0);
}
END_TEST

START_TEST(forget__what_ended_long_ago)
{
	add_route();
	ck_assert_int_eq(save(DC_HOLD_DEPLOYMENT, later(60)), 0);
	ck_assert_int_eq(save(DC_HOLD_INSTANCE, 1000), 0);
	ck_assert_int_eq(dc_hold_forget(t.db, &err), 0);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM holds"), 1);
	expect_holds("0:60 ");
}
END_TEST

/* An instance in the hands of a job. */
static int
begin(int64_t id)
{
	tmpdb_exec(t.db, "UPDATE instances SET claimed_by = 'me'");
	return dc_restart_begin(t.db, id, later(60), "me", &err);
}

static struct dc_instance
load(int64_t id)
{
	struct dc_instance i = {0};

	ck_assert_int_eq(dc_instance_load(t.db, &i, id, &err), 0);
	return i;
}

START_TEST(restart__others_answer_meanwhile)
{
	dc_auto_instance struct dc_instance i = {0};

	add_route();
	ck_assert_int_eq(dc_restart_ask(t.db, t.service, 0, &err), 0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM instances t WHERE"
			     " " DC_RESTART_WANTED),
	    1);
	ck_assert_int_eq(begin(first), 0);
	i = load(first);
	ck_assert_int_eq(i.state, DC_INSTANCE_RESTARTING);
	ck_assert(!i.suspended);
	expect_holds("");
	ck_assert_int_eq(begin(second), 0);
	expect_holds("0:60 ");
}
END_TEST

START_TEST(restart__one_that_is_ill_is_no_other)
{
	add_route();
	tmpdb_exec(t.db, "UPDATE instances SET health = 'silent'");
	ck_assert_int_eq(begin(first), 0);
	expect_holds("0:60 ");
}
END_TEST

static const struct {
	const char *state;
	int rc, wanted;
} states[] = {
    {"up", 0, 1},
    {"down", 0, 0}, /* it is begun anew already */
    {"restarting", 0, 0},
    {"parking", DC_EUSER, 0},
    {"parked", DC_EUSER, 0},
    {"launching", DC_ENOTFOUND, 0},
    {"draining", DC_ENOTFOUND, 0},
    {"gone", DC_ENOTFOUND, 0},
};

START_TEST(restart_ask__only_what_serves)
{
	dc_auto_free char *sql =
	    dc_asprintf("UPDATE instances SET state = '%s' WHERE number = 1",
		states[_i].state);

	tmpdb_exec(t.db, sql);
	ck_assert_int_eq(dc_restart_ask(t.db, t.service, 1, &err),
	    states[_i].rc);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM instances"
					 " WHERE restart <> 'none'"),
	    states[_i].wanted);
}
END_TEST

/* As the deployer would. */
static int64_t
claim_resumable(void)
{
	int64_t id = -1;

	ck_assert_int_eq(dc_machine_claim(t.db, &dc_instance_machine, &id,
			     DC_FROM(DC_INSTANCE_UP), DC_RESTART_RESUMABLE,
			     "you", &err),
	    0);
	return id;
}

static bool
is_settled(void)
{
	bool settled = false;

	ck_assert_int_eq(dc_restart_is_settled(t.db, &settled, t.service, &err),
	    0);
	return settled;
}

START_TEST(suspended__until_the_users_hold_ends)
{
	add_route();
	ck_assert(is_settled());
	ck_assert_int_eq(save(DC_HOLD_USER, later(60)), 0);
	ck_assert(!is_settled());
	tmpdb_exec(t.db, "UPDATE holds SET settled = 1");
	ck_assert(is_settled());
	ck_assert_int_eq(dc_restart_ask_suspended(t.db, t.service, &err), 0);
	ck_assert(!is_settled());
	ck_assert_int_eq(begin(first), 0);
	ck_assert_int_eq(begin(second), 0);
	ck_assert(!is_settled());
	tmpdb_exec(t.db, "UPDATE instances SET state = 'up'");
	ck_assert(is_settled());
	ck_assert_int_eq(claim_resumable(), 0);
	ck_assert_int_eq(release(NULL, DC_HOLD_USER), 0);
	ck_assert_int_eq(claim_resumable(), first);
	ck_assert_int_eq(claim_resumable(), second);
	tmpdb_exec(t.db, "DELETE FROM holds");
	ck_assert(!is_settled());
	ck_assert_int_eq(dc_restart_resume(t.db, first, &err), 0);
	ck_assert_int_eq(dc_restart_resume(t.db, second, &err), 0);
	ck_assert(is_settled());
}
END_TEST

Suite *
hold_suite(void)
{
	Suite *s = suite_create("hold");
	TCase *tc = tcase_create("hold");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, save__holds_nothing_without_a_route);
	tcase_add_test(tc, release__says_for_how_long);
	tcase_add_test(tc, hold__its_time_ends_it);
	tcase_add_test(tc, hold__one_that_has_ended_begins_anew);
	tcase_add_loop_test(tc, hold__each_owner_ends_his_own, 0,
	    DC_HOLD_NOWNERS);
	tcase_add_test(tc, release_all__leaves_the_user_his);
	tcase_add_test(tc, extend__never_shortens_and_leaves_the_user_his);
	tcase_add_test(tc, settle__not_what_was_changed_meanwhile);
	tcase_add_test(tc, forget__what_ended_long_ago);
	tcase_add_test(tc, restart__others_answer_meanwhile);
	tcase_add_test(tc, restart__one_that_is_ill_is_no_other);
	tcase_add_loop_test(tc, restart_ask__only_what_serves, 0,
	    sizeof(states) / sizeof(states[0]));
	tcase_add_test(tc, suspended__until_the_users_hold_ends);
	suite_add_tcase(s, tc);
	return s;
}
