/* tests/unit/test_guard.c -- a program, and the children it is making, end
 * with us, whoever is killed. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/spawn.h"
#include "uploader/guard.h"

Suite *guard_suite(void);

/* Runs SCRIPT under a guard whose stdout is OUT. */
static pid_t
guarded(const char *script, int out)
{
	char *argv[] = {"sh", "-c", (char *)script, NULL};
	char *envp[] = {"PATH=/usr/bin:/bin", NULL};
	pid_t pid = dc_spawn_job(NULL);

	if (pid == 0) {
		(void)dup2(out, STDOUT_FILENO);
		guard_run(argv, envp);
	}
	return pid;
}

static int
status_of(const char *script)
{
	pid_t pid = guarded(script, STDERR_FILENO);

	ck_assert_int_gt(pid, 0);
	return guard_wait(pid, NULL);
}

START_TEST(run__gives_the_status)
{
	ck_assert_int_eq(status_of("exit 7"), 7);
	ck_assert_int_eq(status_of("kill -9 $$"), 128 + SIGKILL);
}
END_TEST

START_TEST(run__no_such_program)
{
	char *argv[] = {"/no/such/program", NULL};
	char *envp[] = {NULL};
	pid_t pid = dc_spawn_job(NULL);

	if (pid == 0) {
		(void)close(STDERR_FILENO);
		guard_run(argv, envp);
	}
	ck_assert_int_eq(guard_wait(pid, NULL), 127);
}
END_TEST

/* The program prints its parent's number, the guard's, and its own, while a
 * grandchild holds the pipe. */
#define WITH_CHILD "sleep 1000 & echo $PPID $$; wait"

enum victim {
	US,
	GUARD,
	PROGRAM
};

/* Of a parent of its own, which is us; what becomes of the pipe. */
static void
kill_one_of(enum victim victim)
{
	int fds[2], guard, program;
	pid_t us;
	FILE *f;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	us = dc_spawn_job(NULL);
	if (us == 0)
		_exit(guard_wait(guarded(WITH_CHILD, fds[1]), NULL) & 0xff);
	(void)close(fds[1]);
	f = fdopen(fds[0], "r");
	/* NOLINTNEXTLINE(cert-err34-c): a shell's own numbers */
	ck_assert_int_eq(fscanf(f, "%d %d", &guard, &program), 2);
	ck_assert_int_eq(fgetc(f), '\n');
	(void)kill(victim == US      ? us
		   : victim == GUARD ? guard
				     : program,
	    SIGKILL);
	/* The end of the file is the end of the last that had it open. */
	ck_assert_int_eq(fgetc(f), EOF);
	ck_assert_int_eq(dc_spawn_wait(us, NULL), 128 + SIGKILL);
	(void)fclose(f);
}

START_TEST(run__nothing_outlives_us)
{
	kill_one_of(US);
}
END_TEST

START_TEST(run__nothing_outlives_the_guard)
{
	kill_one_of(GUARD);
}
END_TEST

START_TEST(run__nothing_outlives_the_program)
{
	kill_one_of(PROGRAM);
}
END_TEST

/* git removes what it has not finished. */
START_TEST(run__sigterm_is_the_programs)
{
	int fds[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = guarded("trap 'exit 3' TERM; echo; sleep 1000 & wait", fds[1]);
	ck_assert_int_eq(read(fds[0], &c, 1), 1);
	(void)kill(-pid, SIGTERM);
	ck_assert_int_eq(guard_wait(pid, NULL), 3);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

Suite *
guard_suite(void)
{
	Suite *s = suite_create("guard");
	TCase *tc = tcase_create("guard");

	tcase_add_test(tc, run__gives_the_status);
	tcase_add_test(tc, run__no_such_program);
	tcase_add_test(tc, run__nothing_outlives_us);
	tcase_add_test(tc, run__nothing_outlives_the_guard);
	tcase_add_test(tc, run__nothing_outlives_the_program);
	tcase_add_test(tc, run__sigterm_is_the_programs);
	suite_add_tcase(s, tc);
	return s;
}
