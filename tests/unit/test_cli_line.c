/* tests/unit/test_cli_line.c -- cli: how log entries look, and what of a
 * build's output reaches the terminal. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/line.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

Suite *cli_line_suite(void);

static struct dc_json *
entry(const char *text)
{
	struct dc_json *j = NULL;

	ck_assert_int_eq(dc_json_parse(&j, text, strlen(text), NULL), DC_OK);
	return j;
}

static void
set_zone(void)
{
	(void)setenv("TZ", "CET-1", 1);
	tzset();
}

#define AT "\"created_at\":\"2012-09-05T18:48:29.548716Z\","

static const struct {
	const char *json, *plain, *coloured;
} lines[] = {
    {"{" AT "\"message\":\"Application build is done\"}",
	"19:48:29.548716: ---> Application build is done",
	"19:48:29.548716: ---> Application build is done"},
    {"{" AT "\"service\":\"www\",\"message\":\"npm\"}",
	"19:48:29.548716: [www] npm", "19:48:29.548716: [www] npm"},
    {"{" AT "\"service\":\"www\",\"instance\":0,\"message\":\"a\\nb\\n\"}",
	"19:48:29.548716: [www.0] a\n19:48:29.548716: [www.0] b",
	"19:48:29.548716: [www.0] a\n19:48:29.548716: [www.0] b"},
    {"{\"created_at\":\"2012-09-05T23:48:29Z\",\"message\":\"x\"}",
	"00:48:29: ---> x", "00:48:29: ---> x"},
    {"{\"created_at\":\"\\u001b[2Jnow\",\"message\":\"x\"}", "now: ---> x",
	"now: ---> x"},
    {"{\"service\":\"www\",\"instance\":\"1\",\"message\":\"x\"}", "[www.1] x",
	"[www.1] x"},
    {"{\"level\":\"ERROR\",\"message\":\"\\u001b[32mno\"}", "---> no",
	"\033[31m---> no\033[0m"},
    {"{\"message\":\"\\u001b[32myes\"}", "---> yes", "---> \033[32myes\033[0m"},
    {"{}", "---> ", "---> "},
};

START_TEST(format__looks_as_in_2012)
{
	dc_auto_json struct dc_json *j = entry(lines[_i].json);
	dc_auto_free char *plain = NULL;
	dc_auto_free char *coloured = NULL;

	set_zone();
	plain = line_format(j, false);
	coloured = line_format(j, true);
	ck_assert_str_eq(plain, lines[_i].plain);
	ck_assert_str_eq(coloured, lines[_i].coloured);
}
END_TEST

START_TEST(format_app__names_the_file_when_it_changes)
{
	static const char *const json[] =
	    {"{\"service\":\"www\",\"instance\":0,\"filename\":\"/a\","
	     "\"message\":\"one\"}",
		"{\"service\":\"www\",\"instance\":0,\"filename\":\"/a\","
		"\"message\":\"two\"}",
		"{\"service\":\"www\",\"instance\":1,\"filename\":\"/a\","
		"\"message\":\"three\"}"};
	static const char *const expected[] = {"[www.0] == /a ==\n[www.0] one",
	    "[www.0] two", "[www.1] == /a ==\n[www.1] three"};
	dc_auto_free char *section = NULL;
	size_t i;

	for (i = 0; i < 3; i++) {
		dc_auto_json struct dc_json *j = entry(json[i]);
		dc_auto_free char *line = line_format_app(&section, j, false);

		ck_assert_str_eq(line, expected[i]);
	}
}
END_TEST

START_TEST(has_tag__a_service_stands_for_its_instances)
{
	dc_auto_json struct dc_json *j =
	    entry("{\"service\":\"www\",\"instance\":1}");
	dc_auto_json struct dc_json *platform = entry("{}");

	ck_assert(line_has_tag(j, "www"));
	ck_assert(line_has_tag(j, "www.1"));
	ck_assert(!line_has_tag(j, "www.0"));
	ck_assert(!line_has_tag(j, "ww"));
	ck_assert(!line_has_tag(platform, "www"));
}
END_TEST

static const struct {
	const char *text, *plain, *coloured;
} dirty[] = {
    {"plain \tätext", "plain \tätext", "plain \tätext"},
    {"\033[1;31mred\033[0m", "red", "\033[1;31mred\033[0m\033[0m"},
    {"\033[38:5:1mx", "x", "\033[38:5:1mx\033[0m"},
    {"a\033]0;title\007b", "ab", "ab"},
    {"a\033]52;c;aGk=\033\\b", "ab", "ab"},
    {"a\033]0;never ends", "a", "a"},
    {"a\033P+q544e\033\\b", "ab", "ab"},
    {"a\033[2Jb\033[5;5Hc\033[6nd", "abcd", "abcd"},
    {"a\033[?1049hb\033[>4;1mc", "abc", "abc"},
    {"a\033cb\033(0c\033#8d", "abcd", "abcd"},
    {"a\033[12", "a", "a"},
    {"a\033", "a", "a"},
    {"a\033[\033[31mb", "ab", "a\033[31mb\033[0m"},
    {"a\xc2\x9b"
     "31mb\xc2\x9d"
     "0;x",
	"a31mb0;x", "a31mb0;x"},
    {"a\bb\177c\016d", "abcd", "abcd"},
    {"10%\r100%\r", "100%", "100%"},
    {"[www] fake\r---> x\r\n", "---> x", "---> x"},
    {"", "", ""},
};

START_TEST(term__only_colours_pass)
{
	dc_auto_free char *plain = dc_term_format_line(dirty[_i].text, false);
	dc_auto_free char *coloured = dc_term_format_line(dirty[_i].text, true);

	ck_assert_str_eq(plain, dirty[_i].plain);
	ck_assert_str_eq(coloured, dirty[_i].coloured);
}
END_TEST

START_TEST(term__text_keeps_its_lines)
{
	dc_auto_free char *text = dc_term_format_text("a\033[31m\n  ^\r\nc");

	ck_assert_str_eq(text, "a\n  ^\nc");
}
END_TEST

Suite *
cli_line_suite(void)
{
	Suite *s = suite_create("cli_line");
	TCase *tc = tcase_create("cli_line");

	tcase_add_loop_test(tc, format__looks_as_in_2012, 0,
	    sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tc, format_app__names_the_file_when_it_changes);
	tcase_add_test(tc, has_tag__a_service_stands_for_its_instances);
	tcase_add_loop_test(tc, term__only_colours_pass, 0,
	    sizeof(dirty) / sizeof(dirty[0]));
	tcase_add_test(tc, term__text_keeps_its_lines);
	suite_add_tcase(s, tc);
	return s;
}
