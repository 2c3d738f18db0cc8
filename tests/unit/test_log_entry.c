/* tests/unit/test_log_entry.c -- the log of a deployment: rows, followers,
 * and the buffer that build output goes through. */
#include <check.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/log_entry.h"
#include "tests/support/tmpdb.h"

#define FIRST_LINE 1 /* every deployment has one */

Suite *log_entry_suite(void);

static struct tmpdb t;
static struct dc_err err;
static struct dc_log_buffer *b;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	ck_assert_int_eq(dc_log_buffer_new(&b, t.db, t.deployment, "www", -1),
	    0);
}

static void
teardown(void)
{
	if (b != NULL)
		ck_assert_int_eq(dc_log_buffer_end(b, NULL), 0);
	tmpdb_close(&t);
}

static int
add_text(const struct dc_log_entry *e, void *arg, struct dc_err *ignored)
{
	(void)ignored;
	dc_str_addf(arg, "%s.%lld %d %s [%s]\n",
	    e->service != NULL ? e->service : "-", (long long)e->instance,
	    e->error, e->status != NULL ? e->status : "-", e->message);
	return 0;
}

/* What came after the first line. */
static void
log_is(const char *want)
{
	dc_auto_str struct dc_str got = {0};

	ck_assert_int_eq(dc_log_entry_each(t.db, t.deployment, FIRST_LINE,
			     add_text, &got, &err),
	    0);
	ck_assert_str_eq(got.data != NULL ? got.data : "", want);
}

static void
put(const char *text)
{
	ck_assert_int_eq(dc_log_buffer_add(b, text, strlen(text), &err), 0);
}

static void
end(void)
{
	ck_assert_int_eq(dc_log_buffer_end(b, &err), 0);
	b = NULL;
}

START_TEST(add__says_who_and_how_it_ended)
{
	ck_assert_int_eq(dc_log_entry_add(t.db, t.deployment, NULL, -1,
			     DC_LOG_INFO, "one", &err),
	    0);
	ck_assert_int_eq(dc_log_entry_add(t.db, t.deployment, "www", 0,
			     DC_LOG_ERROR, "two", &err),
	    0);
	ck_assert_int_eq(dc_log_entry_add(t.db, t.deployment, NULL, -1,
			     DC_LOG_DEPLOY_FAIL, "three", &err),
	    0);
	log_is("-.-1 0 - [one]\nwww.0 1 - [two]\n"
	       "-.-1 1 deploy_fail [three]\n");
}
END_TEST

START_TEST(tail__begins_before_the_last_rows)
{
	int64_t after = -1;
	int i;

	for (i = 0; i < 4; i++)
		ck_assert_int_eq(dc_log_entry_add(t.db, t.deployment, NULL, -1,
				     DC_LOG_INFO, "x", &err),
		    0);
	ck_assert_int_eq(dc_log_entry_tail(t.db, &after, t.deployment, 2, &err),
	    0);
	ck_assert_int_eq(after, 3);
	ck_assert_int_eq(dc_log_entry_tail(t.db, &after, t.deployment, 99,
			     &err),
	    0);
	ck_assert_int_eq(after, 0);
	ck_assert_int_eq(dc_log_entry_tail(t.db, &after, 99, 2, &err), 0);
	ck_assert_int_eq(after, 0);
}
END_TEST

START_TEST(buffer__whole_lines_first_the_rest_at_the_end)
{
	put("one\ntwo\nthr");
	ck_assert_int_eq(dc_log_buffer_flush(b, &err), 0);
	log_is("www.-1 0 - [one\ntwo]\n");
	put("ee");
	ck_assert_int_eq(dc_log_buffer_flush(b, &err), 0);
	log_is("www.-1 0 - [one\ntwo]\n");
	end();
	log_is("www.-1 0 - [one\ntwo]\nwww.-1 0 - [three]\n");
}
END_TEST

START_TEST(buffer__nothing_leaves_nothing)
{
	put("");
	ck_assert_int_eq(dc_log_buffer_flush(b, &err), 0);
	end();
	log_is("");
}
END_TEST

START_TEST(buffer__is_due_only_with_a_whole_line)
{
	ck_assert_int_eq(dc_log_buffer_due(b), -1);
	put("no end yet");
	ck_assert_int_eq(dc_log_buffer_due(b), -1);
	put("\n");
	ck_assert_int_eq(dc_log_buffer_due(b), 0);
	ck_assert_int_eq(dc_log_buffer_flush(b, &err), 0);
	put("at once again\n");
	ck_assert_int_ge(dc_log_buffer_due(b), 0);
	ck_assert_int_le(dc_log_buffer_due(b), 100);
}
END_TEST

START_TEST(buffer__nul_does_not_end_the_text)
{
	ck_assert_int_eq(dc_log_buffer_add(b, "a\0b\0\n", 5, &err), 0);
	end();
	log_is("www.-1 0 - [a?b?]\n");
}
END_TEST

START_TEST(buffer__what_is_not_utf8_is_replaced)
{
	put("caf\xc3\xa9 \xff\xfe \xe2\x82\n");
	end();
	log_is("www.-1 0 - [caf\xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd"
	       " \xef\xbf\xbd\xef\xbf\xbd]\n");
}
END_TEST

START_TEST(buffer__a_character_may_come_in_two_pieces)
{
	put("caf\xc3");
	put("\xa9\n");
	end();
	log_is("www.-1 0 - [caf\xc3\xa9]\n");
}
END_TEST

static int
count_bytes(const struct dc_log_entry *e, void *arg, struct dc_err *ignored)
{
	(void)ignored;
	*(size_t *)arg += strlen(e->message);
	return 0;
}

START_TEST(buffer__a_long_one_keeps_its_beginning_and_its_end)
{
	dc_auto_free char *chunk = dc_xcalloc(1, 65537);
	dc_auto_str struct dc_str all = {0};
	size_t n = 0;
	int i;

	memset(chunk, 'x', 65535);
	chunk[65535] = '\n';
	put("the first line\n");
	for (i = 0; i < 2 * (int)(DC_MAX_LOG_BYTES / 65536); i++)
		put(chunk);
	put("the last line\n");
	end();
	ck_assert_int_eq(dc_log_entry_each(t.db, t.deployment, FIRST_LINE,
			     count_bytes, &n, &err),
	    0);
	ck_assert_uint_le(n, DC_MAX_LOG_BYTES + 65536 + 200);
	ck_assert_uint_ge(n, DC_MAX_LOG_BYTES - 2 * 65536);
	ck_assert_int_eq(dc_log_entry_each(t.db, t.deployment, FIRST_LINE,
			     add_text, &all, &err),
	    0);
	ck_assert_ptr_nonnull(strstr(all.data, "[the first line\n"));
	ck_assert_ptr_nonnull(strstr(all.data, "\nthe last line]"));
	ck_assert_ptr_nonnull(
	    strstr(all.data, " bytes of output are left out"));
}
END_TEST

START_TEST(buffer__a_line_without_an_end_does_not_grow_for_ever)
{
	dc_auto_free char *chunk = dc_xcalloc(1, 65537);

	memset(chunk, 'x', 65536);
	put(chunk);
	put(chunk);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM log_entries"),
	    FIRST_LINE + 2);
}
END_TEST

Suite *
log_entry_suite(void)
{
	Suite *s = suite_create("log_entry");
	TCase *tc = tcase_create("log_entry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, add__says_who_and_how_it_ended);
	tcase_add_test(tc, tail__begins_before_the_last_rows);
	tcase_add_test(tc, buffer__whole_lines_first_the_rest_at_the_end);
	tcase_add_test(tc, buffer__nothing_leaves_nothing);
	tcase_add_test(tc, buffer__is_due_only_with_a_whole_line);
	tcase_add_test(tc, buffer__nul_does_not_end_the_text);
	tcase_add_test(tc, buffer__what_is_not_utf8_is_replaced);
	tcase_add_test(tc, buffer__a_character_may_come_in_two_pieces);
	tcase_add_test(tc, buffer__a_long_one_keeps_its_beginning_and_its_end);
	tcase_add_test(tc,
	    buffer__a_line_without_an_end_does_not_grow_for_ever);
	suite_add_tcase(s, tc);
	return s;
}
