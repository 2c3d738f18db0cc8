/* tests/unit/test_uploader.c -- the front door: forms, routes, keys, the limit
 * on log-ins, and how a log is cut into lines. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/deployment.h"
#include "common/store/log_entry.h"
#include "common/store/revision.h"
#include "uploader/date.h"
#include "uploader/follow.h"
#include "uploader/form.h"
#include "uploader/limit.h"
#include "uploader/route.h"
#include "uploader/ssh_key.h"

Suite *uploader_suite(void);

#define KEY                                                                    \
	"AAAAC3NzaC1lZDI1NTE5AAAAINXjhLKa3X/8pC1owoDvBroiYSZCermHkJk5JmnHqXQC"

START_TEST(form_parse__decodes)
{
	const char *text = "a=1+2&b=%41%26&&c&d=";
	struct params p = {0};

	ck_assert_int_eq(form_parse(&p, text, strlen(text), NULL), 0);
	ck_assert_str_eq(params_find(&p, "a"), "1 2");
	ck_assert_str_eq(params_find(&p, "b"), "A&");
	ck_assert_str_eq(params_find(&p, "c"), "");
	ck_assert_str_eq(params_find(&p, "d"), "");
	ck_assert_ptr_null(params_find(&p, "e"));
	params_done(&p);
}
END_TEST

START_TEST(form_parse__refuses_what_is_broken)
{
	static const char *const bad[] = {"a=%", "a=%4", "a=%zz", "a=%00"};
	struct params p = {0};

	ck_assert_int_eq(form_parse(&p, bad[_i], strlen(bad[_i]), NULL),
	    DC_EINVAL);
	params_done(&p);
}
END_TEST

START_TEST(base64_parse__strictly)
{
	static const char *const bad[] = {"", "A", "AB", "ABC", "AB=C",
	    "A===", "A B=", "AB\n=", "QQ==QQ=="};
	unsigned char *raw = NULL;
	size_t len;
	size_t i;

	ck_assert_int_eq(base64_parse(&raw, &len, "aGk=", NULL), 0);
	ck_assert_uint_eq(len, 2);
	ck_assert_str_eq((char *)raw, "hi");
	free(raw);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(base64_parse(&raw, &len, bad[i], NULL),
		    DC_EINVAL);
}
END_TEST

START_TEST(ssh_key_parse__takes_type_blob_and_comment)
{
	struct ssh_key key = {0};

	ck_assert_int_eq(ssh_key_parse(&key,
			     "ssh-ed25519 " KEY " me \x1b[1m@home \n", NULL),
	    0);
	ck_assert_str_eq(key.type, "ssh-ed25519");
	ck_assert_str_eq(key.blob, KEY);
	ck_assert_str_eq(key.comment, "me ?[1m@home");
	ssh_key_done(&key);
}
END_TEST

START_TEST(ssh_key_parse__refuses_everything_else)
{
	static const char *const bad[] = {"", "ssh-ed25519", "ssh-ed25519 ",
	    "ssh-rsa " KEY, "ssh-dss AAAA", "ssh-ed25519 AAAA",
	    "command=\"id\" ssh-ed25519 " KEY,
	    "ssh-ed25519 " KEY "\nssh-ed25519 " KEY, "ssh-ed25519 " KEY "\"",
	    "ssh-ed25519 \"" KEY};
	struct ssh_key key = {0};

	ck_assert_int_eq(ssh_key_parse(&key, bad[_i], NULL), DC_EINVAL);
}
END_TEST

START_TEST(limit__ten_wrong_passwords_then_no_more)
{
	struct limit *l = limit_new();
	int i;

	for (i = 0; i < 10; i++)
		ck_assert(limit_may_try(l, "alice", "1.2.3.4", 1000));
	ck_assert(!limit_may_try(l, "alice", "1.2.3.4", 1000));
	ck_assert(limit_may_try(l, "alice", "5.6.7.8", 1000));
	ck_assert(limit_may_try(l, "bob", "1.2.3.4", 1000));
	ck_assert(limit_may_try(l, "alice", "1.2.3.4", 1001 + LIMIT_WINDOW_MS));
	limit_free(l);
}
END_TEST

START_TEST(limit__one_address_cannot_try_all_accounts)
{
	struct limit *l = limit_new();
	char name[16];
	int i, may = 0;

	for (i = 0; i < 100; i++) {
		(void)snprintf(name, sizeof(name), "user%d", i);
		may += limit_may_try(l, name, "1.2.3.4", 1000);
		/* Logging in oneself in between does not help. */
		if (limit_may_try(l, "eve", "1.2.3.4", 1000))
			limit_remove(l, "eve", "1.2.3.4");
	}
	ck_assert_int_le(may, 31);
	limit_free(l);
}
END_TEST

static int
route(struct request **out, const char *method, const char *path)
{
	*out = request_new(NULL);
	(*out)->method = dc_strdup(method);
	(*out)->path = dc_strdup(path);
	return route_find(*out, NULL);
}

START_TEST(route_find__captures)
{
	struct request *rq;

	ck_assert_int_eq(route(&rq, "GET",
			     "/v1/users/bob/applications/blog/services/www/"),
	    0);
	ck_assert_str_eq(rq->user, "bob");
	ck_assert_str_eq(rq->capture[0], "blog");
	ck_assert_str_eq(rq->capture[1], "www");
	ck_assert_ptr_eq(rq->route->handler, service_show);
	request_free(rq);
	ck_assert_int_eq(route(&rq, "GET", "/v1/me"), 0);
	ck_assert_ptr_eq(rq->route->handler, account_show);
	request_free(rq);
}
END_TEST

START_TEST(route_find__what_is_not_there)
{
	static const struct {
		const char *method, *path;
		int rc;
	} cases[] = {
	    {"GET", "/", DC_ENOTFOUND},
	    {"GET", "", DC_ENOTFOUND},
	    {"GET", "/v1", DC_ENOTFOUND},
	    {"GET", "/v2/me", DC_ENOTFOUND},
	    {"GET", "/v1//me", DC_ENOTFOUND},
	    {"GET", "/v1/applications", DC_ENOTFOUND},
	    {"GET", "/v1/me/auth/discovery", DC_ENOTFOUND},
	    {"GET", "/v1/me/a/b/c/d/e/f/g/h/i/j/k/l/m", DC_ENOTFOUND},
	    {"PUT", "/v1/me", DC_EINVAL},
	    {"DELETE", "/v1/me/applications", DC_EINVAL},
	};
	struct request *rq;

	ck_assert_int_eq(route(&rq, cases[_i].method, cases[_i].path),
	    cases[_i].rc);
	request_free(rq);
}
END_TEST

START_TEST(date_format__has_microseconds)
{
	char text[DATE_MAX];

	date_format(text, 1346870909123456);
	ck_assert_str_eq(text, "2012-09-05T18:48:29.123456Z");
}
END_TEST

static struct dc_db *db;
static int64_t deployment;

static void
setup(void)
{
	int64_t account, app, revision;

	ck_assert_int_eq(dc_db_open(&db, ":memory:", NULL), 0);
	ck_assert_int_eq(dc_account_add(db, &account, "alice", "", "h", NULL),
	    0);
	ck_assert_int_eq(dc_application_add(db, &app, account, "blog", "live",
			     NULL),
	    0);
	ck_assert_int_eq(dc_revision_save(db, &revision, app, "rsync-1", "n",
			     NULL),
	    0);
	ck_assert_int_eq(dc_deployment_add(db, &deployment, NULL, app, revision,
			     account, false, NULL),
	    0);
	ck_assert_int_eq(dc_log_entry_add(db, deployment, "www", 0, DC_LOG_INFO,
			     "one\ntwo\r\n10%\r100%\n\nlast", NULL),
	    0);
}

static void
teardown(void)
{
	dc_db_close(db);
}

static void
add_line(const struct follow_line *line, void *arg)
{
	if (line->service != NULL)
		dc_str_addf(arg, "%s|", line->message);
}

START_TEST(follow__lines_are_given_once)
{
	struct dc_str s = {0};
	struct follow f = {.db = db,
	    .deployment_id = deployment,
	    .fn = add_line,
	    .arg = &s};

	ck_assert_int_eq(follow_step(&f, NULL), 0);
	ck_assert_str_eq(s.data, "one|two|100%||last|");
	ck_assert_int_eq(follow_step(&f, NULL), 0);
	ck_assert_str_eq(s.data, "one|two|100%||last|");
	ck_assert(!f.has_ended);
	dc_str_done(&s);
}
END_TEST

START_TEST(follow__goes_on_in_the_middle_of_a_row)
{
	struct dc_str s = {0};
	struct follow f = {.db = db,
	    .deployment_id = deployment,
	    .since = 200001,
	    .fn = add_line,
	    .arg = &s};

	ck_assert_int_eq(follow_step(&f, NULL), 0);
	ck_assert_str_eq(s.data, "100%||last|");
	dc_str_done(&s);
}
END_TEST

START_TEST(follow_seek__counts_lines_not_rows)
{
	struct dc_str s = {0};
	struct follow f = {.db = db,
	    .deployment_id = deployment,
	    .fn = add_line,
	    .arg = &s};

	ck_assert_int_eq(follow_seek(&f, 2, NULL), 0);
	ck_assert_int_eq(follow_step(&f, NULL), 0);
	ck_assert_str_eq(s.data, "|last|");
	dc_str_done(&s);
}
END_TEST

START_TEST(follow__ends_with_the_deployment)
{
	struct dc_str s = {0};
	struct follow f = {.db = db,
	    .deployment_id = deployment,
	    .fn = add_line,
	    .arg = &s};

	ck_assert_int_eq(dc_deployment_end(db, deployment, DC_DEPLOYMENT_QUEUED,
			     DC_DEPLOYMENT_FAILED, NULL, "it failed", NULL),
	    0);
	ck_assert_int_eq(follow_step(&f, NULL), 0);
	ck_assert(f.has_ended);
	ck_assert(f.has_failed);
	dc_str_done(&s);
}
END_TEST

Suite *
uploader_suite(void)
{
	Suite *s = suite_create("uploader");
	TCase *t = tcase_create("plain");
	TCase *log = tcase_create("log");

	tcase_add_test(t, form_parse__decodes);
	tcase_add_loop_test(t, form_parse__refuses_what_is_broken, 0, 4);
	tcase_add_test(t, base64_parse__strictly);
	tcase_add_test(t, ssh_key_parse__takes_type_blob_and_comment);
	tcase_add_loop_test(t, ssh_key_parse__refuses_everything_else, 0, 10);
	tcase_add_test(t, limit__ten_wrong_passwords_then_no_more);
	tcase_add_test(t, limit__one_address_cannot_try_all_accounts);
	tcase_add_test(t, route_find__captures);
	tcase_add_loop_test(t, route_find__what_is_not_there, 0, 10);
	tcase_add_test(t, date_format__has_microseconds);
	suite_add_tcase(s, t);
	tcase_add_checked_fixture(log, setup, teardown);
	tcase_add_test(log, follow__lines_are_given_once);
	tcase_add_test(log, follow__goes_on_in_the_middle_of_a_row);
	tcase_add_test(log, follow_seek__counts_lines_not_rows);
	tcase_add_test(log, follow__ends_with_the_deployment);
	suite_add_tcase(s, log);
	return s;
}
