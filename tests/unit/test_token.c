/* tests/unit/test_token.c -- log-ins: expiry, renewal, revoking. */
#include <check.h>
#include <stdio.h>

#include "common/base/limits.h"
#include "common/store/account.h"
#include "common/store/token.h"
#include "tests/support/tmpdb.h"

Suite *token_suite(void);

static struct tmpdb t;
static int64_t bob;

static void
setup(void)
{
	tmpdb_open(&t);
	ck_assert_int_eq(dc_account_add(t.db, &bob, "bob", "", "h2", NULL), 0);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static void
add(int64_t account, const char *hash, const char *refresh)
{
	ck_assert_int_eq(dc_token_add(t.db, account, hash, refresh, "laptop",
			     NULL),
	    0);
}

START_TEST(find__says_whose_it_is_and_that_it_was_used)
{
	struct dc_token found;

	add(bob, "t1", "r1");
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT used_at AS n FROM tokens"), 0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), 0);
	ck_assert_int_eq(found.account_id, bob);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT used_at > 0 AS n FROM tokens"),
	    1);
	ck_assert_int_eq(dc_token_find(t.db, &found, "r1", NULL), DC_ENOTFOUND);
}
END_TEST

START_TEST(find__an_expired_one_is_none)
{
	struct dc_token found;

	add(bob, "t1", "r1");
	tmpdb_exec(t.db, "UPDATE tokens SET expires_at = 1");
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), DC_ENOTFOUND);
}
END_TEST

START_TEST(find__an_api_key_does_not_expire)
{
	struct dc_token found;

	add(bob, "key", NULL);
	ck_assert_int_eq(dc_token_find(t.db, &found, "key", NULL), 0);
	ck_assert_int_eq(found.expires_at, 0);
}
END_TEST

START_TEST(refresh__gives_a_new_token_more_time)
{
	struct dc_token found;

	add(bob, "t1", "r1");
	tmpdb_exec(t.db, "UPDATE tokens SET expires_at ="
			 " unixepoch() * 1000 - 1000");
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "r1", "t2", NULL), 0);
	ck_assert_int_eq(found.account_id, bob);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t2", NULL), 0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), 0);
	tmpdb_exec(t.db, "UPDATE tokens SET old_until ="
			 " unixepoch() * 1000 - 1000");
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "t2", "t3", NULL),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(refresh__keeps_one_old_token_for_a_minute)
{
	struct dc_token found;

	add(bob, "t1", "r1");
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "r1", "t2", NULL), 0);
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "r1", "t3", NULL), 0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t2", NULL), 0);
	ck_assert_int_eq(dc_token_remove(t.db, bob, found.id, NULL), 0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t2", NULL), DC_ENOTFOUND);
}
END_TEST

START_TEST(refresh__ends_as_well)
{
	struct dc_token found;

	add(bob, "t1", "r1");
	tmpdb_exec(t.db, "UPDATE tokens SET expires_at = 1");
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "r1", "t2", NULL),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(remove__only_ones_own)
{
	struct dc_token found;

	add(bob, "t1", "r1");
	add(bob, "t2", "r2");
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), 0);
	ck_assert_int_eq(dc_token_remove(t.db, t.account, found.id, NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_remove(t.db, bob, found.id, NULL), 0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "r1", "t3", NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t2", NULL), 0);
}
END_TEST

START_TEST(add__the_one_not_used_for_longest_makes_room)
{
	struct dc_token found;
	char hash[16], refresh[16];
	int i;

	add(bob, "key", NULL);
	for (i = 0; i <= DC_MAX_TOKENS; i++) {
		(void)snprintf(hash, sizeof(hash), "t%d", i);
		(void)snprintf(refresh, sizeof(refresh), "r%d", i);
		add(bob, hash, refresh);
	}
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM tokens"),
	    DC_MAX_TOKENS + 1);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t0", NULL), DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), 0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "key", NULL), 0);
}
END_TEST

START_TEST(set_password__takes_tokens_back)
{
	struct dc_token found;

	add(t.account, "t1", "r1");
	add(bob, "t2", "r2");
	ck_assert_int_eq(dc_account_set_password(t.db, t.account, "new", NULL),
	    0);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t1", NULL), DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_refresh(t.db, &found, "r1", "t3", NULL),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_token_find(t.db, &found, "t2", NULL), 0);
	ck_assert_int_eq(found.account_id, bob);
}
END_TEST

Suite *
token_suite(void)
{
	Suite *s = suite_create("token");
	TCase *c = tcase_create("store");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_test(c, find__says_whose_it_is_and_that_it_was_used);
	tcase_add_test(c, find__an_expired_one_is_none);
	tcase_add_test(c, find__an_api_key_does_not_expire);
	tcase_add_test(c, refresh__gives_a_new_token_more_time);
	tcase_add_test(c, refresh__keeps_one_old_token_for_a_minute);
	tcase_add_test(c, refresh__ends_as_well);
	tcase_add_test(c, remove__only_ones_own);
	tcase_add_test(c, add__the_one_not_used_for_longest_makes_room);
	tcase_add_test(c, set_password__takes_tokens_back);
	suite_add_tcase(s, c);
	return s;
}
