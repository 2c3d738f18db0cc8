/* tests/unit/test_activity.c -- who did what, who works on what, and
 * deployments that somebody cancels. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/activity.h"
#include "common/store/application.h"
#include "common/store/collaborator.h"
#include "common/store/deployment.h"
#include "tests/support/tmpdb.h"

Suite *activity_suite(void);

static struct tmpdb t;
static int64_t bob, carol;

static void
setup(void)
{
	tmpdb_open(&t);
	ck_assert_int_eq(dc_account_add(t.db, &bob, "bob", "", "h", NULL), 0);
	ck_assert_int_eq(dc_account_add(t.db, &carol, "carol", "", "h", NULL),
	    0);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static int
add_row(const struct dc_activity *row, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%s %s %s %s/%s\n", row->category, row->action,
	    row->application, row->service, row->actor);
	return 0;
}

/* The rows as text, the deployment's own ids left out. */
static char *
rows(int64_t account, int64_t app, int64_t max)
{
	struct dc_str text = {0};

	ck_assert_int_eq(dc_activity_each(t.db, account, app, max, add_row,
			     &text, NULL),
	    0);
	return dc_str_steal(&text);
}

static bool
add_bob(void)
{
	bool is_new = false;

	ck_assert_int_eq(dc_collaborator_add(t.db, &is_new, t.application,
			     "bob", NULL),
	    0);
	return is_new;
}

START_TEST(add__says_who_did_what_to_whose)
{
	char *text;

	ck_assert_int_eq(dc_activity_add(t.db, bob,
			     &(struct dc_activity){.application_id =
						       t.application,
				 .service = "www",
				 .category = "service",
				 .action = "scale"},
			     NULL),
	    0);
	text = rows(t.account, t.application, 100);
	ck_assert_str_eq(text, "app deploy blog /alice\n"
			       "service scale blog www/bob\n");
	free(text);
	text = rows(t.account, 0, 1);
	ck_assert_str_eq(text, "service scale blog www/bob\n");
	free(text);
}
END_TEST

START_TEST(each__shows_others_only_what_they_work_on)
{
	char *text = rows(bob, 0, 100);

	ck_assert_str_eq(text, "");
	free(text);
	ck_assert(add_bob());
	text = rows(bob, 0, 100);
	ck_assert_str_eq(text, "app deploy blog /alice\n");
	free(text);
}
END_TEST

START_TEST(add__outlives_the_application)
{
	char *text;

	tmpdb_exec(t.db, "DELETE FROM deployments");
	ck_assert_int_eq(dc_application_destroy(t.db, t.application, NULL), 0);
	ck_assert_int_eq(dc_application_remove(t.db, t.application, NULL), 0);
	text = rows(t.account, 0, 100);
	ck_assert_str_eq(text, "app deploy blog /alice\n");
	free(text);
}
END_TEST

START_TEST(add__is_undone_with_the_act)
{
	const struct dc_activity row = {.application_id = t.application,
	    .category = "app",
	    .action = "create"};
	int64_t id;
	int rc;

	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	ck_assert_int_eq(dc_activity_add(t.db, t.account, &row, NULL), 0);
	rc = dc_application_add(t.db, &id, t.account, "blog", "live", NULL);
	ck_assert_int_eq(rc, DC_EBUSY);
	ck_assert_int_eq(dc_db_end(t.db, rc, NULL), DC_EBUSY);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM activity"),
	    1);
}
END_TEST

static int
add_details(const char *details)
{
	return dc_activity_add(t.db, t.account,
	    &(struct dc_activity){.application_id = t.application,
		.category = "env",
		.action = "change",
		.details = details},
	    NULL);
}

START_TEST(add__says_a_part_of_what_is_long)
{
	struct dc_str text = {0};
	int i;

	for (i = 0; i < 10000; i++)
		dc_str_addf(&text, "%sset=V%04d", i > 0 ? " " : "", i);
	ck_assert_int_eq(add_details(text.data), 0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT length(details) AS n FROM activity"
			     " WHERE action = 'change' AND details LIKE"
			     " '% set=V0408'"),
	    409 * 10 - 1);
	memset(text.data, 'x', text.len);
	ck_assert_int_eq(add_details(text.data), 0);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM activity"
					 " WHERE details = ''"),
	    1);
	dc_str_done(&text);
}
END_TEST

START_TEST(add__keeps_the_newest_of_an_account)
{
	dc_auto_free char *sql =
	    dc_asprintf("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i "
			"+ 1 FROM n"
			" WHERE i < %d) INSERT INTO activity (account_id, "
			"application_id,"
			" application, service, category, action, details, "
			"actor,"
			" created_at) SELECT a.id, 0, '', '', 'c', 'a', '', "
			"a.name, i"
			" FROM n, accounts a",
		DC_KEPT_ACTIVITY + 5);

	tmpdb_exec(t.db, sql);
	ck_assert_int_eq(add_details("set=A"), 0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM activity a JOIN"
			     " accounts u ON u.id = account_id"
			     " WHERE u.name = 'alice'"),
	    DC_KEPT_ACTIVITY);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM activity a JOIN"
			     " accounts u ON u.id = account_id"
			     " WHERE u.name = 'bob'"),
	    DC_KEPT_ACTIVITY + 5);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM activity"
					 " WHERE action = 'change'"),
	    1);
}
END_TEST

START_TEST(begin__a_part_of_a_transaction_is_undone_alone)
{
	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	tmpdb_exec(t.db, "UPDATE accounts SET email = 'one'");
	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	tmpdb_exec(t.db, "UPDATE accounts SET email = 'two'");
	ck_assert_int_eq(dc_db_end(t.db, DC_EFAIL, NULL), DC_EFAIL);
	ck_assert(dc_db_in_transaction(t.db));
	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	tmpdb_exec(t.db, "UPDATE accounts SET password_hash = 'three'");
	ck_assert_int_eq(dc_db_end(t.db, 0, NULL), 0);
	ck_assert_int_eq(dc_db_end(t.db, 0, NULL), 0);
	ck_assert(!dc_db_in_transaction(t.db));
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM accounts WHERE"
			     " email = 'one' AND password_hash = 'three'"),
	    3);
}
END_TEST

START_TEST(collaborator__finds_the_application_by_its_owner)
{
	dc_auto_application struct dc_application a = {0};
	dc_auto_application struct dc_application none = {0};

	ck_assert_int_eq(dc_application_find(t.db, &none, bob, "blog-alice",
			     NULL),
	    DC_ENOTFOUND);
	ck_assert(add_bob());
	ck_assert(!add_bob());
	ck_assert_int_eq(dc_application_find(t.db, &a, bob, "blog-alice", NULL),
	    0);
	ck_assert_int_eq(a.id, t.application);
	ck_assert_int_eq(dc_application_find(t.db, &none, bob, "blog", NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_application_find(t.db, &none, carol, "blog-alice",
			     NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_application_find(t.db, &none, bob, "blog-bob",
			     NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_collaborator_remove(t.db, t.application, "bob",
			     NULL),
	    0);
	ck_assert_int_eq(dc_application_find(t.db, &none, bob, "blog-alice",
			     NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_collaborator_remove(t.db, t.application, "bob",
			     NULL),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(collaborator__neither_nobody_nor_the_owner)
{
	bool is_new;

	ck_assert_int_eq(dc_collaborator_add(t.db, &is_new, t.application,
			     "nobody", NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_collaborator_add(t.db, &is_new, t.application,
			     "alice", NULL),
	    DC_EBUSY);
}
END_TEST

START_TEST(collaborator__may_be_removed_with_what_he_deployed)
{
	int64_t id;

	ck_assert(add_bob());
	ck_assert_int_eq(dc_deployment_add(t.db, &id, NULL, t.application,
			     t.revision, bob, false, NULL),
	    0);
	ck_assert_int_eq(dc_account_remove(t.db, bob, NULL), 0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM deployments"),
	    2);
}
END_TEST

static enum dc_deployment_state
state_of(int64_t id)
{
	dc_auto_deployment struct dc_deployment d = {0};

	ck_assert_int_eq(dc_deployment_load(t.db, &d, id, NULL), 0);
	return d.state;
}

START_TEST(cancel__ends_what_was_not_begun_at_once)
{
	char *text;

	ck_assert_int_eq(dc_deployment_cancel(t.db, t.deployment, bob, "bob",
			     NULL),
	    0);
	ck_assert_int_eq(state_of(t.deployment), DC_DEPLOYMENT_CANCELLED);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM log_entries WHERE"
			     " status = 'deploy_fail' AND message ="
			     " 'Deployment cancelled by bob'"),
	    1);
	text = rows(t.account, 0, 1);
	ck_assert_str_eq(text, "app cancel blog /bob\n");
	free(text);
	ck_assert_int_eq(dc_deployment_cancel(t.db, t.deployment, bob, "bob",
			     NULL),
	    DC_EBUSY);
}
END_TEST

/* Where no ~/data moves and nothing migrates. */
static bool
is_skipped(int state)
{
	return state == DC_DEPLOYMENT_MOVING ||
	       state == DC_DEPLOYMENT_MIGRATING;
}

/* Loop: each state that a deployment passes. */
START_TEST(cancel__until_it_switches)
{
	struct dc_err err = DC_ERR_INIT;
	dc_auto_deployment struct dc_deployment d = {0};
	int state, rc, want;

	for (state = 1; state <= _i; state++)
		if (!is_skipped(state))
			ck_assert_int_eq(dc_deployment_move(t.db, t.deployment,
					     state == DC_DEPLOYMENT_PROBING
						 ? DC_DEPLOYMENT_LAUNCHING
						 : state - 1,
					     state, NULL, NULL),
			    0);
	if (is_skipped(_i))
		return;
	want = _i < DC_DEPLOYMENT_SWITCHING ? 0 : DC_EBUSY;
	rc = dc_deployment_cancel(t.db, t.deployment, bob, "bob", &err);
	ck_assert_int_eq(rc, want);
	ck_assert_int_eq(dc_deployment_load(t.db, &d, t.deployment, NULL), 0);
	ck_assert_int_eq(d.cancelled_by != NULL, want == 0);
	ck_assert_int_eq(d.state, _i);
}
END_TEST

Suite *
activity_suite(void)
{
	Suite *s = suite_create("activity");
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, add__says_who_did_what_to_whose);
	tcase_add_test(c, each__shows_others_only_what_they_work_on);
	tcase_add_test(c, add__outlives_the_application);
	tcase_add_test(c, add__is_undone_with_the_act);
	tcase_add_test(c, add__says_a_part_of_what_is_long);
	tcase_add_test(c, add__keeps_the_newest_of_an_account);
	tcase_add_test(c, begin__a_part_of_a_transaction_is_undone_alone);
	tcase_add_test(c, collaborator__finds_the_application_by_its_owner);
	tcase_add_test(c, collaborator__neither_nobody_nor_the_owner);
	tcase_add_test(c, collaborator__may_be_removed_with_what_he_deployed);
	tcase_add_test(c, cancel__ends_what_was_not_begun_at_once);
	tcase_add_loop_test(c, cancel__until_it_switches, 1,
	    DC_DEPLOYMENT_FAILED);
	suite_add_tcase(s, c);
	return s;
}
