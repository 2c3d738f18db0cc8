/* tests/unit/test_cli_scale.c -- cli: the arguments of dcloud scale. */
#include <check.h>

#include "cli/scale.h"

Suite *cli_scale_suite(void);

#define MB (1LL << 20)

static const struct {
	const char *text, *service;
	bool is_memory;
	long long value;
} good[] = {
    {"www=3", "www", false, 3},
    {"www:instances=12", "www", false, 12},
    {"db:memory=512M", "db", true, 512 * MB},
    {"db:memory=1.5g", "db", true, 1536 * MB},
    {"db:memory=64mb", "db", true, 64 * MB},
    {"db:memory=65536K", "db", true, 64 * MB},
    {"db:memory=67108864", "db", true, 64 * MB},
    {"db:memory=67108864B", "db", true, 64 * MB},
    {"db:memory=1M", "db", true, 32 * MB},
    {"db:memory=100M", "db", true, 96 * MB},
    {"db:memory=120M", "db", true, 128 * MB},
};

START_TEST(parse__understands_and_rounds)
{
	struct dc_err err = DC_ERR_INIT;
	struct scale_action a;
	int rc = scale_parse(&a, good[_i].text, &err);

	ck_assert_int_eq(rc, DC_OK);
	ck_assert_str_eq(a.service, good[_i].service);
	ck_assert_int_eq(a.is_memory, good[_i].is_memory);
	ck_assert_int_eq(a.value, good[_i].value);
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
    {"www", "Invalid action \"www\""},
    {"www=1=2", "Invalid action \"www=1=2\""},
    {"www=", "Invalid value for \"www\""},
    {"x:cpu=1", "Invalid action for \"x\": Action must be either "
		"\"instances\" or \"memory\""},
    {"www=x", "Invalid value for \"www=x\": Instance count must be a number"},
    {"www=-1", "Invalid value for \"www=-1\": Instance count must be a number"},
    {"www:memory=0x10", "Invalid value for \"www:memory=0x10\": no number"},
    {"www:memory=inf", "Invalid value for \"www:memory=inf\": no number"},
    {"www:memory=1e9", "Invalid value for \"www:memory=1e9\": no number"},
    {"www:memory=5T", "Invalid value for \"www:memory=5T\": no unit of B, K, "
		      "M, G"},
    {"www:memory=5Mx", "Invalid value for \"www:memory=5Mx\": no amount of "
		       "memory"},
    {"www:memory=9999999999G", "Invalid value for "
			       "\"www:memory=9999999999G\": no amount of "
			       "memory"},
    {"../x=1", "Invalid service name \"../x\""},
    {"=1", "Invalid service name \"\""},
    {"abcdefghijklmnopq=1", "Invalid service name \"abcdefghijklmnopq\""},
};

START_TEST(parse__mistakes_are_named)
{
	struct dc_err err = DC_ERR_INIT;
	struct scale_action a;
	int rc = scale_parse(&a, bad[_i].text, &err);

	ck_assert_int_eq(rc, DC_EINVAL);
	ck_assert_str_eq(err.msg, bad[_i].message);
}
END_TEST

Suite *
cli_scale_suite(void)
{
	Suite *s = suite_create("cli_scale");
	TCase *tc = tcase_create("cli_scale");

	tcase_add_loop_test(tc, parse__understands_and_rounds, 0,
	    sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(tc, parse__mistakes_are_named, 0,
	    sizeof(bad) / sizeof(bad[0]));
	suite_add_tcase(s, tc);
	return s;
}
