/* tests/unit/test_json.c -- common/json: bounds, building, order. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/json/json.h"

Suite *json_suite(void);

static const struct {
	const char *text, *message;
} bad[] = {
    {"{\"a\": 1,\n \"b\" 2}", "line 2, column 6: ':' expected near '2'"},
    {"{\"a\": 1, \"a\": 2}",
	"line 1, column 12: duplicate object key near '\"a\"'"},
    {"[1] x", "line 1, column 5: end of file expected near 'x'"},
    {"\"\\u0000\"", "line 1, column 8: \\u0000 is not allowed without "
		    "JSON_ALLOW_NUL near '\"\\u0000\"'"},
};

START_TEST(parse__errors_name_line_and_column)
{
	struct dc_json *j = NULL;
	struct dc_err err = DC_ERR_INIT;

	ck_assert_int_eq(dc_json_parse(&j, bad[_i].text, strlen(bad[_i].text),
			     &err),
	    DC_EINVAL);
	ck_assert_ptr_null(j);
	ck_assert_str_eq(err.msg, bad[_i].message);
}
END_TEST

START_TEST(parse__deep_nesting_is_refused)
{
	char text[2 * (DC_MAX_JSON_DEPTH + 1)];
	struct dc_json *j = NULL;
	struct dc_err err = DC_ERR_INIT;
	size_t n = DC_MAX_JSON_DEPTH;

	memset(text, '[', n + 1);
	memset(text + n + 1, ']', n + 1);
	ck_assert_int_eq(dc_json_parse(&j, text, sizeof(text), &err),
	    DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "nested"));
	ck_assert_int_eq(dc_json_parse(&j, text + 1, 2 * n, &err), DC_OK);
	dc_json_free(j);
}
END_TEST

START_TEST(parse__brackets_in_strings_do_not_count)
{
	dc_auto_json struct dc_json *j = NULL;
	dc_auto_str struct dc_str s = {0};
	int i;

	dc_str_add(&s, "\"\\\"");
	for (i = 0; i < 2 * DC_MAX_JSON_DEPTH; i++)
		dc_str_add(&s, "[");
	dc_str_add(&s, "\"");
	ck_assert_int_eq(dc_json_parse(&j, s.data, s.len, NULL), DC_OK);
}
END_TEST

static const struct {
	const char *bytes, *json;
} texts[] = {
    {"plain \xc3\xa9", "\"plain \xc3\xa9\""},
    {"a\xff"
     "b",
	"\"a\xef\xbf\xbd"
	"b\""},
    {"\xc3", "\"\xef\xbf\xbd\""},
    {"\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xed\xa0\x80!", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd!\""},
    {"\xf4\x90\x80\x80",
	"\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
    {"\xf0\x9f\x98\x80\x1b", "\"\xf0\x9f\x98\x80\\u001B\""},
};

START_TEST(new_str__invalid_utf8_is_replaced)
{
	dc_auto_json struct dc_json *j = dc_json_new_str(texts[_i].bytes);
	dc_auto_free char *text = dc_json_format(j, DC_JSON_COMPACT);

	ck_assert_str_eq(text, texts[_i].json);
}
END_TEST

START_TEST(add__an_invalid_key_is_replaced)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	dc_auto_free char *text = NULL;

	dc_json_add_int(j, "k\xff", 1);
	text = dc_json_format(j, DC_JSON_COMPACT);
	ck_assert_str_eq(text, "{\"k\xef\xbf\xbd\":1}");
}
END_TEST

static struct dc_json *
sample(void)
{
	struct dc_json *j = dc_json_new_object(), *list = dc_json_new_array();

	dc_json_add_str(list, NULL, "x");
	dc_json_add_int(list, NULL, -9007199254740993);
	dc_json_add(list, NULL, dc_json_new_null());
	dc_json_add(j, "zebra", list);
	dc_json_add_bool(j, "ant", true);
	dc_json_add_str(j, "none", NULL);
	return j;
}

START_TEST(format__compact_keeps_the_order)
{
	dc_auto_json struct dc_json *j = sample();
	dc_auto_free char *text = dc_json_format(j, DC_JSON_COMPACT);

	ck_assert_str_eq(text, "{\"zebra\":[\"x\",-9007199254740993,null],"
			       "\"ant\":true,\"none\":null}");
}
END_TEST

START_TEST(format__sorted_and_indented)
{
	dc_auto_json struct dc_json *j = sample();
	dc_auto_free char *text = NULL;

	dc_json_remove(j, "zebra");
	text = dc_json_format(j, DC_JSON_INDENT | DC_JSON_SORTED);
	ck_assert_str_eq(text, "{\n    \"ant\": true,\n    \"none\": null\n}");
}
END_TEST

START_TEST(find__what_is_not_there_is_null)
{
	dc_auto_json struct dc_json *j = sample();

	ck_assert_ptr_null(dc_json_find(j, "nope"));
	ck_assert_ptr_null(dc_json_find(NULL, "nope"));
	ck_assert_ptr_null(dc_json_find_str(j, "ant"));
	ck_assert_int_eq(dc_json_find_int(j, "ant", 7), 7);
	ck_assert(dc_json_has_true(j, "ant"));
	ck_assert(!dc_json_has_true(j, "none"));
	ck_assert_uint_eq(dc_json_size(dc_json_find(j, "zebra")), 3);
	ck_assert_uint_eq(dc_json_size(NULL), 0);
	ck_assert_ptr_null(dc_json_at(dc_json_find(j, "zebra"), 3));
	ck_assert_int_eq(dc_json_type(NULL), DC_JSON_NULL);
}
END_TEST

START_TEST(each__gives_every_key_in_order)
{
	dc_auto_json struct dc_json *j = sample();
	dc_auto_str struct dc_str seen = {0};
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	while (dc_json_each(j, &it, &key, &value))
		dc_str_addf(&seen, "%s=%d ", key, (int)dc_json_type(value));
	ck_assert_str_eq(seen.data, "zebra=5 ant=1 none=0 ");
}
END_TEST

Suite *
json_suite(void)
{
	Suite *s = suite_create("json");
	TCase *tc = tcase_create("json");

	tcase_add_loop_test(tc, parse__errors_name_line_and_column, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, parse__deep_nesting_is_refused);
	tcase_add_test(tc, parse__brackets_in_strings_do_not_count);
	tcase_add_loop_test(tc, new_str__invalid_utf8_is_replaced, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_test(tc, add__an_invalid_key_is_replaced);
	tcase_add_test(tc, format__compact_keeps_the_order);
	tcase_add_test(tc, format__sorted_and_indented);
	tcase_add_test(tc, find__what_is_not_there_is_null);
	tcase_add_test(tc, each__gives_every_key_in_order);
	suite_add_tcase(s, tc);
	return s;
}
