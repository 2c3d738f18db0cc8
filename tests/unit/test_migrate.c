/* tests/unit/test_migrate.c -- migrate: of a build file, and which deployments
 * migrate. */
#include <check.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/buildfile/buildfile.h"
#include "common/store/deployment.h"
#include "common/store/hold.h"
#include "common/store/instance.h"
#include "common/store/service.h"
#include "deployer/migrate.h"
#include "deployer/scale.h"
#include "tests/support/tmpdb.h"

Suite *migrate_suite(void);

#define SERVICE "www:\n  type: custom\n  migrate: "

static struct dc_type some[] = {{.name = (char *)"custom"}};
static const struct dc_types types = {some, 1};
static struct dc_err err;

static const struct {
	const char *text, *command;
	int deadline;
} good[] = {
    {SERVICE "./up --all\n", "./up --all", 60},
    {SERVICE "{command: a && b}\n", "a && b", 60},
    {SERVICE "{deadline: 600, command: a}\n", "a", 600},
    {SERVICE "{command: a, deadline: \"5\"}\n", "a", 5},
    {SERVICE "\n", NULL, 60},
};

START_TEST(parse__a_command_and_its_deadline)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	dc_auto_service_def struct dc_service_def copy = {0};
	dc_auto_free char *json = NULL;
	const char *text = good[_i].text;

	ck_assert_msg(dc_buildfile_parse(&file, text, strlen(text), &types,
			  &err) == 0,
	    "%s%s", text, err.msg);
	ck_assert_pstr_eq(file.services[0].migrate, good[_i].command);
	ck_assert_int_eq(file.services[0].migrate_deadline, good[_i].deadline);
	json = dc_service_to_json(&file.services[0]);
	ck_assert_int_eq(dc_service_from_json(&copy, json, &err), 0);
	ck_assert_pstr_eq(copy.migrate, good[_i].command);
	ck_assert_int_eq(copy.migrate_deadline, good[_i].deadline);
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
    {SERVICE "{command: a, deadline: 0}\n",
	"a number of seconds from 1 to 600"},
    {SERVICE "{command: a, deadline: 601}\n", "a number of seconds from 1"},
    {SERVICE "{command: a, deadline: [1]}\n", "a number of seconds from 1"},
    {SERVICE "{deadline: 1}\n", "\"migrate\" has no command"},
    {SERVICE "{}\n", "\"migrate\" has no command"},
    {SERVICE "''\n", "\"migrate\" has no command"},
    {SERVICE "{command: a, late: 1}\n", "\"migrate\" has no key \"late\""},
    {SERVICE "[a]\n", "Expected a type string but got a type list"},
    {SERVICE "{command: {a: b}}\n", "Expected a type string but got"},
    {SERVICE "../../up\n", "\"migrate\" leaves the pushed tree"},
};

START_TEST(parse__refuses_anything_else)
{
	dc_auto_buildfile struct dc_buildfile file = {0};
	const char *text = bad[_i].text;

	ck_assert_msg(dc_buildfile_parse(&file, text, strlen(text), &types,
			  &err) < 0,
	    "%s", text);
	ck_assert_msg(strstr(err.msg, bad[_i].message) != NULL, "%s%s", text,
	    err.msg);
}
END_TEST

static struct tmpdb t;
static struct dc_job job;
static int64_t old;

/* A version serves; its revision is the one that is deployed again. */
static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	job = (struct dc_job){.db = t.db, .claim = "me"};
	tmpdb_exec(t.db,
	    "UPDATE revision_services SET definition = "
	    "'{\"name\":\"www\",\"type\":\"custom\",\"approot\":\".\","
	    "\"migrate\":\"up\",\"migrate_deadline\":7}'");
	old = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	tmpdb_exec(t.db, "UPDATE instances SET state = 'up'");
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "test", &err),
	    0);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static bool
decide(void)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_deployment struct dc_deployment now = {0};
	int64_t id = tmpdb_add_deployment(&t);

	ck_assert_int_eq(dc_deployment_load(t.db, &d, id, &err), 0);
	ck_assert_int_eq(migrate_decide(&job, &d, &err), 0);
	ck_assert_int_eq(dc_deployment_load(t.db, &now, id, &err), 0);
	ck_assert_int_eq(d.migrates, now.migrates);
	return now.migrates;
}

START_TEST(decide__not_when_the_revision_serves)
{
	ck_assert(!decide());
}
END_TEST

START_TEST(decide__when_another_one_serves_or_none)
{
	tmpdb_exec(t.db, "UPDATE instances SET state = 'gone'");
	ck_assert(decide());
}
END_TEST

START_TEST(decide__only_when_the_build_file_has_it)
{
	tmpdb_exec(t.db, "UPDATE instances SET state = 'gone'");
	tmpdb_exec(t.db,
	    "UPDATE revision_services SET definition = '" TMPDB_DEFINITION "'");
	tmpdb_exec(t.db,
	    "UPDATE revision_services SET definition ="
	    " '{\"name\":\"www\",\"type\":\"custom\",\"approot\":\".\"}'");
	ck_assert(!decide());
}
END_TEST

/* 10 to drain, 10 to stop, 30 to start, 7 of its own, 60 of the health check.
 */
START_TEST(hold__covers_all_deadlines)
{
	dc_auto_deployment struct dc_deployment d = {0};
	struct dc_hold hold;
	bool held = false;
	int64_t id = tmpdb_add_deployment(&t), before, after;

	ck_assert_int_eq(dc_deployment_load(t.db, &d, id, &err), 0);
	before = dc_now_ms();
	ck_assert_int_eq(migrate_hold(&held, &job, &d, &err), 0);
	after = dc_now_ms();
	ck_assert(held);
	ck_assert_int_eq(dc_hold_find(t.db, &hold, t.service,
			     DC_HOLD_DEPLOYMENT, &err),
	    0);
	ck_assert_int_ge(hold.until, before + 117000);
	ck_assert_int_le(hold.until, after + 117000);
}
END_TEST

START_TEST(hold__nobody_waits_for_the_first_version)
{
	dc_auto_deployment struct dc_deployment d = {0};
	bool held = true;
	int64_t id = tmpdb_add_deployment(&t);

	tmpdb_exec(t.db, "UPDATE instances SET state = 'failed'");
	ck_assert_int_eq(dc_deployment_load(t.db, &d, id, &err), 0);
	ck_assert_int_eq(migrate_hold(&held, &job, &d, &err), 0);
	ck_assert(!held);
}
END_TEST

/* The job of before was killed, most of its hold has passed. Here the router's
 * files have no place, and so nothing runs after the hold. */
START_TEST(run__holds_again)
{
	struct dc_conf conf = {.root = t.dir,
	    .run = (char *)"/dev/null",
	    .user = (char *)"nobody",
	    .subnet = (char *)"10.88.0.0/16",
	    .domain = (char *)"localhost",
	    .http_bind = (char *)"127.0.0.1:1",
	    .public_host = (char *)"127.0.0.1"};
	struct unit u = {.job = &job,
	    .boxes = t.dir,
	    .box = (char *)"none",
	    .def.migrate = (char *)"up",
	    .def.migrate_deadline = 7};
	struct environment env = {0};
	struct dc_hold hold;
	int64_t id;

	job.conf = &conf;
	t.deployment = tmpdb_add_deployment(&t);
	id = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	tmpdb_exec(t.db, "UPDATE instances SET state = 'launching'"
			 " WHERE state = 'creating'");
	ck_assert_int_eq(dc_instance_load(t.db, &u.row, id, &err), 0);
	ck_assert_int_eq(dc_hold_save(t.db, NULL, t.service, DC_HOLD_DEPLOYMENT,
			     dc_now_ms() + 1000, &err),
	    0);
	ck_assert_int_lt(migrate_run(&u, &env, &err), 0);
	ck_assert_int_eq(dc_hold_find(t.db, &hold, t.service,
			     DC_HOLD_DEPLOYMENT, &err),
	    0);
	ck_assert_int_ge(hold.until, dc_now_ms() + 100000);
	dc_instance_done(&u.row);
}
END_TEST

/* Its deployment has ended meanwhile. */
START_TEST(run__holds_nothing_for_one_that_was_given_up)
{
	struct unit u = {.job = &job, .def.migrate_deadline = 7};
	struct environment env = {0};
	struct dc_hold hold;

	ck_assert_int_eq(dc_instance_load(t.db, &u.row, old, &err), 0);
	ck_assert_int_eq(migrate_run(&u, &env, &err), DC_ESTALE);
	ck_assert_int_eq(dc_hold_find(t.db, &hold, t.service,
			     DC_HOLD_DEPLOYMENT, &err),
	    DC_ENOTFOUND);
	dc_instance_done(&u.row);
}
END_TEST

static void
save_hold(enum dc_hold_owner owner)
{
	ck_assert_int_eq(dc_hold_save(t.db, NULL, t.service, owner,
			     dc_now_ms() + 60000, &err),
	    0);
}

/* The old one was just being restarted, and its user has suspended all. */
START_TEST(switch__ends_every_hold_but_the_users)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_instance struct dc_instance was = {0};
	int64_t new;

	t.deployment = tmpdb_add_deployment(&t);
	new = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	tmpdb_exec(t.db, "UPDATE instances SET state = CASE WHEN state = 'up'"
			 " THEN 'restarting' ELSE 'ready' END");
	save_hold(DC_HOLD_DEPLOYMENT);
	save_hold(DC_HOLD_INSTANCE);
	save_hold(DC_HOLD_USER);
	ck_assert_int_eq(dc_deployment_load(t.db, &d, t.deployment, &err), 0);
	ck_assert_int_eq(scale_switch(&job, &d, &err), 0);
	ck_assert_int_eq(dc_instance_load(t.db, &was, old, &err), 0);
	ck_assert_int_eq(was.state, DC_INSTANCE_DRAINING);
	dc_instance_done(&was);
	ck_assert_int_eq(dc_instance_load(t.db, &was, new, &err), 0);
	ck_assert_int_eq(was.state, DC_INSTANCE_UP);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM holds"
					 " WHERE owner = 'user'"),
	    1);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM holds"), 1);
}
END_TEST

Suite *
migrate_suite(void)
{
	Suite *s = suite_create("migrate");
	TCase *parse = tcase_create("parse");
	TCase *tc = tcase_create("deployment");

	tcase_add_loop_test(parse, parse__a_command_and_its_deadline, 0,
	    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(parse, parse__refuses_anything_else, 0,
	    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, parse);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, decide__not_when_the_revision_serves);
	tcase_add_test(tc, decide__when_another_one_serves_or_none);
	tcase_add_test(tc, decide__only_when_the_build_file_has_it);
	tcase_add_test(tc, hold__covers_all_deadlines);
	tcase_add_test(tc, hold__nobody_waits_for_the_first_version);
	tcase_add_test(tc, run__holds_again);
	tcase_add_test(tc, run__holds_nothing_for_one_that_was_given_up);
	tcase_add_test(tc, switch__ends_every_hold_but_the_users);
	suite_add_tcase(s, tc);
	return s;
}
