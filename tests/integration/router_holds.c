/* tests/integration/router_holds.c -- requests that wait in a real HAProxy;
 * a part of router_test.c. */
#include "tests/integration/router_world.h"

#include <check.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/fs.h"
#include "deployer/haproxy.h"

static struct world w;
static struct dc_err err;
static char body[16384];

static const struct router_host hosts[] = {{"blog.test", 0}, {"free.test", 1}};

static void
setup(void)
{
	world_init(&w, 4);
}

static void
teardown(void)
{
	world_done(&w);
}

/* SERVER (NULL: none) behind blog.test, FREE behind free.test; requests for
 * blog.test wait until UNTIL. */
static void
sync_held(const struct router_server *server, const struct router_server *other,
    int64_t until)
{
	struct router_backend b[] = {{0, "blog.www", server, server != NULL},
	    {1, "free.www", other, other != NULL}};
	struct router_hold h = {0, until};
	struct router_table t = {b, 2, hosts, 2, &h, until > 0, NULL};
	int rc = router_sync(NULL, &w.conf, &t, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
}

static void
expect_200(int fd)
{
	ck_assert_int_gt(recv(fd, body, sizeof(body), 0), 12);
	ck_assert_msg(memcmp(body, "HTTP/1.1 200", 12) == 0, "%s", body);
	close(fd);
}

/* Nothing serves for a while, five times, and nobody notices. */
START_TEST(hold__a_gap_under_load_loses_nothing)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	pid_t pid = server_start(&s.port, NULL, "v1");
	struct load *l;
	long n;

	sync_held(&s, NULL, 0);
	l = load_start(w.http_port, "blog.test", 4, 4, 4);
	for (int i = 2; i <= 6; i++) {
		long until = atomic_load(&l->good) + 100;

		while (atomic_load(&l->good) < until)
			(void)poll(NULL, 0, 5);
		s.draining = true;
		sync_held(&s, NULL, dc_now_ms() + 60000);
		do
			ck_assert_int_eq(router_sessions(&n, &w.conf, 0,
					     s.instance, &err),
			    0);
		while (n > 0);
		sync_held(NULL, NULL, dc_now_ms() + 60000);
		server_stop(pid);
		s = (struct router_server){i, "127.0.0.1", 0, false, 0};
		pid = server_start(&s.port, NULL, "next");
		sync_held(&s, NULL, 0);
	}
	load_stop(l);
	printf("# 5 gaps: %ld good, %ld bad\n", (long)l->good, (long)l->bad);
	ck_assert_int_eq((int)l->bad, 0);
	server_stop(pid);
}
END_TEST

START_TEST(hold__what_waits_and_what_does_not)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	struct router_server other = {2, "127.0.0.1", 0, false, 0};
	pid_t one = server_start(&s.port, NULL, "one");
	pid_t two = server_start(&other.port, NULL, "two");
	int get, post, late, upgrade, gone;

	sync_held(NULL, &other, dc_now_ms() + 60000);
	get = http_send(w.http_port, "blog.test", "/", "");
	post = http_send(w.http_port, "blog.test", "/",
	    "Content-Length: 10\r\n\r\n0123456789");
	late = http_send(w.http_port, "blog.test", "/",
	    "Content-Length: 10\r\n\r\n01234");
	upgrade = http_send(w.http_port, "blog.test", "/",
	    "Connection: Upgrade\r\nUpgrade: echo\r\n");
	gone = http_send(w.http_port, "blog.test", "/", "");
	close(gone);
	ck_assert_int_eq(http_get(w.http_port, "free.test", "/", body,
			     sizeof(body)),
	    200);
	ck_assert_int_eq(send(late, "56789", 5, 0), 5);
	sync_held(&s, &other, dc_now_ms() + 60000);
	sync_held(&s, &other, 0);
	expect_200(get);
	expect_200(post);
	expect_200(late);
	ck_assert_int_gt(recv(upgrade, body, sizeof(body), 0), 12);
	ck_assert_int_eq(memcmp(body, "HTTP/1.1 101", 12), 0);
	ck_assert_int_eq(send(upgrade, "ping", 4, 0), 4);
	ck_assert_int_eq(recv(upgrade, body, sizeof(body), 0), 4);
	close(upgrade);
	server_stop(one);
	server_stop(two);
}
END_TEST

/* With nobody to release it; and then there is a server, so what has waited is
 * answered. */
START_TEST(hold__ends_by_itself)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	pid_t pid = server_start(&s.port, NULL, "one");
	int64_t until = dc_now_ms() + 700;

	sync_held(&s, NULL, until);
	ck_assert_int_eq(http_get(w.http_port, "blog.test", "/", body,
			     sizeof(body)),
	    200);
	ck_assert(dc_now_ms() >= until);
	server_stop(pid);
}
END_TEST

/* A hold ends by the clock that says when: HAProxy's own does not follow steps
 * of it, here because its worker was stopped for a while. */
START_TEST(hold__ends_by_the_clock)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	pid_t pid = server_start(&s.port, NULL, "one");
	int64_t until = dc_now_ms() + 4000;
	struct haproxy_workers ws;
	char sock[128];

	(void)snprintf(sock, sizeof(sock), "%s/haproxy-master.sock", w.dir);
	sync_held(&s, NULL, until);
	ck_assert_int_eq(haproxy_workers(&ws, sock, &err), 0);
	kill(ws.v[0].pid, SIGSTOP);
	(void)poll(NULL, 0, 3500);
	kill(ws.v[0].pid, SIGCONT);
	ck_assert_int_eq(http_get(w.http_port, "blog.test", "/", body,
			     sizeof(body)),
	    200);
	ck_assert_int_ge(dc_now_ms(), until);
	ck_assert_int_lt(dc_now_ms(), until + 2500);
	server_stop(pid);
}
END_TEST

/* Who waits in a worker that a reload has replaced goes on there. */
START_TEST(hold__outlives_a_reload_and_a_start)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	struct router_server other = {2, "127.0.0.1", 0, false, 0};
	pid_t one = server_start(&s.port, NULL, "one");
	pid_t two = server_start(&other.port, NULL, "two");
	int before, after;

	sync_held(NULL, &other, dc_now_ms() + 60000);
	before = http_send(w.http_port, "blog.test", "/", "");
	ck_assert_int_eq(http_get(w.http_port, "free.test", "/", body,
			     sizeof(body)),
	    200);
	w.conf.slots *= 2;
	sync_held(NULL, &other, dc_now_ms() + 60000);
	after = http_send(w.http_port, "blog.test", "/", "");
	ck_assert_int_eq(http_get(w.http_port, "free.test", "/", body,
			     sizeof(body)),
	    200);
	sync_held(&s, &other, 0);
	expect_200(before);
	expect_200(after);
	server_stop(one);
	server_stop(two);
}
END_TEST

TCase *
router_holds_case(void)
{
	TCase *t = tcase_create("holds");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, hold__what_waits_and_what_does_not);
	tcase_add_test(t, hold__ends_by_itself);
	tcase_add_test(t, hold__ends_by_the_clock);
	tcase_add_test(t, hold__outlives_a_reload_and_a_start);
	tcase_add_test(t, hold__a_gap_under_load_loses_nothing);
	return t;
}
