/* tests/unit/test_job.c -- the job loop: a real daemon over a real store. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/job/job.h"
#include "common/store/build.h"
#include "tests/support/jobtest.h"
#include "tests/support/tmpdb.h"

#define PATIENCE_MS 20000

Suite *job_suite(void);

static struct tmpdb t;
static struct dc_err err;
static char *conf;
static pid_t daemon_pid;
static int bell;

/* The daemon, silent, as a child. */
static pid_t
start(void)
{
	pid_t pid = dc_spawn_job(&err);
	int null;

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)dup2(null, STDERR_FILENO);
	(void)execl("/proc/self/exe", JOBTEST_NAME, "-f", conf, (char *)NULL);
	_exit(127);
}

static void
setup(void)
{
	dc_auto_free char *text = NULL;

	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	text = dc_asprintf("root = %s\nrun = %s/run\nuser = root\n"
			   "node = node1\n",
	    t.dir, t.dir);
	conf = dc_asprintf("%s/dcloud.conf", t.dir);
	ck_assert_int_eq(dc_fs_save(conf, text, strlen(text), 0600, NULL), 0);
	ck_assert_int_eq(dc_bell_open(&bell, t.path, NULL), 0);
	daemon_pid = 0;
}

static void
teardown(void)
{
	if (daemon_pid > 0) {
		(void)kill(daemon_pid, SIGKILL);
		(void)dc_spawn_wait(daemon_pid, NULL);
	}
	(void)close(bell);
	free(conf);
	tmpdb_close(&t);
}

static void
add_build(const char *what)
{
	int64_t deployment = tmpdb_add_deployment(&t);

	ck_assert_int_eq(dc_build_add(t.db, deployment, t.service, what, NULL),
	    0);
}

/* Until SQL answers 1. */
static void
await(const char *sql)
{
	int64_t end = dc_mono_ms() + PATIENCE_MS;

	while (tmpdb_int(t.db, sql) != 1) {
		ck_assert_msg(dc_mono_ms() < end, "in vain: %s", sql);
		dc_bell_wait(bell, 100);
	}
}

#define STARTS "(SELECT count(*) FROM log_entries WHERE message = 'at work')"

START_TEST(row__is_claimed_run_and_released)
{
	add_build("move");
	add_build("move");
	daemon_pid = start();
	await("SELECT count(*) = 2 AS n FROM builds WHERE state = 'preparing'"
	      " AND claimed_by IS NULL");
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(DISTINCT moved_by) AS n FROM events"
			     " WHERE moved_by GLOB 'node1/jobtest/*'"),
	    2);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT " STARTS " AS n"), 2);
}
END_TEST

START_TEST(row__that_comes_later_rings)
{
	daemon_pid = start();
	add_build("move");
	await("SELECT count(*) AS n FROM builds WHERE state = 'preparing'");
}
END_TEST

/* Put off, not given up, and not at once. */
START_TEST(job__that_crashed_is_tried_again_later)
{
	int64_t begin = dc_mono_ms();

	add_build("crash");
	daemon_pid = start();
	await("SELECT " STARTS " >= 2 AS n");
	ck_assert_int_ge(dc_mono_ms() - begin, DC_JOB_RETRY_SECONDS * 1000);
}
END_TEST

START_TEST(job__no_more_at_once_than_the_limit)
{
	add_build("wait");
	add_build("wait");
	add_build("move");
	daemon_pid = start();
	await("SELECT " STARTS " = 2 AS n");
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM builds WHERE"
			     " claimed_by IS NOT NULL"),
	    2);
}
END_TEST

START_TEST(daemon__a_second_one_is_refused)
{
	add_build("move");
	daemon_pid = start();
	await("SELECT count(*) AS n FROM builds WHERE state = 'preparing'");
	ck_assert_int_eq(dc_spawn_wait(start(), &err), 1);
}
END_TEST

START_TEST(daemon__sigterm_gives_its_claims_back)
{
	add_build("wait");
	daemon_pid = start();
	await("SELECT " STARTS " = 1 AS n");
	ck_assert_int_eq(kill(daemon_pid, SIGTERM), 0);
	ck_assert_int_eq(dc_spawn_wait(daemon_pid, &err), 0);
	daemon_pid = 0;
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM builds WHERE state ="
			     " 'queued' AND claimed_by IS NULL"),
	    1);
}
END_TEST

START_TEST(daemon__killed_takes_up_where_it_was)
{
	add_build("wait");
	daemon_pid = start();
	await("SELECT " STARTS " = 1 AS n");
	ck_assert_int_eq(kill(daemon_pid, SIGKILL), 0);
	ck_assert_int_eq(dc_spawn_wait(daemon_pid, &err), 128 + SIGKILL);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM builds WHERE claimed_by"
			     " IS NOT NULL"),
	    1);
	daemon_pid = start();
	await("SELECT " STARTS " = 2 AS n");
}
END_TEST

Suite *
job_suite(void)
{
	Suite *s = suite_create("job");
	TCase *tc = tcase_create("job");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	if (geteuid() == 0) { /* as daemons are */
		tcase_add_test(tc, row__is_claimed_run_and_released);
		tcase_add_test(tc, row__that_comes_later_rings);
		tcase_add_test(tc, job__that_crashed_is_tried_again_later);
		tcase_add_test(tc, job__no_more_at_once_than_the_limit);
		tcase_add_test(tc, daemon__a_second_one_is_refused);
		tcase_add_test(tc, daemon__sigterm_gives_its_claims_back);
		tcase_add_test(tc, daemon__killed_takes_up_where_it_was);
	}
	suite_add_tcase(s, tc);
	return s;
}
