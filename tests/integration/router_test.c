/* tests/integration/router_test.c -- the router with a real HAProxy under
 * load. Exits 77 where there is none. */
#include <check.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "deployer/haproxy.h"
#include "deployer/probe.h"
#include "tests/integration/router_world.h"

static struct world w;
static struct dc_err err;
static char body[16384];

static const struct router_host one_host[] = {{"blog.test", 0}};

static struct router_report
sync_hosts(const struct router_server *servers, size_t n,
    const struct router_host *hosts, size_t n_hosts)
{
	struct router_backend b = {.slot = 0,
	    .name = "blog.www\nevil",
	    .servers = servers,
	    .n = n};
	struct router_table t = {.backends = &b,
	    .n_backends = 1,
	    .hosts = hosts,
	    .n_hosts = n_hosts};
	struct router_report r = {0};
	int rc = router_sync(&r, &w.conf, &t, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return r;
}

static struct router_report
sync_servers(const struct router_server *servers, size_t n)
{
	return sync_hosts(servers, n, one_host, 1);
}

static void
wait_idle(int64_t instance)
{
	for (;;) {
		long n;
		int rc = router_sessions(&n, &w.conf, 0, instance, &err);

		ck_assert_msg(rc == 0, "%s", err.msg);
		if (n == 0)
			return;
		(void)poll(NULL, 0, 5);
	}
}

static int
get(const char *host, const char *path)
{
	return http_get(w.http_port, host, path, body, sizeof(body));
}

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

static void
wait_for_answer(int port)
{
	struct probe p = {.address = "127.0.0.1",
	    .port = port,
	    .abort_fd = -1,
	    .limit_ms = 30000};

	ck_assert_msg(probe_http(NULL, &p, &err) == 0, "%s", err.msg);
}

START_TEST(sync__ten_swaps_under_load_lose_nothing)
{
	struct router_server s[2] = {{1, "127.0.0.1", 0, false, 0}};
	int64_t start, spent = 0;
	struct load *l;
	pid_t old = server_start(&s[0].port, NULL, "v1"), new;

	wait_for_answer(s[0].port);
	(void)sync_servers(s, 1);
	l = load_start(w.http_port, "blog.test", 3, 3, 4);
	start = dc_mono_ms();
	for (int i = 2; i <= 11; i++) {
		int64_t t;
		long until = atomic_load(&l->good) + 200;

		s[1].port = 0;
		new = server_start(&s[1].port, NULL, "next");
		wait_for_answer(s[1].port);
		s[1].instance = i;
		s[1].address = "127.0.0.1";
		s[0].draining = true;
		t = dc_mono_ms();
		ck_assert_int_eq(sync_servers(s, 2).added, 1);
		spent += dc_mono_ms() - t;
		wait_idle(s[0].instance);
		s[0] = s[1];
		while (sync_servers(s, 1).pending > 0)
			(void)poll(NULL, 0, 5);
		server_stop(old);
		old = new;
		while (atomic_load(&l->good) < until)
			(void)poll(NULL, 0, 5);
	}
	load_stop(l);
	printf("# 10 swaps in %" PRId64 " ms, sync %" PRId64
	       " ms each, %ld good, %ld bad\n",
	    dc_mono_ms() - start, spent / 10, (long)l->good, (long)l->bad);
	server_stop(old);
	ck_assert_int_eq((int)l->bad, 0);
	ck_assert_int_ge((int)l->good, 2000);
}
END_TEST

START_TEST(sync__more_slots_reload_under_load_loses_nothing)
{
	struct router_server s[2] = {{1, "127.0.0.1", 0, false, 0},
	    {2, "127.0.0.1", 0, false, 0}};
	struct router_backend b[2] = {{0, "a.www", &s[0], 1},
	    {0, "b.www", &s[1], 1}};
	struct router_host h[2] = {{"blog.test", 0}, {"other.test", 0}};
	struct router_table t = {b, 2, h, 2, NULL, 0, NULL};
	pid_t one = server_start(&s[0].port, NULL, "one");
	pid_t two = server_start(&s[1].port, NULL, "two");
	struct load *l;

	(void)sync_servers(s, 1);
	l = load_start(w.http_port, "blog.test", 3, 4, 3);
	for (int slot = 5; slot < 200; slot *= 3) {
		struct router_report r;
		int64_t start = dc_mono_ms();

		b[1].slot = h[1].slot = slot;
		ck_assert_msg(router_sync(&r, &w.conf, &t, &err) == 0, "%s",
		    err.msg);
		printf("# reload to slot %d: %" PRId64 " ms\n", slot,
		    dc_mono_ms() - start);
		ck_assert(r.reloaded);
		ck_assert_int_eq(get("other.test", "/"), 200);
		ck_assert_ptr_nonnull(strstr(body, "two "));
	}
	load_stop(l);
	printf("# 4 reloads: %ld good, %ld bad\n", (long)l->good, (long)l->bad);
	server_stop(one);
	server_stop(two);
	ck_assert_int_eq((int)l->bad, 0);
}
END_TEST

/* NAME answers on FD, a connection of before, which then ends. */
static void
expect_kept(int fd, const char *name)
{
	static const char req[] = "GET / HTTP/1.1\r\nHost: blog.test\r\n\r\n";
	size_t len = 0;
	ssize_t n;

	ck_assert_int_eq(send(fd, req, sizeof(req) - 1, MSG_NOSIGNAL),
	    (ssize_t)sizeof(req) - 1);
	do {
		n = recv(fd, body + len, sizeof(body) - 1 - len, 0);
		len += n > 0 ? (size_t)n : 0;
		body[len] = '\0';
	} while (n > 0);
	ck_assert_msg(strncmp(body, "HTTP/1.1 200", 12) == 0, "%s", body);
	ck_assert_msg(strstr(body, name) != NULL, "%s", body);
}

/* A client that is silent while its worker is replaced and then its server: the
 * old worker has never heard of the new one. */
START_TEST(sync__a_reload_and_a_swap_lose_no_kept_client)
{
	struct router_server s[2] = {{1, "127.0.0.1", 0, false, 0},
	    {2, "127.0.0.1", 0, false, 0}};
	pid_t one = server_start(&s[0].port, NULL, "one"), two;
	int fd = -1;

	(void)sync_servers(s, 1);
	fd = http_send(w.http_port, "blog.test", "/", "");
	ck_assert_int_gt(recv(fd, body, sizeof(body), 0), 12);
	w.conf.slots *= 2;
	two = server_start(&s[1].port, NULL, "two");
	s[0].draining = true;
	ck_assert(sync_servers(s, 2).reloaded);
	wait_idle(1);
	server_stop(one);
	(void)sync_servers(s + 1, 1);
	expect_kept(fd, "\r\n\r\ntwo ");
	ck_assert_ptr_nonnull(strstr(body, "x-forwarded-for: 127.0.0.1\r\n"));
	close(fd);
	server_stop(two);
}
END_TEST

START_TEST(sync__is_idempotent_and_finds_hosts)
{
	static const struct router_host hosts[] = {{"blog.test", 0},
	    {"*.wild.test", 0}, {"api.test", 0}, {"Bad_Host", 0}, {"x y", 0},
	    {"a.test;quit\nx", 0}};
	static const struct {
		const char *host;
		int status;
	} cases[] = {{"blog.test", 200}, {"BLOG.test:8000", 200},
	    {"a.wild.test", 200}, {"a.b.c.d.e.wild.test", 200},
	    {"a.b.c.d.e.f.wild.test", 404}, {"wild.test", 404},
	    {"nobody.test", 404}, {"xblog.test", 404}};
	struct router_server s = {7, "127.0.0.1", 0, false, 0};
	pid_t pid = server_start(&s.port, NULL, "v1");
	struct router_report r;

	r = sync_hosts(&s, 1, hosts, 6);
	ck_assert_int_eq(r.added, 1);
	ck_assert_int_eq(r.ignored, 4);
	r = sync_hosts(&s, 1, hosts, 6);
	ck_assert_int_eq(r.added + r.removed + r.pending, 0);
	ck_assert(!r.reloaded);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		ck_assert_msg(get(cases[i].host, "/") == cases[i].status,
		    "%s: %s", cases[i].host, body);
	ck_assert_ptr_nonnull(strstr(body, "No such application"));
	(void)sync_servers(&s, 1);
	ck_assert_int_eq(get("a.wild.test", "/"), 404);
	ck_assert_int_eq(get("blog.test", "/"), 200);
	server_stop(pid);
}
END_TEST

START_TEST(haproxy__killed_and_started_again_has_the_table)
{
	struct router_server s = {7, "127.0.0.1", 0, false, 0};
	struct router_table none = {0};
	struct haproxy_workers ws;
	char sock[128];
	pid_t pid = server_start(&s.port, NULL, "v1");

	(void)snprintf(sock, sizeof(sock), "%s/haproxy-master.sock", w.dir);
	(void)sync_servers(&s, 1);
	ck_assert_int_eq(haproxy_workers(&ws, sock, &err), 0);
	kill(_i == 0 ? w.haproxy : ws.v[0].pid, SIGKILL);
	waitpid(w.haproxy, NULL, 0);
	ck_assert_int_eq(router_sync(NULL, &w.conf, &none, &err), DC_EBUSY);
	ck_assert_str_eq(err.msg, "router: haproxy is not running");
	s.instance = 8;
	ck_assert_int_eq(router_sync(NULL, &w.conf,
			     &(struct router_table){&(struct router_backend){0,
							"x", &s, 1},
				 1, one_host, 1, NULL, 0, NULL},
			     &err),
	    DC_EBUSY);
	world_start(&w);
	ck_assert_int_eq(get("blog.test", "/"), 200);
	ck_assert_int_eq(sync_servers(&s, 1).added, 0);
	ck_assert_int_eq(sync_servers(NULL, 0).removed, 1);
	ck_assert_int_eq(get("blog.test", "/"), 503);
	ck_assert_ptr_nonnull(strstr(body, "Application not available"));
	server_stop(pid);
}
END_TEST

START_TEST(sync__a_server_with_a_request_is_kept_until_it_ends)
{
	struct router_server s[2] = {{1, "127.0.0.1", 0, true, 0},
	    {2, "127.0.0.1", 0, false, 0}};
	int release, fd;
	pid_t old, new = server_start(&s[1].port, NULL, "new");
	long n = 0;

	old = server_start(&s[0].port, &release, "old");
	s[0].draining = false;
	(void)sync_servers(s, 1);
	fd = http_send(w.http_port, "blog.test", "/hold", "");
	while (n == 0) {
		ck_assert_int_eq(router_sessions(&n, &w.conf, 0, 1, &err), 0);
		(void)poll(NULL, 0, 2);
	}
	s[0].draining = true;
	(void)sync_servers(s, 2);
	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(get("blog.test", "/"), 200);
		ck_assert_ptr_nonnull(strstr(body, "new "));
	}
	ck_assert_int_eq(sync_servers(s + 1, 1).pending, 1);
	ck_assert_int_eq(write(release, "x", 1), 1);
	ck_assert_int_gt(recv(fd, body, sizeof(body), 0), 12);
	ck_assert_int_eq(memcmp(body, "HTTP/1.1 200", 12), 0);
	close(fd);
	wait_idle(1);
	ck_assert_int_eq(sync_servers(s + 1, 1).removed, 1);
	close(release);
	server_stop(old);
	server_stop(new);
}
END_TEST

/* Until HAProxy was refused once: field wretr of the one server's line. */
static void
wait_for_retry(void)
{
	struct haproxy_workers ws;
	char sock[128];

	(void)snprintf(sock, sizeof(sock), "%s/haproxy-master.sock", w.dir);
	ck_assert_int_eq(haproxy_workers(&ws, sock, &err), 0);
	for (;;) {
		dc_auto_free char *answer = NULL;
		const char *p;
		int rc = haproxy_ask(&answer, sock, ws.v[0].pid,
		    "show stat be_0 4 -1", &err);

		ck_assert_msg(rc == 0, "%s", err.msg);
		p = strstr(answer, "\nbe_0,i1,");
		ck_assert_ptr_nonnull(p);
		for (int i = 0; i < 15; i++)
			p = strchr(p, ',') + 1;
		if (strtol(p, NULL, 10) > 0)
			return;
		(void)poll(NULL, 0, 2);
	}
}

/* The process dies and its supervisor brings it back: the visitor waits. */
START_TEST(http__a_request_waits_for_a_restarting_process)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	pid_t pid = server_start(&s.port, NULL, "v1");
	int fd, port = s.port;

	(void)sync_servers(&s, 1);
	server_stop(pid);
	fd = http_send(w.http_port, "blog.test", "/", "");
	wait_for_retry();
	pid = server_start(&port, NULL, "back");
	ck_assert_int_gt(recv(fd, body, sizeof(body), 0), 12);
	ck_assert_int_eq(memcmp(body, "HTTP/1.1 200", 12), 0);
	close(fd);
	server_stop(pid);
}
END_TEST

/* Of two instances one is killed: nobody but its own visitors notices. */
START_TEST(http__a_dead_instance_is_passed_over)
{
	struct router_server s[2] = {{1, "127.0.0.1", 0, false, 0},
	    {2, "127.0.0.1", 0, false, 0}};
	pid_t one = server_start(&s[0].port, NULL, "one");
	pid_t two = server_start(&s[1].port, NULL, "two");

	(void)sync_servers(s, 2);
	server_stop(one);
	for (int i = 0; i < 50; i++)
		ck_assert_int_eq(get("blog.test", "/"), 200);
	server_stop(two);
}
END_TEST

START_TEST(http__headers_pages_and_upgrades)
{
	struct router_server s = {1, "127.0.0.1", 0, false, 0};
	pid_t pid = server_start(&s.port, NULL, "v1");
	char port[64];
	int fd;

	(void)sync_servers(&s, 1);
	ck_assert_int_eq(get("blog.test", "/"), 200);
	(void)snprintf(port, sizeof(port), "x-forwarded-port: %d\r\n",
	    w.http_port);
	ck_assert_ptr_nonnull(strstr(body, port));
	ck_assert_ptr_nonnull(strstr(body, "x-forwarded-for: 127.0.0.1\r\n"));
	ck_assert_ptr_nonnull(strstr(body, "x-real-ip: 127.0.0.1\r\n"));
	ck_assert_ptr_nonnull(strstr(body, "x-forwarded-proto: http\r\n"));
	ck_assert_ptr_nonnull(strstr(body, "x-forwarded-protocol: http\r\n"));

	ck_assert_int_eq(get("blog.test", "/close"), 502);
	ck_assert_ptr_nonnull(strstr(body, "not responding"));
	ck_assert_int_eq(get("blog.test", "/never"), 504);
	ck_assert_ptr_nonnull(strstr(body, "timed out"));

	fd = http_send(w.http_port, "blog.test", "/",
	    "Connection: Upgrade\r\nUpgrade: echo\r\n");
	ck_assert_int_gt(recv(fd, body, sizeof(body), 0), 12);
	ck_assert_int_eq(memcmp(body, "HTTP/1.1 101", 12), 0);
	ck_assert_int_eq(send(fd, "ping", 4, 0), 4);
	ck_assert_int_eq(recv(fd, body, sizeof(body), 0), 4);
	close(fd);
	server_stop(pid);
}
END_TEST

int
main(void)
{
	char *const version[] = {"haproxy", "-v", NULL};
	Suite *s = suite_create("router (real haproxy)");
	TCase *t = tcase_create("router");
	SRunner *r;
	int failed;

	if (dc_spawn_run(version, NULL, NULL, NULL, NULL, NULL) !=
	    0) { // NOLINT(cert-env33-c)
		(void)fprintf(stderr, "skipped: no haproxy\n");
		return 77;
	}
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, sync__is_idempotent_and_finds_hosts);
	tcase_add_test(t, http__headers_pages_and_upgrades);
	tcase_add_test(t, http__a_request_waits_for_a_restarting_process);
	tcase_add_test(t, http__a_dead_instance_is_passed_over);
	tcase_add_loop_test(t, haproxy__killed_and_started_again_has_the_table,
	    0, 2);
	tcase_add_test(t, sync__a_server_with_a_request_is_kept_until_it_ends);
	tcase_add_test(t, sync__ten_swaps_under_load_lose_nothing);
	tcase_add_test(t, sync__a_reload_and_a_swap_lose_no_kept_client);
	tcase_add_test(t, sync__more_slots_reload_under_load_loses_nothing);
	suite_add_tcase(s, t);
	suite_add_tcase(s, router_holds_case());
	r = srunner_create(s);
	srunner_run_all(r, CK_NORMAL);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? 0 : 1;
}
