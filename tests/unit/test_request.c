/* tests/unit/test_request.c -- what a request waits for, how long its body may
 * take, and what is shown of activity. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "tests/support/tmpdb.h"
#include "uploader/incoming.h"
#include "uploader/route.h"

Suite *request_suite(void);

static struct tmpdb t;
static struct dc_conf conf;
static struct request *rq;
static struct reply rp;
static int ends[2]; /* ours, and the one that is the reply's */

static void
setup(void)
{
	tmpdb_open(&t);
	conf = (struct dc_conf){.root = t.dir};
	rq = request_new(&conf);
	rq->db = t.db;
	rq->account.id = t.account;
	rq->account.name = dc_strdup("alice");
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	rp = (struct reply){.fd = ends[1], .rq = rq};
}

static void
teardown(void)
{
	request_free(rq);
	(void)close(ends[0]);
	(void)close(ends[1]);
	tmpdb_close(&t);
}

static bool
is_never(struct dc_db *db, int64_t id)
{
	(void)db;
	(void)id;
	return false;
}

START_TEST(wait__ends_when_the_client_has_gone)
{
	int64_t began = dc_mono_ms();

	(void)close(ends[0]);
	ck_assert_int_eq(request_wait(rq, &rp, is_never, 1, NULL), DC_ESTALE);
	ck_assert_int_lt(dc_mono_ms() - began, 3000);
}
END_TEST

START_TEST(wait__all_of_a_request_end_together)
{
	int64_t began = dc_mono_ms();
	int i;

	rq->wait_end = began + 500;
	for (i = 0; i < 5; i++)
		ck_assert_int_eq(request_wait(rq, &rp, is_never, i, NULL), 0);
	ck_assert_int_ge(dc_mono_ms() - began, 500);
	ck_assert_int_lt(dc_mono_ms() - began, 3000);
}
END_TEST

/* What our end has got, NUL-terminated; -1: nothing yet. */
static ssize_t
read_ours(char *text, size_t size)
{
	ssize_t n = recv(ends[0], text, size - 1, MSG_DONTWAIT);

	text[n > 0 ? n : 0] = '\0';
	return n;
}

START_TEST(incoming__is_refused_and_then_closed)
{
	struct incoming in = {.fd = ends[1], .trace = "0123"};
	struct incoming other = {.fd = -1, .trace = ""};
	struct incoming *all = NULL;
	int64_t end;
	char text[1024];

	incoming_init(&all, &in);
	incoming_init(&all, &other);
	other.end = INT64_MAX;
	end = in.end;
	ck_assert_int_gt(end - dc_mono_ms(), (INCOMING_SECONDS - 5) * 1000);
	incoming_end_late(all, end - 1);
	ck_assert(!in.is_late);
	ck_assert_int_lt(read_ours(text, sizeof(text)), 0);
	incoming_end_late(all, end);
	ck_assert_int_gt(read_ours(text, sizeof(text)), 0);
	ck_assert(dc_has_prefix(text, "HTTP/1.1 408 "));
	ck_assert_ptr_nonnull(strstr(text, "\r\nX-DotCloud-TraceID: 0123\r\n"));
	ck_assert_ptr_nonnull(strstr(text, "\r\n\r\n{\"error\":"));
	incoming_end_late(all, end + 1);
	ck_assert_int_lt(read_ours(text, sizeof(text)), 0);
	incoming_end_late(all, in.end);
	ck_assert_int_eq(read_ours(text, sizeof(text)), 0);
	ck_assert(!other.is_late);
}
END_TEST

START_TEST(incoming__knows_who_has_come)
{
	struct incoming a = {.fd = -1}, b = {.fd = -1}, *all = NULL;

	incoming_init(&all, &a);
	incoming_init(&all, &b);
	incoming_done(&all, &a);
	incoming_done(&all, &a);
	ck_assert_ptr_eq(all, &b);
	ck_assert_ptr_null(b.next);
	incoming_done(&all, &b);
	ck_assert_ptr_null(all);
}
END_TEST

static char *
list(void)
{
	dc_auto_free char *text = dc_xcalloc(1, 4 << 20);
	size_t len = 0;
	ssize_t n;
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	rp.fd = fd;
	ck_assert_int_eq(activity_list(rq, &rp, NULL), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	while ((n = read(fd, text + len, (4 << 20) - 1 - len)) > 0)
		len += (size_t)n;
	(void)close(fd);
	return dc_steal_ptr(&text);
}

START_TEST(list__joins_what_a_row_has_several_times)
{
	dc_auto_free char *text = NULL;

	tmpdb_exec(t.db,
	    "UPDATE activity SET details = 'set=A unset=B value=7 set=C odd"
	    " set= setx=1'");
	text = list();
	ck_assert_ptr_nonnull(strstr(text,
	    "\"set\":\"A,C,\",\"unset\":\"B\",\"value\":7,\"setx\":\"1\"}"));
}
END_TEST

/* As they were written before there was a limit. */
START_TEST(list__a_long_row_is_no_work)
{
	dc_auto_free char *text = NULL;

	tmpdb_exec(t.db,
	    "WITH RECURSIVE n (i) AS (SELECT 100000 UNION ALL SELECT i + 1"
	    " FROM n WHERE i < 199999) UPDATE activity SET details ="
	    " (SELECT group_concat('unset=' || i, ' ') FROM n)");
	text = list();
	ck_assert_ptr_nonnull(strstr(text, ",199998,199999\""));
}
END_TEST

Suite *
request_suite(void)
{
	Suite *s = suite_create("request");
	TCase *c = tcase_create("request");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, wait__ends_when_the_client_has_gone);
	tcase_add_test(c, wait__all_of_a_request_end_together);
	tcase_add_test(c, incoming__is_refused_and_then_closed);
	tcase_add_test(c, incoming__knows_who_has_come);
	tcase_add_test(c, list__joins_what_a_row_has_several_times);
	tcase_add_test(c, list__a_long_row_is_no_work);
	suite_add_tcase(s, c);
	return s;
}
