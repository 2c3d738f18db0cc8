/* tests/unit/test_account.c -- accounts and their keys. */
#include <check.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/collaborator.h"
#include "common/store/host_key.h"

Suite *account_suite(void);

static struct dc_db *db;
static int64_t alice, bob;

static void
setup(void)
{
	ck_assert_int_eq(dc_db_open(&db, ":memory:", NULL), 0);
	ck_assert_int_eq(dc_account_add(db, &alice, "alice", "a@example.org",
			     "h1", NULL),
	    0);
	ck_assert_int_eq(dc_account_add(db, &bob, "bob", "", "h2", NULL), 0);
}

static void
teardown(void)
{
	dc_db_close(db);
}

START_TEST(add__a_name_is_taken_once)
{
	struct dc_err err = DC_ERR_INIT;
	int64_t id;

	ck_assert_int_eq(dc_account_add(db, &id, "alice", "", "x", &err),
	    DC_EBUSY);
	ck_assert_str_eq(err.msg, "account 'alice' exists already");
}
END_TEST

START_TEST(add__odd_names_are_refused)
{
	static const char *const names[] = {"", "Alice", "a-b", "a b", "a@b",
	    "../x", "123456789012345678901234567890123"};
	int64_t id;

	ck_assert_int_eq(dc_account_add(db, &id, names[_i], "", "x", NULL),
	    DC_EINVAL);
}
END_TEST

START_TEST(find__by_name_or_unique_address)
{
	dc_auto_account struct dc_account a = {0};
	dc_auto_account struct dc_account b = {0};
	dc_auto_account struct dc_account none = {0};

	ck_assert_int_eq(dc_account_find(db, &a, "a@example.org", NULL), 0);
	ck_assert_int_eq(a.id, alice);
	ck_assert_int_eq(dc_account_find(db, &b, "bob", NULL), 0);
	ck_assert_str_eq(b.password_hash, "h2");
	ck_assert_int_eq(dc_account_find(db, &none, "", NULL), DC_ENOTFOUND);
}
END_TEST

START_TEST(remove__not_while_it_owns_an_application)
{
	int64_t app;

	ck_assert_int_eq(dc_application_add(db, &app, alice, "blog", "live",
			     NULL),
	    0);
	ck_assert_int_eq(dc_account_remove(db, alice, NULL), DC_EBUSY);
	ck_assert_int_eq(dc_account_remove(db, bob, NULL), 0);
}
END_TEST

START_TEST(key_add__own_again_is_success_anothers_is_not)
{
	struct dc_key key = {.type = "ssh-ed25519",
	    .blob = "AAAA",
	    .comment = "me"};
	bool first, again;
	int64_t owner;

	ck_assert_int_eq(dc_key_add(db, &first, alice, &key, NULL), 0);
	ck_assert_int_eq(dc_key_add(db, &again, alice, &key, NULL), 0);
	ck_assert(first);
	ck_assert(!again);
	ck_assert_int_eq(dc_key_add(db, &again, bob, &key, NULL), DC_EBUSY);
	ck_assert_int_eq(dc_key_find(db, &owner, "ssh-ed25519", "AAAA", NULL),
	    0);
	ck_assert_int_eq(owner, alice);
	ck_assert_int_eq(dc_key_find(db, &owner, "ssh-rsa", "AAAA", NULL),
	    DC_ENOTFOUND);
}
END_TEST

static int
add_blob(const struct dc_key *key, void *arg, struct dc_err *error)
{
	(void)error;
	dc_str_addf(arg, "%s ", key->blob);
	return 0;
}

static void
add_key(int64_t account, const char *blob)
{
	const struct dc_key key = {.type = "ssh-ed25519",
	    .blob = blob,
	    .comment = ""};
	bool is_new;

	ck_assert_int_eq(dc_key_add(db, &is_new, account, &key, NULL), 0);
}

START_TEST(key_each_of_app__those_of_who_works_on_it)
{
	dc_auto_str struct dc_str found = {0};
	int64_t app, before = 0, after = 0;
	bool is_new;

	ck_assert_int_eq(dc_application_add(db, &app, alice, "blog", "live",
			     NULL),
	    0);
	add_key(alice, "AAAA");
	add_key(bob, "BBBB");
	ck_assert_int_eq(dc_key_find_version(db, &before, NULL), 0);
	add_key(alice, "CCCC");
	ck_assert_int_eq(dc_key_find_version(db, &after, NULL), 0);
	ck_assert_int_ne(before, after);
	ck_assert_int_eq(dc_key_each_of_app(db, app, add_blob, &found, NULL),
	    0);
	ck_assert_str_eq(found.data, "AAAA CCCC ");

	dc_str_done(&found);
	found = (struct dc_str){0};
	ck_assert_int_eq(dc_collaborator_add(db, &is_new, app, "bob", NULL), 0);
	ck_assert_int_eq(dc_key_find_version(db, &before, NULL), 0);
	ck_assert_int_ne(before, after);
	ck_assert_int_eq(dc_key_each_of_app(db, app, add_blob, &found, NULL),
	    0);
	ck_assert_str_eq(found.data, "AAAA BBBB CCCC ");
}
END_TEST

START_TEST(host_key__is_made_once_for_an_application)
{
	dc_auto_free char *private_key = NULL;
	dc_auto_free char *again = NULL;
	dc_auto_free char *others = NULL;
	dc_auto_free char *public_key = NULL;
	int64_t blog, shop;

	ck_assert_int_eq(dc_application_add(db, &blog, alice, "blog", "live",
			     NULL),
	    0);
	ck_assert_int_eq(dc_application_add(db, &shop, alice, "shop", "live",
			     NULL),
	    0);
	ck_assert_int_eq(dc_host_key_find(db, &public_key, blog, NULL), 0);
	ck_assert_ptr_null(public_key);
	ck_assert_int_eq(dc_host_key_load(db, &private_key, blog, NULL), 0);
	ck_assert_int_eq(dc_host_key_load(db, &again, blog, NULL), 0);
	ck_assert_int_eq(dc_host_key_load(db, &others, shop, NULL), 0);
	ck_assert_str_eq(private_key, again);
	ck_assert_str_ne(private_key, others);
	ck_assert_int_eq(dc_host_key_find(db, &public_key, blog, NULL), 0);
	ck_assert(dc_has_prefix(public_key, "ssh-ed25519 AAAA"));
}
END_TEST

START_TEST(key_remove__only_ones_own)
{
	struct dc_key key = {.type = "ssh-ed25519",
	    .blob = "AAAA",
	    .comment = ""};
	bool is_new;
	int64_t owner, id;

	ck_assert_int_eq(dc_key_add(db, &is_new, alice, &key, NULL), 0);
	id = dc_db_last_id(db);
	ck_assert_int_eq(dc_key_remove(db, bob, id, NULL), DC_ENOTFOUND);
	ck_assert_int_eq(dc_key_remove(db, alice, id, NULL), 0);
	ck_assert_int_eq(dc_key_find(db, &owner, "ssh-ed25519", "AAAA", NULL),
	    DC_ENOTFOUND);
}
END_TEST

Suite *
account_suite(void)
{
	Suite *s = suite_create("account");
	TCase *t = tcase_create("store");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, add__a_name_is_taken_once);
	tcase_add_loop_test(t, add__odd_names_are_refused, 0, 7);
	tcase_add_test(t, find__by_name_or_unique_address);
	tcase_add_test(t, remove__not_while_it_owns_an_application);
	tcase_add_test(t, key_add__own_again_is_success_anothers_is_not);
	tcase_add_test(t, key_each_of_app__those_of_who_works_on_it);
	tcase_add_test(t, host_key__is_made_once_for_an_application);
	tcase_add_test(t, key_remove__only_ones_own);
	suite_add_tcase(s, t);
	return s;
}
