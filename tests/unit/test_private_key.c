/* tests/unit/test_private_key.c -- the pair that an account gets. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/store/private_key.h"
#include "tests/support/tmpdb.h"

Suite *private_key_suite(void);

static struct tmpdb t;

static void
setup(void)
{
	tmpdb_open(&t);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

START_TEST(add__one_pair_for_an_account)
{
	struct dc_key first = {.type = "ssh-ed25519",
	    .blob = "AAAA",
	    .comment = ""};
	struct dc_key second = {.type = "ssh-ed25519",
	    .blob = "BBBB",
	    .comment = ""};
	dc_auto_free char *pem = NULL;
	int rc;

	rc = dc_private_key_find(t.db, &pem, t.account, NULL);
	ck_assert_int_eq(rc, DC_ENOTFOUND);
	ck_assert_int_eq(dc_private_key_add(t.db, t.account, &first, "one",
			     NULL),
	    0);
	ck_assert_int_eq(dc_private_key_add(t.db, t.account, &second, "two",
			     NULL),
	    DC_EBUSY);
	ck_assert_int_eq(dc_private_key_find(t.db, &pem, t.account, NULL), 0);
	ck_assert_str_eq(pem, "one");
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM keys"), 1);
}
END_TEST

START_TEST(find__not_when_the_public_half_was_removed)
{
	struct dc_key key = {.type = "ssh-ed25519",
	    .blob = "AAAA",
	    .comment = ""};
	dc_auto_free char *pem = NULL;

	ck_assert_int_eq(dc_private_key_add(t.db, t.account, &key, "one", NULL),
	    0);
	tmpdb_exec(t.db, "DELETE FROM keys");
	ck_assert_int_eq(dc_private_key_find(t.db, &pem, t.account, NULL),
	    DC_ENOTFOUND);
}
END_TEST

Suite *
private_key_suite(void)
{
	Suite *s = suite_create("private_key");
	TCase *tc = tcase_create("private_key");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, add__one_pair_for_an_account);
	tcase_add_test(tc, find__not_when_the_public_half_was_removed);
	suite_add_tcase(s, tc);
	return s;
}
