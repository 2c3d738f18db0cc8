/* tests/unit/test_str.c -- strings, lists, numbers, and errors on their way
 * up. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/err.h"
#include "common/base/str.h"

Suite *str_suite(void);

START_TEST(str__grows_and_is_always_ended)
{
	dc_auto_str struct dc_str s = {0};
	dc_auto_free char *stolen = NULL;
	int i;

	for (i = 0; i < 1000; i++)
		dc_str_addf(&s, "%d,", i % 10);
	ck_assert_uint_eq(s.len, 2000);
	ck_assert_uint_eq(strlen(s.data), 2000);
	dc_str_shift(&s, 1996);
	ck_assert_str_eq(s.data, "8,9,");
	dc_str_shift(&s, 4);
	ck_assert_str_eq(s.data, "");
	stolen = dc_str_steal(&s);
	ck_assert_str_eq(stolen, "");
	ck_assert_ptr_null(s.data);
}
END_TEST

START_TEST(str_steal__of_nothing_is_empty)
{
	struct dc_str s = {0};
	dc_auto_free char *text = dc_str_steal(&s);

	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(str_add_utf8__replaces_what_is_none)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
	    {"plain", "plain"},
	    {"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
		"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"\xff", "\xef\xbf\xbd"},
	    {"\xc0\x80", "\xef\xbf\xbd\xef\xbf\xbd"}, /* overlong */
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xf5\x80", "\xef\xbf\xbd\xef\xbf\xbd"}, /* past U+10FFFF */
	    {"a\xe2\x82", "a\xef\xbf\xbd\xef\xbf\xbd"},
	};
	dc_auto_str struct dc_str s = {0};

	dc_str_add_utf8(&s, cases[_i].in, strlen(cases[_i].in));
	ck_assert_str_eq(s.data, cases[_i].out);
}
END_TEST

START_TEST(strv__ends_with_null)
{
	dc_auto_strv struct dc_strv v = {0};

	dc_strv_add(&v, "one");
	dc_strv_addf(&v, "%s-%d", "two", 2);
	ck_assert_uint_eq(v.n, 2);
	ck_assert_str_eq(v.v[1], "two-2");
	ck_assert_ptr_null(v.v[2]);
}
END_TEST

START_TEST(has_prefix_and_suffix)
{
	ck_assert(dc_has_prefix("git-abc", "git-"));
	ck_assert(!dc_has_prefix("gi", "git-"));
	ck_assert(dc_has_suffix("a.log", ".log"));
	ck_assert(!dc_has_suffix("log", ".log"));
	ck_assert(dc_has_suffix("", ""));
}
END_TEST

START_TEST(is_number__the_whole_text_within_bounds)
{
	static const char *const bad[] = {"", " 1", "1 ", "+1", "0x10", "1e3",
	    "-", "11", "-6", "99999999999999999999"};
	long long n = 77;

	ck_assert(dc_is_number("10", -5, 10, &n));
	ck_assert_int_eq(n, 10);
	ck_assert(dc_is_number("-5", -5, 10, &n));
	ck_assert_int_eq(n, -5);
	n = 77;
	ck_assert(!dc_is_number(bad[_i], -5, 10, &n));
	ck_assert_int_eq(n, 77);
}
END_TEST

START_TEST(base64_format__pads_to_four)
{
	static const char *const expected[] = {"", "Zg==", "Zm8=", "Zm9v",
	    "Zm9vYg=="};
	dc_auto_free char *text =
	    dc_base64_format((const unsigned char *)"foob", (size_t)_i);

	ck_assert_str_eq(text, expected[_i]);
}
END_TEST

START_TEST(err__says_it_from_the_outside_in)
{
	struct dc_err e = DC_ERR_INIT;

	ck_assert_int_eq(dc_fail(&e, DC_EBUSY, "port %d", 80), DC_EBUSY);
	ck_assert_int_eq(dc_wrap(&e, e.code, "app '%s'", "blog"), DC_EBUSY);
	ck_assert_str_eq(e.msg, "app 'blog': port 80");
	ck_assert_int_eq(dc_fail(NULL, DC_EUSER, "x"), DC_EUSER);
	ck_assert_int_eq(dc_wrap(NULL, DC_EUSER, "x"), DC_EUSER);
}
END_TEST

START_TEST(err__errno_becomes_a_code)
{
	static const struct {
		int number, code;
	} cases[] = {{ENOENT, DC_ENOTFOUND}, {EEXIST, DC_EBUSY},
	    {EACCES, DC_EDENIED}, {EPERM, DC_EDENIED}, {EIO, DC_EFAIL}};
	struct dc_err e = DC_ERR_INIT;

	errno = cases[_i].number;
	ck_assert_int_eq(dc_fail_errno(&e, "open"), cases[_i].code);
	ck_assert_int_eq(e.code, cases[_i].code);
	ck_assert_ptr_nonnull(strstr(e.msg, strerror(cases[_i].number)));
	errno = cases[_i].number;
	ck_assert_int_eq(dc_fail_errno(NULL, "open"), cases[_i].code);
}
END_TEST

START_TEST(err__a_long_story_is_cut)
{
	dc_auto_free char *text = dc_xcalloc(1, 10000);
	struct dc_err e = DC_ERR_INIT;
	int i;

	memset(text, 'x', 9999);
	(void)dc_fail(&e, DC_EFAIL, "%s", text);
	for (i = 0; i < 3; i++)
		(void)dc_wrap(&e, DC_EFAIL, "%s", text);
	errno = EIO;
	(void)dc_fail_errno(&e, "%s", text);
	ck_assert_uint_eq(strlen(e.msg), DC_ERR_MAX - 1);
}
END_TEST

Suite *
str_suite(void)
{
	Suite *s = suite_create("str");
	TCase *tc = tcase_create("str");

	tcase_add_test(tc, str__grows_and_is_always_ended);
	tcase_add_test(tc, str_steal__of_nothing_is_empty);
	tcase_add_loop_test(tc, str_add_utf8__replaces_what_is_none, 0, 7);
	tcase_add_test(tc, strv__ends_with_null);
	tcase_add_test(tc, has_prefix_and_suffix);
	tcase_add_loop_test(tc, is_number__the_whole_text_within_bounds, 0, 10);
	tcase_add_loop_test(tc, base64_format__pads_to_four, 0, 5);
	tcase_add_test(tc, err__says_it_from_the_outside_in);
	tcase_add_loop_test(tc, err__errno_becomes_a_code, 0, 5);
	tcase_add_test(tc, err__a_long_story_is_cut);
	suite_add_tcase(s, tc);
	return s;
}
