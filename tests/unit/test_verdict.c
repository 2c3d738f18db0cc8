/* tests/unit/test_verdict.c -- when a version is bad, and what `rollback:` of a
 * build file says. */
#include <check.h>

#include "common/base/auto.h"
#include "common/buildfile/rollback.h"
#include "deployer/verdict.h"

Suite *verdict_suite(void);

static struct dc_err err;

/* One look a second; -1 ends it. What is known after the last. */
static const struct {
	int64_t answers[20], errors[20];
	int64_t sum, bad;
} windows[] = {
    {{-1}, {0}, 0, 0}, {{40, -1}, {30}, 0, 0}, /* of before the first look */
    {{40, 60, -1}, {30, 31}, 20, 1},
    {{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, -1},
	{0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10}, 100, 0},
    {{0, 100, 5, 9, -1}, {0, 90, 0, 3}, 4, 3}, /* HAProxy was reloaded */
};

START_TEST(window__has_the_last_ten_seconds)
{
	struct verdict_window w = {0};
	int64_t answers, errors;

	for (int i = 0; windows[_i].answers[i] >= 0; i++)
		verdict_add(&w, i * 1000, windows[_i].answers[i],
		    windows[_i].errors[i]);
	verdict_sum(&w, &answers, &errors);
	ck_assert_int_eq(answers, windows[_i].sum);
	ck_assert_int_eq(errors, windows[_i].bad);
}
END_TEST

START_TEST(window__never_has_too_many)
{
	struct verdict_window w = {0};
	int64_t answers, errors;

	for (int i = 0; i < 1000; i++)
		verdict_add(&w, i, i, 0);
	verdict_sum(&w, &answers, &errors);
	ck_assert_int_eq(answers, 15);
}
END_TEST

static const struct {
	int64_t answers, errors;
	int percent;
	bool is_bad;
} judged[] = {
    {0, 0, 1, false},
    {9, 9, 50, false}, /* too few */
    {10, 5, 50, true},
    {10, 4, 50, false},
    {40, 34, 50, true},
    {1000, 10, 1, true},
    {1000, 9, 1, false},
    {10, 10, 100, true},
    {11, 10, 100, false},
};

START_TEST(is_bad__needs_enough_answers_and_errors)
{
	ck_assert_int_eq(verdict_is_bad(judged[_i].answers, judged[_i].errors,
			     judged[_i].percent),
	    judged[_i].is_bad);
}
END_TEST

START_TEST(crashes__count_from_the_first_word)
{
	struct verdict_crashes c = {0};

	verdict_read(&c, "www RUNNING pid=7 crashes=2 up");
	verdict_read(&c, "cron RUNNING pid=8 crashes=0 up");
	verdict_read(&c, "no line of ours");
	ck_assert_int_eq(verdict_crashes(&c), 0);
	verdict_read(&c, "www BACKOFF pid=0 crashes=3 exit status 1");
	verdict_read(&c, "www STARTING pid=9 crashes=3 up");
	verdict_read(&c, "cron EXITED pid=0 crashes=1 exit status 1");
	ck_assert_int_eq(verdict_crashes(&c), 2);
	/* The next container counts anew, what was counted stays. */
	verdict_restart(&c);
	ck_assert_int_eq(verdict_crashes(&c), 2);
	verdict_read(&c, "www RUNNING pid=7 crashes=0 up");
	verdict_read(&c, "www RUNNING pid=7 crashes=1 up");
	ck_assert_int_eq(verdict_crashes(&c), 3);
}
END_TEST

START_TEST(crashes__a_stranger_s_words_do_no_harm)
{
	struct verdict_crashes c = {0};
	char line[400];

	for (int i = 0; i < 1000; i++) {
		(void)snprintf(line, sizeof(line), "%d%0300d X crashes=%d", i,
		    0, i);
		verdict_read(&c, line);
	}
	verdict_read(&c, " crashes=");
	verdict_read(&c, "x crashes=-5");
	verdict_read(&c, "x crashes=99999999999999999999999");
	ck_assert_uint_le(c.n, 64);
}
END_TEST

static const struct {
	const char *extras;
	bool is_wanted;
	int within, errors, crashes;
} rules[] = {
    {"{}", false, 300, 50, 3},
    {"{\"rollback\":false}", false, 300, 50, 3},
    {"{\"rollback\":null}", false, 300, 50, 3},
    {"{\"rollback\":true}", true, 300, 50, 3},
    {"{\"rollback\":{}}", true, 300, 50, 3},
    {"{\"rollback\":{\"within\":10,\"errors\":\"1\",\"crashes\":7}}", true, 10,
	1, 7},
    {"{\"rollback\":{\"within\":9,\"errors\":101,\"crashes\":[]}}", true, 300,
	50, 3},
};

START_TEST(rollback_of__says_the_defaults)
{
	dc_auto_service_def struct dc_service_def def = {0};
	dc_auto_free char *text =
	    dc_asprintf("{\"name\":\"www\",\"type\":\"custom\",\"approot\":\"."
			"\",\"extras\":%s}",
		rules[_i].extras);
	struct dc_rollback r;

	ck_assert_int_eq(dc_service_from_json(&def, text, &err), 0);
	r = dc_rollback_of(&def);
	ck_assert_int_eq(r.is_wanted, rules[_i].is_wanted);
	ck_assert_int_eq(r.within, rules[_i].within);
	ck_assert_int_eq(r.errors, rules[_i].errors);
	ck_assert_int_eq(r.crashes, rules[_i].crashes);
}
END_TEST

#define N(table) (int)(sizeof(table) / sizeof((table)[0]))

Suite *
verdict_suite(void)
{
	Suite *s = suite_create("verdict");
	TCase *tc = tcase_create("verdict");

	tcase_add_loop_test(tc, window__has_the_last_ten_seconds, 0,
	    N(windows));
	tcase_add_test(tc, window__never_has_too_many);
	tcase_add_loop_test(tc, is_bad__needs_enough_answers_and_errors, 0,
	    N(judged));
	tcase_add_test(tc, crashes__count_from_the_first_word);
	tcase_add_test(tc, crashes__a_stranger_s_words_do_no_harm);
	tcase_add_loop_test(tc, rollback_of__says_the_defaults, 0, N(rules));
	suite_add_tcase(s, tc);
	return s;
}
