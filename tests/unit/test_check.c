/* tests/unit/test_check.c -- one question to a server of our own, without
 * waiting inside of it. */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/spawn.h"
#include "deployer/check.h"

Suite *check_suite(void);

static struct dc_err err;
static struct probe probe;
static struct check check;
static int listener;
static pid_t server;

static void
set_up(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(in);

	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(listener, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&in, &len),
	    0);
	probe =
	    (struct probe){.address = "127.0.0.1", .port = ntohs(in.sin_port)};
	check = (struct check){.fd = -1};
	server = 0;
}

static void
tear_down(void)
{
	if (server > 0) {
		(void)kill(server, SIGKILL);
		(void)dc_spawn_wait(server, NULL);
	}
	check_done(&check);
	(void)close(listener);
}

/* Answers one request with TEXT and hangs up. */
static void
serve(const char *text)
{
	char buf[1024];

	ck_assert_int_eq(listen(listener, 4), 0);
	server = dc_spawn_job(&err);
	ck_assert_int_ge(server, 0);
	if (server > 0)
		return;
	for (;;) {
		int one = accept(listener, NULL, NULL);

		(void)!recv(one, buf, sizeof(buf), 0);
		(void)!send(one, text, strlen(text), MSG_NOSIGNAL);
		(void)close(one);
	}
}

static enum check_result
ask(void)
{
	enum check_result result = check_begin(&check, &probe);

	while (result == CHECK_PENDING) {
		struct pollfd p = {.fd = check.fd, .events = check.events};

		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		result = check_go_on(&check, &probe);
	}
	return result;
}

static enum check_result
ask_http(const char *text)
{
	serve(text);
	probe_format(&check.request, &probe);
	return ask();
}

START_TEST(check__below_500_is_good)
{
	ck_assert_int_eq(ask_http("HTTP/1.1 404 Not Found\r\n\r\n"),
	    CHECK_GOOD);
}
END_TEST

START_TEST(check__from_500_is_failing)
{
	ck_assert_int_eq(ask_http("HTTP/1.1 503 Not\x01Now\r\n\r\n"),
	    CHECK_FAILING);
	ck_assert_str_eq(check.seen, "answered '503 Not?Now'");
}
END_TEST

START_TEST(check__another_status_than_the_good_one_is_failing)
{
	probe.status = 204;
	ck_assert_int_eq(ask_http("HTTP/1.1 200 OK\r\n\r\n"), CHECK_FAILING);
}
END_TEST

START_TEST(check__what_is_not_http_is_failing)
{
	ck_assert_int_eq(ask_http("SSH-2.0\r\n"), CHECK_FAILING);
}
END_TEST

START_TEST(check__an_end_without_answer_is_silent)
{
	ck_assert_int_eq(ask_http(""), CHECK_SILENT);
	ck_assert_int_eq(check.step, CHECK_IDLE);
}
END_TEST

START_TEST(check__nobody_there_is_silent)
{
	ck_assert_int_eq(ask(), CHECK_SILENT);
	ck_assert_str_eq(check.seen, "nothing listens");
}
END_TEST

START_TEST(check__a_connection_is_enough_without_request)
{
	ck_assert_int_eq(listen(listener, 4), 0);
	ck_assert_int_eq(ask(), CHECK_GOOD);
	ck_assert_int_eq(check.step, CHECK_IDLE);
}
END_TEST

START_TEST(check__the_rest_of_an_answer_is_read_to_its_end)
{
	struct pollfd p = {.events = POLLIN};

	ck_assert_int_eq(ask_http("HTTP/1.1 200 OK\r\n\r\nand more"),
	    CHECK_GOOD);
	ck_assert_int_eq(check.step, CHECK_REST);
	while (check.step == CHECK_REST) {
		p.fd = check.fd;
		ck_assert_int_eq(poll(&p, 1, 10000), 1);
		check_rest(&check);
	}
	ck_assert_int_eq(check.fd, -1);
}
END_TEST

Suite *
check_suite(void)
{
	Suite *s = suite_create("check");
	TCase *tc = tcase_create("ask");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, check__below_500_is_good);
	tcase_add_test(tc, check__from_500_is_failing);
	tcase_add_test(tc, check__another_status_than_the_good_one_is_failing);
	tcase_add_test(tc, check__what_is_not_http_is_failing);
	tcase_add_test(tc, check__an_end_without_answer_is_silent);
	tcase_add_test(tc, check__nobody_there_is_silent);
	tcase_add_test(tc, check__a_connection_is_enough_without_request);
	tcase_add_test(tc, check__the_rest_of_an_answer_is_read_to_its_end);
	suite_add_tcase(s, tc);
	return s;
}
