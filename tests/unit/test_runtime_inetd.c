/* tests/unit/test_runtime_inetd.c -- a program for each connection, and what
 * becomes of its session. */
#include "common/base/auto.h"
#include "runtime/inetd.h"
#include "runtime/session.h"

#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *runtime_inetd_suite(void);

static struct inetd inetd;
static int epoll_fd;
static char *const cat[] = {"/bin/cat", NULL};

static void
setup(void)
{
	struct dc_err err = DC_ERR_INIT;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	ck_assert_int_eq(inetd_open(&inetd, epoll_fd, 0, cat, &err), 0);
}

static void
teardown(void)
{
	inetd_close(&inetd);
	(void)close(epoll_fd);
}

/* A connection that has been taken, whatever became of it. */
static int
call(void)
{
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(getsockname(inetd.source.fd, (struct sockaddr *)&at,
			     &size),
	    0);
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, size), 0);
	ck_assert_int_eq(loop_wait(epoll_fd, NULL), 0);
	return fd;
}

/* One program that has ended. */
static void
reap(void)
{
	pid_t pid;

	/* Without forks children of other tests may be left. */
	do {
		pid = waitpid(-1, NULL, 0);
		ck_assert_int_gt(pid, 0);
	} while (!inetd_reap(&inetd, pid));
	ck_assert(!inetd_reap(&inetd, pid));
}

START_TEST(connection__is_the_programs_input_and_output)
{
	char text[16] = "";
	int fd = call();

	ck_assert_uint_eq(inetd.n, 1);
	ck_assert_int_eq(send(fd, "hello", 5, MSG_NOSIGNAL), 5);
	ck_assert_int_eq(recv(fd, text, sizeof(text), 0), 5);
	ck_assert_str_eq(text, "hello");
	(void)close(fd);
	reap();
	ck_assert_uint_eq(inetd.n, 0);
}
END_TEST

START_TEST(connection__too_many_are_closed)
{
	int fds[INETD_MAX], more, i;
	char byte;

	for (i = 0; i < INETD_MAX; i++)
		fds[i] = call();
	more = call();
	ck_assert_int_eq(recv(more, &byte, 1, 0), 0);
	(void)close(more);
	(void)close(fds[0]);
	reap();
	fds[0] = call();
	ck_assert_int_eq(send(fds[0], "x", 1, MSG_NOSIGNAL), 1);
	ck_assert_int_eq(recv(fds[0], &byte, 1, 0), 1);
	for (i = 0; i < INETD_MAX; i++)
		(void)close(fds[i]);
	for (i = 0; i < INETD_MAX; i++)
		reap();
}
END_TEST

START_TEST(open__a_port_that_is_taken_is_an_error)
{
	struct inetd other = {.source.fd = -1};
	struct sockaddr_in at;
	socklen_t size = sizeof(at);
	int rc;

	ck_assert_int_eq(getsockname(inetd.source.fd, (struct sockaddr *)&at,
			     &size),
	    0);
	rc = inetd_open(&other, epoll_fd, ntohs(at.sin_port), cat, NULL);
	ck_assert_int_lt(rc, 0);
	inetd_close(&other);
}
END_TEST

/* What sshd does: session_run in a session of its own. *OUT is its stdout. */
static pid_t
start_session(int *out, const char *command)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (pid == 0) {
		(void)setsid();
		(void)dup2(fds[1], 1);
		(void)close(fds[0]);
		(void)close(fds[1]);
		(void)setenv("SSH_ORIGINAL_COMMAND", command, 1);
		(void)setenv("TERM", "odd", 1);
		_exit(session_run("/dev/null"));
	}
	(void)close(fds[1]);
	*out = fds[0];
	return pid;
}

static const struct {
	const char *command, *output;
	int status;
} commands[] = {
    {"exit 0", "", 0},
    {"echo \"$TERM\"; exit 7", "odd\n", 7},
    {"kill -TERM $$", "", 128 + SIGTERM},
    {"/no/such/thing 2>/dev/null", "", 127},
    {"echo \"${LOST-none}\"", "none\n", 0},
};

START_TEST(session__gives_output_and_status)
{
	char text[256] = "";
	size_t n = 0;
	int status, out;
	ssize_t r;
	pid_t pid;

	(void)setenv("LOST", "of whoever starts it", 1);
	pid = start_session(&out, commands[_i].command);
	while ((r = read(out, text + n, sizeof(text) - 1 - n)) > 0)
		n += (size_t)r;
	(void)close(out);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_str_eq(text, commands[_i].output);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), commands[_i].status);
}
END_TEST

/* The pipe's end comes when the last one that has it is gone. */
START_TEST(session__hangs_up_all_that_is_left_of_it)
{
	static const char text[] =
	    "sleep 1000 & (sleep 1000; echo never) & echo ready; sleep 1000";
	char line[16] = "";
	int out, status;
	pid_t pid = start_session(&out, text);

	ck_assert_int_eq(read(out, line, sizeof(line)), 6);
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	ck_assert_int_eq(read(out, line, sizeof(line)), 0);
	(void)close(out);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 128 + SIGHUP);
}
END_TEST

START_TEST(session__what_ignores_the_hangup_stays)
{
	char line[16] = "";
	int out, status;
	pid_t pid = start_session(&out,
	    "trap '' HUP; read -r x </dev/zero & echo $!; wait");
	pid_t stays;

	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	ck_assert_int_gt(read(out, line, sizeof(line) - 1), 1);
	stays = (pid_t)strtol(line, NULL, 10);
	ck_assert_int_eq(kill(pid, SIGHUP), 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(kill(stays, 0), 0);
	ck_assert_int_eq(kill(stays, SIGKILL), 0);
	/* The shell that waits for it ends with it. */
	ck_assert_int_eq(read(out, line, sizeof(line)), 0);
	(void)close(out);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 0);
}
END_TEST

Suite *
runtime_inetd_suite(void)
{
	Suite *s = suite_create("runtime_inetd");
	TCase *tc = tcase_create("inetd");
	TCase *session = tcase_create("session");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, connection__is_the_programs_input_and_output);
	tcase_add_test(tc, connection__too_many_are_closed);
	tcase_add_test(tc, open__a_port_that_is_taken_is_an_error);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(session, session__gives_output_and_status, 0,
	    sizeof(commands) / sizeof(commands[0]));
	tcase_add_test(session, session__hangs_up_all_that_is_left_of_it);
	tcase_add_test(session, session__what_ignores_the_hangup_stays);
	suite_add_tcase(s, session);
	return s;
}
