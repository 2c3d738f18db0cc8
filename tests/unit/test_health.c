/* tests/unit/test_health.c -- healthcheck: of a build file, and what rows say
 * of an instance's health. */
#include <check.h>

#include "common/base/auto.h"
#include "deployer/health.h"

Suite *health_suite(void);

static struct dc_err err;

static int
load(struct health *out, struct dc_service_def *def, const char *json)
{
	dc_auto_free char *text =
	    dc_asprintf("{\"name\":\"www\",\"type\":\"custom\",\"approot\":\"."
			"\",\"extras\":%s}",
		json);

	return dc_service_from_json(def, text, &err) < 0
		   ? -100
		   : health_load(out, def, &err);
}

START_TEST(health_load__says_the_defaults)
{
	dc_auto_service_def struct dc_service_def def = {0};
	struct health h;

	ck_assert_int_eq(load(&h, &def, "{}"), 0);
	ck_assert_ptr_null(h.path);
	ck_assert_ptr_null(h.command);
	ck_assert_int_eq(h.status, 0);
	ck_assert_int_eq(h.deadline, 60);
	ck_assert_int_eq(h.interval, 1);
	ck_assert_int_eq(h.timeout, 3);
	ck_assert(!health_is_expected(&def));
}
END_TEST

START_TEST(health_load__takes_what_the_build_file_says)
{
	dc_auto_service_def struct dc_service_def def = {0};
	struct health h;

	ck_assert_int_eq(load(&h, &def,
			     "{\"healthcheck\":{\"path\":\"/h\",\"status\":204,"
			     "\"deadline\":5,\"interval\":\"7\","
			     "\"timeout\":9}}"),
	    0);
	ck_assert_str_eq(h.path, "/h");
	ck_assert_int_eq(h.status, 204);
	ck_assert_int_eq(h.deadline, 5);
	ck_assert_int_eq(h.interval, 7);
	ck_assert_int_eq(h.timeout, 9);
	ck_assert(health_is_expected(&def));
}
END_TEST

static const char *const bad[] = {"{\"healthcheck\":\"/h\"}",
    "{\"healthcheck\":{\"interval\":0}}",
    "{\"healthcheck\":{\"interval\":601}}",
    "{\"healthcheck\":{\"timeout\":61}}",
    "{\"healthcheck\":{\"timeout\":\"3s\"}}",
    "{\"healthcheck\":{\"command\":\"\"}}",
    "{\"healthcheck\":{\"command\":[\"true\"]}}",
    "{\"healthcheck\":{\"command\":\"true\",\"path\":\"/\"}}",
    "{\"healthcheck\":{\"command\":\"true\",\"status\":200}}",
    "{\"healthcheck\":{\"path\":\"/a b\"}}",
    "{\"healthcheck\":{\"path\":\"/a\\r\\nX: y\"}}"};

START_TEST(health_load__refuses_anything_else)
{
	dc_auto_service_def struct dc_service_def def = {0};
	struct health h = {.interval = 42};

	ck_assert_int_eq(load(&h, &def, bad[_i]), DC_EUSER);
	ck_assert_int_eq(h.interval, 42);
}
END_TEST

Suite *
health_suite(void)
{
	Suite *s = suite_create("health");
	TCase *tc = tcase_create("load");

	tcase_add_test(tc, health_load__says_the_defaults);
	tcase_add_test(tc, health_load__takes_what_the_build_file_says);
	tcase_add_loop_test(tc, health_load__refuses_anything_else, 0,
	    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
