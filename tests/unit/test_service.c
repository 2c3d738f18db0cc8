/* tests/unit/test_service.c -- services: what outlives revisions, and their
 * names in the router. */
#include <check.h>
#include <string.h>

#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/service.h"
#include "tests/support/tmpdb.h"

Suite *service_suite(void);

static struct tmpdb t;
static struct dc_err err;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static int
add_text(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *e)
{
	(void)e;
	dc_str_addf(arg, "%lld %s %lld\n", (long long)service_id, host,
	    (long long)slot);
	return 0;
}

static void
hosts_are(int64_t id, const char *want)
{
	dc_auto_str struct dc_str got = {0};

	ck_assert_int_eq(dc_service_each_host(t.db, id, add_text, &got, &err),
	    0);
	ck_assert_str_eq(got.data != NULL ? got.data : "", want);
}

START_TEST(add_route__first_http_service_has_the_short_name)
{
	int64_t api = tmpdb_add_service(&t, "api_v2");
	int64_t db = tmpdb_add_service(&t, "db");

	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "x.org", &err),
	    0);
	ck_assert_int_eq(dc_service_add_route(t.db, api, "x.org", &err), 0);
	hosts_are(0, "1 blog-alice.x.org 0\n2 api-v2-blog-alice.x.org 1\n");
	hosts_are(api, "2 api-v2-blog-alice.x.org 1\n");
	hosts_are(db, "");
}
END_TEST

START_TEST(add_route__every_deployment_finds_the_same)
{
	int i;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(dc_service_add_route(t.db, t.service, "x.org",
				     &err),
		    0);
	hosts_are(0, "1 blog-alice.x.org 0\n");
}
END_TEST

START_TEST(add_route__the_smallest_free_slot)
{
	int64_t b = tmpdb_add_service(&t, "b"), c, slot = -1;

	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "x", &err), 0);
	ck_assert_int_eq(dc_service_add_route(t.db, b, "x", &err), 0);
	ck_assert_int_eq(dc_service_destroy(t.db, t.service, &err), 0);
	ck_assert_int_eq(dc_service_remove(t.db, t.service, &err), 0);
	c = tmpdb_add_service(&t, "c");
	ck_assert_int_eq(dc_service_add_route(t.db, c, "x", &err), 0);
	ck_assert_int_eq(dc_service_find_slot(t.db, &slot, c, &err), 0);
	ck_assert_int_eq(slot, 0);
	ck_assert_int_eq(dc_service_find_slot(t.db, &slot, b, &err), 0);
	ck_assert_int_eq(slot, 1);
}
END_TEST

START_TEST(find_slot__what_is_not_routed_has_none)
{
	int64_t slot = -1;

	ck_assert_int_eq(dc_service_find_slot(t.db, &slot, t.service, &err),
	    DC_ENOTFOUND);
	ck_assert_int_eq(slot, -1);
}
END_TEST

START_TEST(save__keeps_the_scale_over_revisions)
{
	dc_auto_service struct dc_service s = {0};
	int64_t id = 0;

	ck_assert_int_eq(dc_service_scale(t.db, t.service, 3, &err), 0);
	ck_assert_int_eq(dc_service_set_memory(t.db, t.service, 64 << 20, &err),
	    0);
	ck_assert_int_eq(dc_service_save(t.db, &id, t.application, "www",
			     "nodejs", &err),
	    0);
	ck_assert_int_eq(id, t.service);
	ck_assert_int_eq(dc_service_load(t.db, &s, id, &err), 0);
	ck_assert_int_eq(s.instance_count, 3);
	ck_assert_int_eq(s.memory, 64 << 20);
	ck_assert_str_eq(s.type, "nodejs");
	ck_assert_str_eq(s.application, "blog");
	ck_assert_str_eq(s.account, "alice");
}
END_TEST

START_TEST(scale__a_service_that_is_none)
{
	ck_assert_int_eq(dc_service_scale(t.db, 99, 3, &err), DC_ENOTFOUND);
}
END_TEST

static int
note_id(const struct dc_service *s, void *arg, struct dc_err *e)
{
	(void)e;
	*(int64_t *)arg = *(int64_t *)arg * 10 + s->id;
	return 0;
}

START_TEST(destroy__it_is_gone_for_its_user_until_pushed_again)
{
	int64_t id = 0, active = 0, ending = 0;

	ck_assert_int_eq(dc_service_destroy(t.db, t.service, &err), 0);
	ck_assert_int_eq(dc_service_find(t.db, &id, t.application, "www", &err),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_service_each(t.db, t.application, note_id, &active,
			     &err),
	    0);
	ck_assert_int_eq(dc_service_each_destroying(t.db, note_id, &ending,
			     &err),
	    0);
	ck_assert_int_eq(active, 0);
	ck_assert_int_eq(ending, t.service);
	ck_assert_int_eq(dc_service_save(t.db, &id, t.application, "www",
			     "custom", &err),
	    0);
	/* It is wanted again: removing comes too late. */
	ck_assert_int_eq(dc_service_remove(t.db, t.service, &err), 0);
	ck_assert_int_eq(dc_service_find(t.db, &id, t.application, "www", &err),
	    0);
}
END_TEST

static int
write_meanwhile(const struct dc_service *s, void *arg, struct dc_err *e)
{
	struct dc_db *other = arg;
	int64_t id;
	int rc;

	/* Somebody else commits while we are at it. */
	rc = dc_account_add(other, &id, s->name, "", "h", e);
	return rc < 0 ? rc : dc_service_scale(t.db, s->id, 2, e);
}

START_TEST(each__its_callback_may_write)
{
	struct dc_db *other = NULL;
	int rc;

	(void)tmpdb_add_service(&t, "b");
	ck_assert_int_eq(dc_db_open(&other, t.path, &err), 0);
	rc = dc_service_each(t.db, t.application, write_meanwhile, other, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	dc_db_close(other);
}
END_TEST

static int
write_of_application(const struct dc_application *a, void *arg,
    struct dc_err *e)
{
	struct dc_db *other = arg;
	int64_t id;
	int rc;

	rc = dc_account_add(other, &id, "carol", "", "h", e);
	return rc < 0 ? rc : dc_application_remove(t.db, a->id, e);
}

START_TEST(each__an_applications_callback_may_write_too)
{
	struct dc_db *other = NULL;
	int64_t id = 0;
	int rc;

	ck_assert_int_eq(dc_application_add(t.db, &id, t.account, "second",
			     "live", &err),
	    0);
	ck_assert_int_eq(dc_application_destroy(t.db, id, &err), 0);
	ck_assert_int_eq(dc_db_open(&other, t.path, &err), 0);
	rc = dc_application_each_destroying(t.db, write_of_application, other,
	    &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	dc_db_close(other);
}
END_TEST

Suite *
service_suite(void)
{
	Suite *s = suite_create("service");
	TCase *tc = tcase_create("service");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, add_route__first_http_service_has_the_short_name);
	tcase_add_test(tc, add_route__every_deployment_finds_the_same);
	tcase_add_test(tc, add_route__the_smallest_free_slot);
	tcase_add_test(tc, find_slot__what_is_not_routed_has_none);
	tcase_add_test(tc, save__keeps_the_scale_over_revisions);
	tcase_add_test(tc, scale__a_service_that_is_none);
	tcase_add_test(tc, destroy__it_is_gone_for_its_user_until_pushed_again);
	tcase_add_test(tc, each__its_callback_may_write);
	tcase_add_test(tc, each__an_applications_callback_may_write_too);
	suite_add_tcase(s, tc);
	return s;
}
