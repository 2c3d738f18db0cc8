/* tests/unit/test_runtime_elsewhere.c -- what the real supervisord's events say
 * of its programs. */
#include "runtime/elsewhere.h"

#include "common/base/str.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *runtime_elsewhere_suite(void);

static struct elsewhere e;

static void
setup(void)
{
	e = (struct elsewhere){0};
}

static void
teardown(void)
{
	elsewhere_done(&e);
}

static const struct elsewhere_program *
note(const char *name, const char *state, const char *pid, const char *expected)
{
	char *words[] = {dc_strdup(name), dc_strdup(state), dc_strdup(pid),
	    dc_strdup(expected)};
	const struct elsewhere_program *p = elsewhere_note(&e, words);

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		free(words[i]);
	return p;
}

START_TEST(note__counts_what_nobody_asked_for)
{
	const struct elsewhere_program *p;

	(void)note("x", "STARTING", "0", "1");
	(void)note("x", "BACKOFF", "0", "1");
	(void)note("x", "RUNNING", "12", "1");
	(void)note("x", "EXITED", "12", "0");
	(void)note("x", "EXITED", "12", "1");
	p = note("x", "STOPPED", "0", "1");

	ck_assert_uint_eq(e.n, 1);
	ck_assert_uint_eq(p->crashes, 2);
	ck_assert_str_eq(p->state, "STOPPED");
}
END_TEST

START_TEST(note__the_listener_is_the_last)
{
	(void)note("x", "RUNNING", "12", "1");
	(void)note(ELSEWHERE_LISTENER, "STARTING", "13", "1");
	ck_assert(!e.is_complete);
	(void)note(ELSEWHERE_LISTENER, "RUNNING", "13", "1");
	ck_assert(e.is_complete);
}
END_TEST

START_TEST(note__takes_nothing_else)
{
	char name[600];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_ptr_null(note("x", "running", "1", "1"));
	ck_assert_ptr_null(note("x", "RUNNING", "-1", "1"));
	ck_assert_ptr_null(note("x", "RUNNING", "one", "1"));
	ck_assert_ptr_null(note(name, "RUNNING", "1", "1"));
	ck_assert_uint_eq(e.n, 0);
}
END_TEST

START_TEST(note__has_a_limit)
{
	char name[16];

	for (int i = 0; i < ELSEWHERE_MAX + 10; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		ck_assert_int_eq(note(name, "RUNNING", "1", "1") != NULL,
		    i < ELSEWHERE_MAX);
	}
	ck_assert_uint_eq(e.n, ELSEWHERE_MAX);
	ck_assert_ptr_nonnull(note("p0", "EXITED", "1", "1"));
}
END_TEST

Suite *
runtime_elsewhere_suite(void)
{
	Suite *s = suite_create("runtime_elsewhere");
	TCase *tc = tcase_create("note");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, note__counts_what_nobody_asked_for);
	tcase_add_test(tc, note__the_listener_is_the_last);
	tcase_add_test(tc, note__takes_nothing_else);
	tcase_add_test(tc, note__has_a_limit);
	suite_add_tcase(s, tc);
	return s;
}
