/* tests/unit/test_last.c -- which of the instances that are gone has its logs
 * kept. */
#include <check.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/last.h"
#include "tests/support/tmpdb.h"

Suite *last_suite(void);

static struct tmpdb t;
static int64_t ids[4]; /* www.0 three times, and www.1 */

static void
setup(void)
{
	int64_t snapshot;
	int i;

	tmpdb_open(&t);
	snapshot = tmpdb_add_snapshot(&t, t.service, 0);
	for (i = 0; i < 4; i++)
		ids[i] = tmpdb_add_instance(&t, t.service, snapshot);
	tmpdb_exec(t.db, "UPDATE instances SET number = 1 WHERE id ="
			 " (SELECT max(id) FROM instances)");
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static void
end(int64_t id, int when)
{
	dc_auto_free char *sql =
	    dc_asprintf("UPDATE instances SET state = 'gone', ended_at = %d "
			"WHERE id = %d",
		when, (int)id);

	tmpdb_exec(t.db, sql);
}

static int
note(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%d ", (int)i->id);
	return 0;
}

static void
check(int64_t id, bool expected)
{
	bool is_last = !expected;

	ck_assert_int_eq(dc_last_find(t.db, &is_last, id, NULL), 0);
	ck_assert_int_eq(is_last, expected);
}

START_TEST(each__the_last_of_each_number)
{
	dc_auto_str struct dc_str found = {0};
	dc_auto_free char *expected = NULL;

	/* The second one never served, and went before the first. */
	end(ids[1], 10);
	end(ids[0], 20);
	end(ids[3], 5);
	dc_str_add(&found, "");
	ck_assert_int_eq(dc_last_each(t.db, t.application, note, &found, NULL),
	    0);
	expected = dc_asprintf("%d %d ", (int)ids[0], (int)ids[3]);
	ck_assert_str_eq(found.data, expected);
}
END_TEST

START_TEST(each__of_one_application)
{
	dc_auto_str struct dc_str found = {0};

	end(ids[0], 1);
	dc_str_add(&found, "");
	ck_assert_int_eq(dc_last_each(t.db, t.application + 1, note, &found,
			     NULL),
	    0);
	ck_assert_str_eq(found.data, "");
}
END_TEST

START_TEST(find__what_lives_and_the_last)
{
	bool is_last;

	end(ids[0], 20);
	end(ids[1], 20);
	check(ids[0], false);
	check(ids[1], true);
	check(ids[2], true);
	check(ids[3], true);
	ck_assert_int_eq(dc_last_find(t.db, &is_last, 4711, NULL),
	    DC_ENOTFOUND);
}
END_TEST

Suite *
last_suite(void)
{
	Suite *s = suite_create("last");
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, each__the_last_of_each_number);
	tcase_add_test(c, each__of_one_application);
	tcase_add_test(c, find__what_lives_and_the_last);
	suite_add_tcase(s, c);
	return s;
}
