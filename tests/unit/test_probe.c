/* tests/unit/test_probe.c -- probes against small servers of our own. */
#include <arpa/inet.h>
#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/spawn.h"
#include "deployer/probe.h"

Suite *probe_suite(void);

static struct dc_err err;

/* Bound, so that nobody else has the port; refuses until listen(). */
static int
bind_port(int *port)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	*port = ntohs(in.sin_port);
	return fd;
}

/* Listens once a byte comes on GO (-1: now), answers the Nth request with
 * ANSWERS[N], the last one for ever; checks that it was asked for PATH. */
static pid_t
serve(int fd, int go, const char *const *answers, const char *path)
{
	pid_t pid = dc_spawn_job(&err);
	char buf[1024];

	ck_assert_int_ge(pid, 0);
	if (pid > 0)
		return pid;
	if (go >= 0)
		(void)!read(go, buf, 1);
	if (listen(fd, 16) != 0)
		_exit(1);
	for (;;) {
		int one = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		ssize_t n = recv(one, buf, sizeof(buf) - 1, 0);

		if (n <= 0)
			continue;
		buf[n] = '\0';
		if (strncmp(buf + 4, path, strlen(path)) != 0)
			(void)snprintf(buf, sizeof(buf),
			    "HTTP/1.1 500 Wrong Path\r\n\r\n");
		else
			(void)snprintf(buf, sizeof(buf), "%s", *answers);
		(void)send(one, buf, strlen(buf), MSG_NOSIGNAL);
		close(one);
		if (answers[1] != NULL)
			answers++;
	}
}

static void
stop(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static struct probe
probe_of(int port, int64_t limit_ms)
{
	return (struct probe){.address = "127.0.0.1",
	    .port = port,
	    .limit_ms = limit_ms,
	    .abort_fd = -1};
}

START_TEST(http__waits_for_the_first_good_answer)
{
	static const char *const answers[] = {"HTTP/1.1 503 Starting\r\n\r\n",
	    "nonsense\r\n", "", "HTTP/1.0 404 Not Found\r\n\r\n", NULL};
	int port, go[2];
	dc_auto_fd int fd = bind_port(&port);
	struct probe p = probe_of(port, 60000);
	int64_t took = -1;
	pid_t pid, writer;

	ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
	pid = serve(fd, go[0], answers, "/CloudHealthCheck HTTP/1.1\r\n");
	writer = dc_spawn_job(&err);
	if (writer == 0) {
		/* The port refuses until the probe was at it for a while. */
		struct probe closed = probe_of(port, 50);

		(void)probe_tcp(NULL, &closed, NULL);
		(void)!write(go[1], "x", 1);
		_exit(0);
	}
	ck_assert_int_eq(probe_http(&took, &p, &err), 0);
	ck_assert_int_ge((int)took, 0);
	waitpid(writer, NULL, 0);
	stop(pid);
	close(go[0]);
	close(go[1]);
}
END_TEST

START_TEST(http__says_what_was_seen_last)
{
	static const char *const cases[][3] =
	    {{"HTTP/1.1 503 Not\x1b[1m yet\r\n\r\n", NULL,
		 "answered '503 Not?[1m yet'); `healthcheck: {path: /}`"},
		{"SSH-2.0-x\r\n", NULL,
		    "answered something that is not HTTP: 'SSH-2.0-x'"},
		{"", NULL, "closed the connection without an answer"}};
	int port;
	dc_auto_fd int fd = bind_port(&port);
	struct probe p = probe_of(port, 200);
	pid_t pid = serve(fd, -1, cases[_i], "/");
	int rc = probe_http(NULL, &p, &err);

	stop(pid);
	ck_assert_int_eq(rc, DC_EUSER);
	ck_assert_msg(strstr(err.msg, cases[_i][2]) != NULL, "%s", err.msg);
}
END_TEST

START_TEST(http__a_refused_connection_is_named)
{
	int port;
	dc_auto_fd int fd = bind_port(&port);
	struct probe p = probe_of(port, 100);
	int rc = probe_http(NULL, &p, &err);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(rc, DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "connection refused"));
}
END_TEST

START_TEST(http__an_ended_process_ends_the_probe)
{
	int port, p[2];
	dc_auto_fd int fd = bind_port(&port);
	struct probe probe = probe_of(port, 60000);
	int rc;

	if (_i == 1) /* accepts and never answers */
		ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(pipe2(p, O_CLOEXEC), 0);
	probe.abort_fd = p[0];
	close(p[1]);
	rc = probe_http(NULL, &probe, &err);
	ck_assert_int_eq(rc, DC_ESTALE);
	close(p[0]);
}
END_TEST

START_TEST(http__path_and_host_are_the_callers)
{
	static const char *const answers[] = {"HTTP/1.1 200 OK\r\n\r\n", NULL};
	int port;
	dc_auto_fd int fd = bind_port(&port);
	struct probe p = probe_of(port, 60000);
	pid_t pid =
	    serve(fd, -1, answers, "/up HTTP/1.1\r\nHost: blog.test\r\n");
	int rc;

	p.path = "/up";
	p.host = "blog.test";
	rc = probe_http(NULL, &p, &err);
	stop(pid);
	ck_assert_msg(rc == 0, "%s", err.msg);
}
END_TEST

START_TEST(tcp__a_connect_is_enough)
{
	int port;
	dc_auto_fd int fd = bind_port(&port);
	struct probe p = probe_of(port, 100);

	ck_assert_int_eq(probe_tcp(NULL, &p, &err), DC_EUSER);
	ck_assert_int_eq(listen(fd, 4), 0);
	ck_assert_int_eq(probe_tcp(NULL, &p, &err), 0);
	p.address = "localhost";
	ck_assert_int_eq(probe_tcp(NULL, &p, &err), DC_EINVAL);
}
END_TEST

Suite *
probe_suite(void)
{
	Suite *s = suite_create("probe");
	TCase *t = tcase_create("probe");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, http__waits_for_the_first_good_answer);
	tcase_add_loop_test(t, http__says_what_was_seen_last, 0, 3);
	tcase_add_test(t, http__a_refused_connection_is_named);
	tcase_add_loop_test(t, http__an_ended_process_ends_the_probe, 0, 2);
	tcase_add_test(t, http__path_and_host_are_the_callers);
	tcase_add_test(t, tcp__a_connect_is_enough);
	suite_add_tcase(s, t);
	return s;
}
