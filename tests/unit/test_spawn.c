/* tests/unit/test_spawn.c -- other programs: their lines, statuses and what
 * they inherit. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/spawn.h"

Suite *spawn_suite(void);

static struct dc_err err;

static void
add_line(const char *line, void *arg)
{
	dc_str_addf(arg, "[%s]", line);
}

static int
shell(struct dc_str *out, const char *script, const char *input)
{
	char *argv[] = {"sh", "-c", (char *)(uintptr_t)script, NULL};

	err = (struct dc_err)DC_ERR_INIT;
	return dc_spawn_run(argv, NULL, input, out != NULL ? add_line : NULL,
	    out, &err);
}

START_TEST(run__gives_each_line_of_both_outputs)
{
	dc_auto_str struct dc_str out = {0};

	ck_assert_int_eq(shell(&out, "echo a; echo b >&2; printf c", NULL), 0);
	ck_assert_str_eq(out.data, "[a][b][c]");
}
END_TEST

START_TEST(run__input_is_given_or_empty)
{
	dc_auto_str struct dc_str out = {0};

	ck_assert_int_eq(shell(&out, "cat", "x\ny"), 0);
	ck_assert_int_eq(shell(&out, "cat", NULL), 0);
	ck_assert_str_eq(out.data, "[x][y]");
}
END_TEST

START_TEST(run__more_input_than_a_pipe_holds)
{
	dc_auto_free char *text = dc_xcalloc(1, 1000001);
	dc_auto_str struct dc_str out = {0};

	memset(text, 'x', 1000000);
	ck_assert_int_eq(shell(&out, "wc -c", text), 0);
	ck_assert_str_eq(out.data, "[1000000]");
}
END_TEST

START_TEST(run__a_failure_says_its_last_words)
{
	ck_assert_int_eq(shell(NULL, "echo it broke; exit 3", NULL), DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "exit status 3"));
	ck_assert_ptr_nonnull(strstr(err.msg, "it broke"));
}
END_TEST

START_TEST(run__no_such_program)
{
	char *argv[] = {"/nonexistent/program", NULL};

	ck_assert_int_eq(dc_spawn_run(argv, NULL, NULL, NULL, NULL, &err),
	    DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "cannot be run"));
}
END_TEST

START_TEST(run__the_environment_is_what_was_given)
{
	char *argv[] = {"env", NULL}, *envp[] = {"ONLY=this", NULL};
	dc_auto_str struct dc_str out = {0};

	ck_assert_int_eq(dc_spawn_run(argv, envp, NULL, add_line, &out, &err),
	    0);
	ck_assert_str_eq(out.data, "[ONLY=this]");
}
END_TEST

/* What we have open is none of its business. */
START_TEST(run__no_descriptor_of_ours)
{
	dc_auto_fd int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dc_auto_str struct dc_str script = {0};

	dc_str_addf(&script, "[ ! -e /proc/self/fd/%d ]", fd);
	ck_assert_int_eq(shell(NULL, script.data, NULL), 0);
}
END_TEST

START_TEST(job__has_a_group_of_its_own_and_open_signals)
{
	sigset_t set;
	pid_t pid;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGUSR1, SIG_IGN);
	pid = dc_spawn_job(&err);
	if (pid == 0) {
		(void)sigprocmask(SIG_BLOCK, NULL, &set);
		_exit((getpgrp() != getpid()) + 2 * sigismember(&set, SIGTERM) +
		      4 * (signal(SIGUSR1, SIG_DFL) != SIG_DFL));
	}
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)signal(SIGUSR1, SIG_DFL);
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(dc_spawn_wait(pid, &err), 0);
}
END_TEST

/* At once: before the child has run at all. */
START_TEST(job__its_group_can_be_killed_from_the_first_moment)
{
	int i;

	for (i = 0; i < 50; i++) {
		pid_t pid = dc_spawn_job(&err);

		if (pid == 0)
			for (;;)
				(void)pause();
		ck_assert_int_eq(kill(-pid, SIGKILL), 0);
		ck_assert_int_eq(dc_spawn_wait(pid, &err), 128 + SIGKILL);
	}
}
END_TEST

START_TEST(describe__as_people_say_it)
{
	dc_auto_free char *exited = dc_spawn_describe(3);
	dc_auto_free char *killed = dc_spawn_describe(128 + SIGKILL);

	ck_assert_str_eq(exited, "exited with status 3");
	ck_assert_str_eq(killed, "was ended by signal 9 (Killed)");
}
END_TEST

Suite *
spawn_suite(void)
{
	Suite *s = suite_create("spawn");
	TCase *tc = tcase_create("spawn");

	tcase_add_test(tc, run__gives_each_line_of_both_outputs);
	tcase_add_test(tc, run__input_is_given_or_empty);
	tcase_add_test(tc, run__more_input_than_a_pipe_holds);
	tcase_add_test(tc, run__a_failure_says_its_last_words);
	tcase_add_test(tc, run__no_such_program);
	tcase_add_test(tc, run__the_environment_is_what_was_given);
	tcase_add_test(tc, run__no_descriptor_of_ours);
	tcase_add_test(tc, job__has_a_group_of_its_own_and_open_signals);
	tcase_add_test(tc, job__its_group_can_be_killed_from_the_first_moment);
	tcase_add_test(tc, describe__as_people_say_it);
	suite_add_tcase(s, tc);
	return s;
}
