/* tests/unit/test_runtime_supervisor.c -- a real supervisor, real processes:
 * everything is waited for through `watch`, a log line or the end of a pipe. */
#include "tests/support/supervised.h"

#include "common/base/auto.h"
#include "common/base/fs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *runtime_supervisor_suite(void);

START_TEST(launch__nothing_runs_before_it)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_options.waits = true;
	supervised_begin("[program:a]\ncommand=sleep 1000\n");
	ck_assert_str_eq(supervised_ask("status"), "");
	f = supervised_request("watch");

	ck_assert_str_eq(supervised_ask("launch"), "launched 1\n");

	supervised_await(f, "a STOPPED pid=0 crashes=0 Not started", line);
	supervised_await(f, "a STARTING pid=", line);
	supervised_await(f, "a RUNNING pid=", line);
	ck_assert_ptr_nonnull(
	    strstr(supervised_ask("status"), " RUNNING   pid "));
}
END_TEST

START_TEST(launch__a_mistake_is_answered_and_nothing_changes)
{
	supervised_options.waits = true;
	supervised_begin("[program:a]\ncommand='sleep\n");

	ck_assert_ptr_nonnull(strstr(supervised_ask("launch"),
	    "c.conf:2: command: no closing quotation"));
	supervised_save("[program:a]\ncommand=sleep 1000\n");
	ck_assert_str_eq(supervised_ask("launch"), "launched 1\n");
}
END_TEST

START_TEST(watch__a_crash_is_seen_at_once)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_options.waits = true;
	supervised_begin(
	    "[program:a]\ncommand=sh -c \"echo out; echo err >&2; exit 3\"\n"
	    "startretries=1\n");
	f = supervised_request("watch");
	(void)supervised_ask("launch");

	supervised_await(f, "a BACKOFF pid=0 crashes=1 exit status 3", line);
	supervised_await(f, "a FATAL pid=0 crashes=2 exit status 3", line);
	ck_assert_ptr_nonnull(strstr(supervised_ask("status a"), "FATAL"));
	ck_assert_str_eq(supervised_load_log("a.log"), "out\nout\n");
	ck_assert_str_eq(supervised_load_log("a_error.log"), "err\nerr\n");
}
END_TEST

START_TEST(stop__is_answered_when_the_process_is_gone)
{
	dc_auto_file FILE *f = NULL;
	char line[512];
	int pid = 0;

	/* Ignores SIGTERM, and says when it does. */
	supervised_begin(
	    "[program:a]\nstopwaitsecs=1\nautostart=false\n"
	    "command=sh -c \"trap '' TERM; while :; do sleep 1; done\"\n"
	    "stopasgroup=true\n");
	f = supervised_request("watch");
	ck_assert_str_eq(supervised_ask("start a"), "a: started\n");
	supervised_await(f, "a RUNNING", line);
	ck_assert_int_eq(sscanf(line, "a RUNNING pid=%d", &pid), 1);

	ck_assert_str_eq(supervised_ask("stop a"), "a: stopped\n");

	ck_assert_int_eq(kill(pid, 0), -1);
	supervised_await(f, "a STOPPED pid=0 crashes=0 signal 9", line);
	ck_assert_str_eq(supervised_ask("stop a"), "a: ERROR (not running)\n");
}
END_TEST

START_TEST(restart__says_both_and_changes_the_pid)
{
	int first, second;

	supervised_begin("[program:a]\ncommand=sleep 1000\n[program:b]\n"
			 "command=sleep 1000\nautostart=false\nstartsecs=0\n");
	first = supervised_number(supervised_ask("pid a"));

	ck_assert_str_eq(supervised_ask("restart a"),
	    "a: stopped\na: started\n");

	second = supervised_number(supervised_ask("pid a"));
	ck_assert_int_gt(first, 0);
	ck_assert_int_gt(second, 0);
	ck_assert_int_ne(first, second);
	ck_assert_str_eq(supervised_ask("start a"),
	    "a: ERROR (already started)\n");
	ck_assert_str_eq(supervised_ask("restart b"), "b: started\n");
}
END_TEST

START_TEST(start__what_cannot_run_is_a_spawn_error)
{
	supervised_begin(
	    "[program:a]\ncommand=/nonexistent\nautostart=false\n");

	ck_assert_str_eq(supervised_ask("start a"), "a: ERROR (spawn error)\n");
	ck_assert_str_eq(supervised_load_log("a_error.log"),
	    "dcinit: a: run '/nonexistent': No such file or directory\n");
	ck_assert_str_eq(supervised_ask("start x"),
	    "x: ERROR (no such process)\n");
}
END_TEST

START_TEST(hangup__touches_only_what_has_changed)
{
	dc_auto_file FILE *f = NULL;
	char line[512];
	int same, changed;

	supervised_begin(
	    "[program:same]\ncommand=sleep 1000\n[program:gone]\n"
	    "command=sleep 1000\n[program:changed]\ncommand=sleep 1000\n");
	same = supervised_number(supervised_ask("pid same"));
	changed = supervised_number(supervised_ask("pid changed"));
	f = supervised_request("watch");
	supervised_save("[program:same]\ncommand=sleep 1000\n"
			"[program:changed]\ncommand=sleep 1001\n"
			"[program:new]\ncommand=sleep 1000\n");

	ck_assert_int_eq(kill(supervised_pid, SIGHUP), 0);

	supervised_await(f, "gone REMOVED", line);
	supervised_await(f, "changed RUNNING", line);
	ck_assert_int_eq(supervised_number(supervised_ask("pid same")), same);
	ck_assert_int_ne(supervised_number(supervised_ask("pid changed")),
	    changed);
	ck_assert_int_gt(supervised_number(supervised_ask("pid new")), 0);
	ck_assert_str_eq(supervised_ask("pid gone"),
	    "gone: ERROR (no such process)\n");
}
END_TEST

START_TEST(reread__says_by_group_and_changes_nothing)
{
	int changed;

	supervised_begin("[program:changed]\ncommand=sleep 1000\n"
			 "numprocs=2\nprocess_name=c%(process_num)d\n"
			 "[program:gone]\ncommand=sleep 1000\n");
	changed = supervised_number(supervised_ask("pid changed:c0"));
	supervised_save("[program:changed]\ncommand=sleep 1001\n"
			"numprocs=2\nprocess_name=c%(process_num)d\n"
			"[program:new]\ncommand=sleep 1000\n"
			"numprocs=2\nprocess_name=n%(process_num)d\n");

	ck_assert_str_eq(supervised_ask("reread"),
	    "gone: disappeared\nchanged: changed\nnew: available\n");

	ck_assert_int_eq(supervised_number(supervised_ask("pid changed:c0")),
	    changed);
	ck_assert_int_gt(supervised_number(supervised_ask("pid gone:gone")), 0);
	ck_assert_str_eq(supervised_ask("pid new:n0"),
	    "new:n0: ERROR (no such process)\n");
	ck_assert_str_eq(supervised_ask("update"),
	    "gone: removed process group\nchanged: updated process group\n"
	    "new: added process group\n");
	ck_assert_int_gt(supervised_number(supervised_ask("pid new:n0")), 0);
	ck_assert_str_eq(supervised_ask("reread"),
	    "No config updates to processes\n");
}
END_TEST

START_TEST(clear__empties_the_logs_of_all_that_is_named)
{
	dc_auto_file FILE *first = NULL;
	dc_auto_file FILE *second = NULL;
	char line[512];

	supervised_options.waits = true;
	supervised_begin("[program:a]\nautorestart=false\nstartsecs=0\n"
			 "command=sh -c \"echo out; echo err >&2\"\n"
			 "numprocs=2\nprocess_name=%(process_num)d\n"
			 "[program:b]\ncommand=sleep 1000\nstartsecs=0\n"
			 "stdout_logfile=NONE\n");
	first = supervised_request("watch");
	second = supervised_request("watch");
	(void)supervised_ask("launch");
	supervised_await(first, "a:0 EXITED", line);
	supervised_await(second, "a:1 EXITED", line);
	ck_assert_str_eq(supervised_load_log("1_error.log"), "err\n");

	ck_assert_str_eq(supervised_ask("clear all"),
	    "a:0: cleared\na:1: cleared\nb: cleared\n");

	ck_assert_str_eq(supervised_load_log("0.log"), "");
	ck_assert_str_eq(supervised_load_log("1.log"), "");
	ck_assert_str_eq(supervised_load_log("1_error.log"), "");
}
END_TEST

START_TEST(avail__says_how_programs_start)
{
	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
			 "[program:b]\ncommand=sleep 1000\npriority=5\n"
			 "autostart=false\n[group:g]\nprograms=b\n");

	ck_assert_str_eq(supervised_ask("avail"),
	    "g:b                              in use    manual    999:5\n"
	    "a                                in use    auto      999:999\n");
}
END_TEST

/* Each stream once went on in the file that the other had moved away, found it
 * full and moved the new one over it. */
START_TEST(log__two_streams_of_one_path_rotate_it_once)
{
	dc_auto_free char *path = dc_asprintf("%s/both", supervised_logs);
	dc_auto_free char *second = dc_asprintf("%s.2", path);
	struct logfile out, err;

	ck_assert_int_eq(logfile_open(&out, path, 8, 3, NULL, NULL), 0);
	ck_assert_int_eq(logfile_open(&err, path, 8, 3, NULL, NULL), 0);

	logfile_write(&out, "first\n", 6);
	logfile_write(&err, "two\n", 4);
	logfile_write(&out, "3rd\n", 4);

	ck_assert_str_eq(supervised_load_log("both.1"), "first\n");
	ck_assert_str_eq(supervised_load_log("both"), "two\n3rd\n");
	ck_assert(!dc_fs_exists(second));
	logfile_close(&out);
	logfile_close(&err);
}
END_TEST

START_TEST(update__starts_nothing_before_launch)
{
	supervised_options.waits = true;
	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_ptr_nonnull(
	    strstr(supervised_ask("update"), "Nothing runs yet"));
	ck_assert_ptr_nonnull(
	    strstr(supervised_ask("reload"), "Nothing runs yet"));
	ck_assert_ptr_nonnull(
	    strstr(supervised_ask("restart all"), "Nothing runs yet"));
	ck_assert_str_eq(supervised_ask("status"), "");

	ck_assert_str_eq(supervised_ask("launch"), "launched 1\n");
	ck_assert_str_eq(supervised_ask("update"),
	    "No config updates to processes\n");
}
END_TEST

START_TEST(update__says_what_has_changed_and_what_is_wrong)
{
	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
			 "[program:b]\ncommand=sleep 1000\nstartsecs=0\n");
	supervised_save("[program:a]\ncommand=sleep 1001\nstartsecs=0\nfoo=1\n"
			"[program:c]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_ptr_nonnull(strstr(supervised_ask("update"),
	    ":4: unknown key 'foo', ignoring\nb: removed process group\n"
	    "a: updated process group\nc: added process group\n"));
}
END_TEST

START_TEST(reload__begins_anew_what_starts_by_itself)
{
	int a;

	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
			 "[program:b]\ncommand=sleep 1000\nstartsecs=0\n"
			 "autostart=false\n");
	a = supervised_number(supervised_ask("pid a"));
	(void)supervised_ask("start b");

	(void)supervised_ask("reload");

	ck_assert_int_gt(supervised_number(supervised_ask("pid a")), 0);
	ck_assert_int_ne(supervised_number(supervised_ask("pid a")), a);
	ck_assert_int_eq(supervised_number(supervised_ask("pid b")), 0);
}
END_TEST

START_TEST(signal__reaches_the_process)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
			 "autorestart=false\n");
	f = supervised_request("watch");
	ck_assert_str_eq(supervised_ask("signal a FOO"),
	    "a: ERROR (bad signal name)\n");
	ck_assert_str_eq(supervised_ask("signal a USR1"), "a: signalled\n");
	supervised_await(f, "a EXITED", line);
	ck_assert_ptr_nonnull(strstr(line, "signal 10"));
	ck_assert_str_eq(supervised_ask("signal a USR1"),
	    "a: ERROR (not running)\n");
}
END_TEST

START_TEST(shutdown__is_by_priority_in_reverse)
{
	supervised_begin("[program:a]\ncommand=sleep 1000\npriority=1\n"
			 "[program:c]\ncommand=sleep 1000\npriority=3\n"
			 "[program:b]\ncommand=sleep 1000\npriority=2\n");

	ck_assert_int_eq(supervised_end(SIGPWR), 0);

	supervised_await_event("stopped: c (signal 15");
	supervised_await_event("stopped: b (signal 15");
	supervised_await_event("stopped: a (signal 15");
	supervised_await_event("dcinit ends");
}
END_TEST

START_TEST(killed__takes_its_programs_along)
{
	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_int_eq(WTERMSIG(supervised_end(SIGKILL)), SIGKILL);
}
END_TEST

START_TEST(log__rotates_and_follows_no_link)
{
	dc_auto_free char *link = dc_asprintf("%s/evil.log", supervised_logs);
	dc_auto_free char *target = dc_asprintf("%s/target", supervised_dir);
	dc_auto_file FILE *f = NULL;
	char line[512];

	ck_assert_int_eq(symlink(target, link), 0);
	supervised_options.waits = true;
	supervised_begin(
	    "[program:evil]\ncommand=sh -c \"echo x; exec sleep 1000\"\n"
	    "[program:a]\nredirect_stderr=true\nautorestart=false\n"
	    "startsecs=0\nstdout_logfile_maxbytes=4\n"
	    "stdout_logfile_backups=1\n"
	    "command=sh -c \"echo one; read x; echo two >&2\"\n");
	f = supervised_request("watch");
	(void)supervised_ask("launch");
	supervised_await_event("evil.log': Too many levels");
	supervised_await(f, "a EXITED", line);
	(void)supervised_ask("start a");
	supervised_await(f, "a EXITED", line);

	supervised_await(f, "evil RUNNING", line);
	ck_assert(!dc_fs_exists(target));
	ck_assert_ptr_nonnull(strstr(supervised_load_log("a.log"), "two\n"));
	ck_assert_str_ne(supervised_load_log("a.log.1"), "");
}
END_TEST

START_TEST(control__idle_and_rude_clients_keep_nobody_out)
{
	char rude[1024];
	int fds[60];

	memset(rude, 'x', sizeof(rude));
	supervised_options.user = "root"; /* makes us the stranger */
	supervised_begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n");
	for (size_t i = 0; i < 60; i++) {
		fds[i] = supervised_dial();
		if (i % 2 == 1)
			(void)!send(fds[i], rude, sizeof(rude), MSG_NOSIGNAL);
	}

	ck_assert_ptr_nonnull(strstr(supervised_ask("status a"), "RUNNING"));

	ck_assert_str_eq(supervised_ask("nonsense"),
	    "ERROR not understood: 'nonsense'\n");
	ck_assert_str_eq(supervised_ask(""), "ERROR not understood: ''\n");
	ck_assert_str_eq(supervised_ask("stop"),
	    "ERROR not understood: 'stop'\n");
	for (size_t i = 0; i < 60; i++)
		(void)close(fds[i]);
}
END_TEST

START_TEST(user__programs_run_as_it_and_gain_nothing)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	if (getuid() != 0)
		return;
	ck_assert_int_eq(chown(supervised_logs, 65534, 65534), 0);
	supervised_options.user = "nobody";
	supervised_options.waits = true;
	supervised_begin(
	    "[program:a]\nautorestart=false\nstartsecs=0\n"
	    "command=sh -c \"id -un; id -Gn; echo $USER $0; umask; "
	    "grep NoNewPrivs /proc/self/status; pwd\"\ndirectory=/\n");
	f = supervised_request("watch");
	(void)supervised_ask("launch");
	supervised_await(f, "a EXITED", line);

	ck_assert_str_eq(supervised_load_log("a.log"),
	    "nobody\nnogroup\nnobody sh\n0022\nNoNewPrivs:\t1\n/\n");
}
END_TEST

Suite *
runtime_supervisor_suite(void)
{
	Suite *s = suite_create("runtime_supervisor");
	TCase *tc = tcase_create("processes");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, supervised_setup, supervised_teardown);
	tcase_add_test(tc, launch__nothing_runs_before_it);
	tcase_add_test(tc, launch__a_mistake_is_answered_and_nothing_changes);
	tcase_add_test(tc, watch__a_crash_is_seen_at_once);
	tcase_add_test(tc, stop__is_answered_when_the_process_is_gone);
	tcase_add_test(tc, restart__says_both_and_changes_the_pid);
	tcase_add_test(tc, start__what_cannot_run_is_a_spawn_error);
	tcase_add_test(tc, hangup__touches_only_what_has_changed);
	tcase_add_test(tc, reread__says_by_group_and_changes_nothing);
	tcase_add_test(tc, clear__empties_the_logs_of_all_that_is_named);
	tcase_add_test(tc, avail__says_how_programs_start);
	tcase_add_test(tc, log__two_streams_of_one_path_rotate_it_once);
	tcase_add_test(tc, shutdown__is_by_priority_in_reverse);
	tcase_add_test(tc, killed__takes_its_programs_along);
	tcase_add_test(tc, log__rotates_and_follows_no_link);
	tcase_add_test(tc, control__idle_and_rude_clients_keep_nobody_out);
	tcase_add_test(tc, update__starts_nothing_before_launch);
	tcase_add_test(tc, update__says_what_has_changed_and_what_is_wrong);
	tcase_add_test(tc, reload__begins_anew_what_starts_by_itself);
	tcase_add_test(tc, signal__reaches_the_process);
	tcase_add_test(tc, user__programs_run_as_it_and_gain_nothing);
	suite_add_tcase(s, tc);
	return s;
}
