/* tests/unit/test_runtime_words.c -- words_split against what shlex answers. */
#include "runtime/words.h"

#include <check.h>
#include <string.h>

Suite *runtime_words_suite(void);

static const struct {
	const char *line;
	const char *words[6];
} good[] = {
    {"", {NULL}},
    {"  \t\n ", {NULL}},
    {"node server.js", {"node", "server.js"}},
    {"a  b\tc\nd", {"a", "b", "c", "d"}},
    {"'a b' c", {"a b", "c"}},
    {"\"a b\"c d", {"a bc", "d"}},
    {"''", {""}},
    {"a'' \"\"", {"a", ""}},
    {"a\\ b", {"a b"}},
    {"'a\\b'", {"a\\b"}},
    {"\"a\\b\"", {"a\\b"}},
    {"\"a\\\"b\\\\c\"", {"a\"b\\c"}},
    {"\"$HOME `x`\"", {"$HOME `x`"}},
    {"/bin/sh -lc \"exec node a.js\"", {"/bin/sh", "-lc", "exec node a.js"}},
    {"sh -c \"echo 'a b'\"", {"sh", "-c", "echo 'a b'"}},
    {"sh -c \"a \"\";b\"", {"sh", "-c", "a ;b"}},
    {"#x y", {"#x", "y"}},
};

START_TEST(split__gives_the_words_of_shlex)
{
	dc_auto_strv struct dc_strv out = {0};
	struct dc_err err = DC_ERR_INIT;
	int rc = words_split(&out, good[_i].line, &err);
	size_t n = 0;

	ck_assert_int_eq(rc, DC_OK);
	while (n < 6 && good[_i].words[n] != NULL)
		n++;
	ck_assert_uint_eq(out.n, n);
	for (size_t i = 0; i < n; i++)
		ck_assert_str_eq(out.v[i], good[_i].words[i]);
}
END_TEST

static const char *const bad[] = {"'a", "\"a", "a \"b\\\"", "a\\", "'a\\'b'"};

START_TEST(split__an_open_quote_leaves_the_output_alone)
{
	dc_auto_strv struct dc_strv out = {0};
	struct dc_err err = DC_ERR_INIT;
	int rc = words_split(&out, bad[_i], &err);

	ck_assert_int_eq(rc, DC_EINVAL);
	ck_assert_uint_eq(out.n, 0);
	ck_assert_str_ne(err.msg, "");
}
END_TEST

Suite *
runtime_words_suite(void)
{
	Suite *s = suite_create("runtime_words");
	TCase *tc = tcase_create("split");

	tcase_add_loop_test(tc, split__gives_the_words_of_shlex, 0,
	    sizeof(good) / sizeof(*good));
	tcase_add_loop_test(tc, split__an_open_quote_leaves_the_output_alone, 0,
	    sizeof(bad) / sizeof(*bad));
	suite_add_tcase(s, tc);
	return s;
}
