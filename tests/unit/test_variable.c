/* tests/unit/test_variable.c -- dcloud env set. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/variable.h"

Suite *variable_suite(void);

static struct dc_db *db;
static int64_t app;

static void
setup(void)
{
	int64_t account;

	ck_assert_int_eq(dc_db_open(&db, ":memory:", NULL), 0);
	ck_assert_int_eq(dc_account_add(db, &account, "alice", "", "h", NULL),
	    0);
	ck_assert_int_eq(dc_application_add(db, &app, account, "blog", "live",
			     NULL),
	    0);
}

static void
teardown(void)
{
	dc_db_close(db);
}

static int
add_text(const struct dc_variable *v, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%s=%s;", v->name, v->value);
	return 0;
}

static char *
all(void)
{
	struct dc_str s = {0};

	ck_assert_int_eq(dc_variable_each(db, app, add_text, &s, NULL), 0);
	return dc_str_steal(&s);
}

START_TEST(save__sets_replaces_and_unsets)
{
	struct dc_variable first[] = {{"B", "1"}, {"A", "x=y"}};
	struct dc_variable second[] = {{"B", NULL}, {"A", "z"}, {"C", ""}};
	char *text;

	ck_assert_int_eq(dc_variable_save(db, app, first, 2, NULL), 0);
	text = all();
	ck_assert_str_eq(text, "A=x=y;B=1;");
	free(text);
	ck_assert_int_eq(dc_variable_save(db, app, second, 3, NULL), 0);
	text = all();
	ck_assert_str_eq(text, "A=z;C=;");
	free(text);
}
END_TEST

START_TEST(save__one_bad_name_and_none_is_set)
{
	static const char *const names[] = {"", "1A", "A B", "A-B",
	    "DOTCLOUD_X", "A=B", "\xc3\xa9"};
	struct dc_variable vars[] = {{"GOOD", "1"}, {names[_i], "2"}};
	char *text;

	ck_assert_int_eq(dc_variable_save(db, app, vars, 2, NULL), DC_EINVAL);
	text = all();
	ck_assert_str_eq(text, "");
	free(text);
}
END_TEST

START_TEST(save__there_is_a_limit)
{
	char name[16];
	int i;

	for (i = 0; i < DC_MAX_VARIABLES; i++) {
		struct dc_variable v = {name, "1"};

		(void)snprintf(name, sizeof(name), "V%d", i);
		ck_assert_int_eq(dc_variable_save(db, app, &v, 1, NULL), 0);
	}
	ck_assert_int_eq(dc_variable_save(db, app,
			     &(struct dc_variable){"ONE", "1"}, 1, NULL),
	    DC_EINVAL);
}
END_TEST

Suite *
variable_suite(void)
{
	Suite *s = suite_create("variable");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, save__sets_replaces_and_unsets);
	tcase_add_loop_test(t, save__one_bad_name_and_none_is_set, 0, 7);
	tcase_add_test(t, save__there_is_a_limit);
	suite_add_tcase(s, t);
	return s;
}
