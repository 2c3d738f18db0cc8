/* tests/unit/test_runtime_supervisor.c -- a real supervisor, real processes:
 * everything is waited for through `watch`, a log line or the end of a pipe. */
#include "runtime/supervisor.h"

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

static char dir[] = "/tmp/test-supervisor-XXXXXX";
static char conf[64], sock[64], logs[64];
static struct supervisor_options options;
static pid_t supervisor;
static FILE *events; /* its own log */
static int alive_fd; /* end of file: all that it started is gone too */

static void
save(const char *text)
{
	FILE *f = fopen(conf, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

static void
setup(void)
{
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(chmod(dir, 0755), 0);
	(void)snprintf(conf, sizeof(conf), "%s/c.conf", dir);
	(void)snprintf(sock, sizeof(sock), "%s/s.sock", dir);
	(void)snprintf(logs, sizeof(logs), "%s/log", dir);
	ck_assert_int_eq(mkdir(logs, 0755), 0);
	options = (struct supervisor_options){.conf = conf,
	    .socket = sock,
	    .log_dir = logs,
	    .is_log_stderr = true};
	supervisor = 0;
	events = NULL;
	alive_fd = -1;
}

static void
await_event(const char *what)
{
	char line[1024];

	do
		ck_assert_msg(fgets(line, sizeof(line), events) != NULL,
		    "no '%s' before the end", what);
	while (strstr(line, what) == NULL);
}

static void
begin(const char *text)
{
	int fds[2], alive[2];

	save(text);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe(alive), 0); /* inherited by every program */
	supervisor = fork();
	ck_assert_int_ge(supervisor, 0);
	if (supervisor == 0) {
		struct dc_err err = DC_ERR_INIT;
		int rc;

		(void)close(alive[0]);
		(void)dup2(fds[1], STDERR_FILENO);
		rc = supervisor_run(&options, &err);
		if (rc < 0)
			(void)dprintf(STDERR_FILENO, "%s\n", err.msg);
		_exit(rc < 0 ? 1 : 0);
	}
	(void)close(fds[1]);
	(void)close(alive[1]);
	alive_fd = alive[0];
	events = fdopen(fds[0], "r");
	ck_assert_ptr_nonnull(events);
	await_event("dcinit started");
}

static int
end(int sig)
{
	int status;
	char c;

	ck_assert_int_eq(kill(supervisor, sig), 0);
	ck_assert_int_eq(waitpid(supervisor, &status, 0), supervisor);
	supervisor = 0;
	ck_assert_int_eq(read(alive_fd, &c, 1), 0);
	return status;
}

static void
teardown(void)
{
	if (supervisor > 0)
		ck_assert_int_eq(end(SIGTERM), 0);
	if (events != NULL)
		(void)fclose(events);
	if (alive_fd >= 0)
		(void)close(alive_fd);
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
}

static int
dial(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", sock);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

static FILE *
request(const char *line)
{
	FILE *f = fdopen(dial(), "r+");

	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "%s\n", line);
	(void)fflush(f);
	return f;
}

/* The whole answer; in a buffer of its own for each of two calls. */
static const char *
ask(const char *line)
{
	static char answers[2][8192];
	static int turn;
	char *answer = answers[turn = !turn];
	FILE *f = request(line);
	size_t n = fread(answer, 1, sizeof(answers[0]) - 1, f);

	answer[n] = '\0';
	(void)fclose(f);
	return answer;
}

static int
number(const char *answer)
{
	return (int)strtol(answer, NULL, 10);
}

/* Reads a watch until a line begins with PREFIX. */
static void
await(FILE *f, const char *prefix, char line[512])
{
	do
		ck_assert_msg(fgets(line, 512, f) != NULL,
		    "no '%s' before the end", prefix);
	while (strncmp(line, prefix, strlen(prefix)) != 0);
}

/* In a buffer of its own for each of two calls. */
static const char *
load_log(const char *name)
{
	static char texts[2][4096];
	static int turn;
	dc_auto_free char *path = dc_asprintf("%s/%s", logs, name);
	char *text = texts[turn = !turn];
	FILE *f = fopen(path, "re");
	size_t n;

	ck_assert_msg(f != NULL, "no log '%s'", name);
	n = fread(text, 1, sizeof(texts[0]) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}

START_TEST(launch__nothing_runs_before_it)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	options.waits = true;
	begin("[program:a]\ncommand=sleep 1000\n");
	ck_assert_str_eq(ask("status"), "");
	f = request("watch");

	ck_assert_str_eq(ask("launch"), "launched 1\n");

	await(f, "a STOPPED pid=0 crashes=0 Not started", line);
	await(f, "a STARTING pid=", line);
	await(f, "a RUNNING pid=", line);
	ck_assert_ptr_nonnull(strstr(ask("status"), " RUNNING   pid "));
}
END_TEST

START_TEST(launch__a_mistake_is_answered_and_nothing_changes)
{
	options.waits = true;
	begin("[program:a]\ncommand='sleep\n");

	ck_assert_ptr_nonnull(
	    strstr(ask("launch"), "c.conf:2: command: no closing quotation"));
	save("[program:a]\ncommand=sleep 1000\n");
	ck_assert_str_eq(ask("launch"), "launched 1\n");
}
END_TEST

START_TEST(watch__a_crash_is_seen_at_once)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	options.waits = true;
	begin("[program:a]\ncommand=sh -c \"echo out; echo err >&2; exit 3\"\n"
	      "startretries=1\n");
	f = request("watch");
	(void)ask("launch");

	await(f, "a BACKOFF pid=0 crashes=1 exit status 3", line);
	await(f, "a FATAL pid=0 crashes=2 exit status 3", line);
	ck_assert_ptr_nonnull(strstr(ask("status a"), "FATAL"));
	ck_assert_str_eq(load_log("a.log"), "out\nout\n");
	ck_assert_str_eq(load_log("a_error.log"), "err\nerr\n");
}
END_TEST

START_TEST(stop__is_answered_when_the_process_is_gone)
{
	dc_auto_file FILE *f = NULL;
	char line[512];
	int pid = 0;

	/* Ignores SIGTERM, and says when it does. */
	begin("[program:a]\nstopwaitsecs=1\nautostart=false\n"
	      "command=sh -c \"trap '' TERM; while :; do sleep 1; done\"\n"
	      "stopasgroup=true\n");
	f = request("watch");
	ck_assert_str_eq(ask("start a"), "a: started\n");
	await(f, "a RUNNING", line);
	ck_assert_int_eq(sscanf(line, "a RUNNING pid=%d", &pid), 1);

	ck_assert_str_eq(ask("stop a"), "a: stopped\n");

	ck_assert_int_eq(kill(pid, 0), -1);
	await(f, "a STOPPED pid=0 crashes=0 signal 9", line);
	ck_assert_str_eq(ask("stop a"), "a: ERROR (not running)\n");
}
END_TEST

START_TEST(restart__says_both_and_changes_the_pid)
{
	int first, second;

	begin("[program:a]\ncommand=sleep 1000\n[program:b]\n"
	      "command=sleep 1000\nautostart=false\nstartsecs=0\n");
	first = number(ask("pid a"));

	ck_assert_str_eq(ask("restart a"), "a: stopped\na: started\n");

	second = number(ask("pid a"));
	ck_assert_int_gt(first, 0);
	ck_assert_int_gt(second, 0);
	ck_assert_int_ne(first, second);
	ck_assert_str_eq(ask("start a"), "a: ERROR (already started)\n");
	ck_assert_str_eq(ask("restart b"), "b: started\n");
}
END_TEST

START_TEST(start__what_cannot_run_is_a_spawn_error)
{
	begin("[program:a]\ncommand=/nonexistent\nautostart=false\n");

	ck_assert_str_eq(ask("start a"), "a: ERROR (spawn error)\n");
	ck_assert_str_eq(load_log("a_error.log"),
	    "dcinit: a: run '/nonexistent': No such file or directory\n");
	ck_assert_str_eq(ask("start x"), "x: ERROR (no such process)\n");
}
END_TEST

START_TEST(reread__touches_only_what_has_changed)
{
	dc_auto_file FILE *f = NULL;
	char line[512];
	int same, changed;

	begin("[program:same]\ncommand=sleep 1000\n[program:gone]\n"
	      "command=sleep 1000\n[program:changed]\ncommand=sleep 1000\n");
	same = number(ask("pid same"));
	changed = number(ask("pid changed"));
	f = request("watch");
	save("[program:same]\ncommand=sleep 1000\n"
	     "[program:changed]\ncommand=sleep 1001\n"
	     "[program:new]\ncommand=sleep 1000\n");

	ck_assert_int_eq(kill(supervisor, SIGHUP), 0);

	await(f, "gone REMOVED", line);
	await(f, "changed RUNNING", line);
	ck_assert_int_eq(number(ask("pid same")), same);
	ck_assert_int_ne(number(ask("pid changed")), changed);
	ck_assert_int_gt(number(ask("pid new")), 0);
	ck_assert_str_eq(ask("pid gone"), "gone: ERROR (no such process)\n");
}
END_TEST

START_TEST(update__starts_nothing_before_launch)
{
	options.waits = true;
	begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_ptr_nonnull(strstr(ask("update"), "Nothing runs yet"));
	ck_assert_ptr_nonnull(strstr(ask("reload"), "Nothing runs yet"));
	ck_assert_ptr_nonnull(strstr(ask("restart all"), "Nothing runs yet"));
	ck_assert_str_eq(ask("status"), "");

	ck_assert_str_eq(ask("launch"), "launched 1\n");
	ck_assert_str_eq(ask("update"), "No config updates to processes\n");
}
END_TEST

START_TEST(update__says_what_has_changed_and_what_is_wrong)
{
	begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
	      "[program:b]\ncommand=sleep 1000\nstartsecs=0\n");
	save("[program:a]\ncommand=sleep 1001\nstartsecs=0\nfoo=1\n"
	     "[program:c]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_ptr_nonnull(strstr(ask("update"),
	    ":4: unknown key 'foo', ignoring\nb: removed process group\n"
	    "a: updated process group\nc: added process group\n"));
}
END_TEST

START_TEST(reload__begins_anew_what_starts_by_itself)
{
	int a;

	begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
	      "[program:b]\ncommand=sleep 1000\nstartsecs=0\n"
	      "autostart=false\n");
	a = number(ask("pid a"));
	(void)ask("start b");

	(void)ask("reload");

	ck_assert_int_gt(number(ask("pid a")), 0);
	ck_assert_int_ne(number(ask("pid a")), a);
	ck_assert_int_eq(number(ask("pid b")), 0);
}
END_TEST

START_TEST(signal__reaches_the_process)
{
	dc_auto_file FILE *f = NULL;
	char line[512];

	begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n"
	      "autorestart=false\n");
	f = request("watch");
	ck_assert_str_eq(ask("signal a FOO"), "FOO: ERROR (bad signal)\n");
	ck_assert_str_eq(ask("signal a USR1"), "a: signalled\n");
	await(f, "a EXITED", line);
	ck_assert_ptr_nonnull(strstr(line, "signal 10"));
	ck_assert_str_eq(ask("signal a USR1"), "a: ERROR (not running)\n");
}
END_TEST

START_TEST(shutdown__is_by_priority_in_reverse)
{
	begin("[program:a]\ncommand=sleep 1000\npriority=1\n"
	      "[program:c]\ncommand=sleep 1000\npriority=3\n"
	      "[program:b]\ncommand=sleep 1000\npriority=2\n");

	ck_assert_int_eq(end(SIGPWR), 0);

	await_event("stopped: c (signal 15");
	await_event("stopped: b (signal 15");
	await_event("stopped: a (signal 15");
	await_event("dcinit ends");
}
END_TEST

START_TEST(killed__takes_its_programs_along)
{
	begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n");

	ck_assert_int_eq(WTERMSIG(end(SIGKILL)), SIGKILL);
}
END_TEST

START_TEST(log__rotates_and_follows_no_link)
{
	dc_auto_free char *link = dc_asprintf("%s/evil.log", logs);
	dc_auto_free char *target = dc_asprintf("%s/target", dir);
	dc_auto_file FILE *f = NULL;
	char line[512];

	ck_assert_int_eq(symlink(target, link), 0);
	options.waits = true;
	begin("[program:evil]\ncommand=sh -c \"echo x; exec sleep 1000\"\n"
	      "[program:a]\nredirect_stderr=true\nautorestart=false\n"
	      "startsecs=0\nstdout_logfile_maxbytes=4\n"
	      "stdout_logfile_backups=1\n"
	      "command=sh -c \"echo one; read x; echo two >&2\"\n");
	f = request("watch");
	(void)ask("launch");
	await_event("evil.log': Too many levels");
	await(f, "a EXITED", line);
	(void)ask("start a");
	await(f, "a EXITED", line);

	await(f, "evil RUNNING", line);
	ck_assert(!dc_fs_exists(target));
	ck_assert_ptr_nonnull(strstr(load_log("a.log"), "two\n"));
	ck_assert_str_ne(load_log("a.log.1"), "");
}
END_TEST

START_TEST(control__idle_and_rude_clients_keep_nobody_out)
{
	char rude[1024];
	int fds[60];

	memset(rude, 'x', sizeof(rude));
	options.user = "root"; /* makes us the stranger */
	begin("[program:a]\ncommand=sleep 1000\nstartsecs=0\n");
	for (size_t i = 0; i < 60; i++) {
		fds[i] = dial();
		if (i % 2 == 1)
			(void)!send(fds[i], rude, sizeof(rude), MSG_NOSIGNAL);
	}

	ck_assert_ptr_nonnull(strstr(ask("status a"), "RUNNING"));

	ck_assert_str_eq(ask("nonsense"), "ERROR not understood: 'nonsense'\n");
	ck_assert_str_eq(ask(""), "ERROR not understood: ''\n");
	ck_assert_str_eq(ask("stop"), "ERROR not understood: 'stop'\n");
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
	ck_assert_int_eq(chown(logs, 65534, 65534), 0);
	options.user = "nobody";
	options.waits = true;
	begin("[program:a]\nautorestart=false\nstartsecs=0\n"
	      "command=sh -c \"id -un; id -Gn; echo $USER $0; umask; "
	      "grep NoNewPrivs /proc/self/status; pwd\"\ndirectory=/\n");
	f = request("watch");
	(void)ask("launch");
	await(f, "a EXITED", line);

	ck_assert_str_eq(load_log("a.log"),
	    "nobody\nnogroup\nnobody sh\n0022\nNoNewPrivs:\t1\n/\n");
}
END_TEST

Suite *
runtime_supervisor_suite(void)
{
	Suite *s = suite_create("runtime_supervisor");
	TCase *tc = tcase_create("processes");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, launch__nothing_runs_before_it);
	tcase_add_test(tc, launch__a_mistake_is_answered_and_nothing_changes);
	tcase_add_test(tc, watch__a_crash_is_seen_at_once);
	tcase_add_test(tc, stop__is_answered_when_the_process_is_gone);
	tcase_add_test(tc, restart__says_both_and_changes_the_pid);
	tcase_add_test(tc, start__what_cannot_run_is_a_spawn_error);
	tcase_add_test(tc, reread__touches_only_what_has_changed);
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
