/* tests/unit/test_crypto.c -- common/crypto: known answers and round trips. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/crypto/crypto.h"
#include "common/crypto/ssh_pair.h"

Suite *crypto_suite(void);

START_TEST(sha256__gives_the_published_answers)
{
	char hex[DC_SHA256_HEX];
	struct dc_sha256 h;

	dc_sha256_hex(hex, "", 0);
	ck_assert_str_eq(hex,
	    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	dc_sha256_init(&h);
	dc_sha256_add(&h, "a", 1);
	dc_sha256_add(&h, "bc", 2);
	dc_sha256_format(&h, hex);
	ck_assert_str_eq(hex,
	    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
END_TEST

START_TEST(random_hex__has_its_length_and_differs)
{
	char a[41], b[41];

	dc_random_hex(a, 40);
	dc_random_hex(b, 40);
	ck_assert_uint_eq(strlen(a), 40);
	ck_assert_uint_eq(strspn(a, "0123456789abcdef"), 40);
	ck_assert_str_ne(a, b);
}
END_TEST

START_TEST(password__only_the_right_one_is_it)
{
	char stored[DC_PASSWORD_MAX], again[DC_PASSWORD_MAX];
	struct dc_err err = DC_ERR_INIT;

	ck_assert_int_eq(dc_password_hash(stored, "correct horse", &err),
	    DC_OK);
	ck_assert_int_eq(dc_password_hash(again, "correct horse", &err), DC_OK);
	ck_assert_str_ne(stored, again);
	ck_assert(dc_password_is(stored, "correct horse"));
	ck_assert(!dc_password_is(stored, "correct horsf"));
	ck_assert(!dc_password_is("not a hash", ""));
}
END_TEST

START_TEST(secret__equality)
{
	ck_assert(dc_secret_is_equal("abc", "abc"));
	ck_assert(!dc_secret_is_equal("abc", "abd"));
	ck_assert(!dc_secret_is_equal("abc", "ab"));
	ck_assert(dc_secret_is_equal("", ""));
}
END_TEST

static void
keep_line(const char *line, void *arg)
{
	dc_str_addf(arg, "%s\n", line);
}

/* Some end where a block of the format ends, some do not. */
static const char *const comments[] = {"", "a", "abcdef", "abcdefg",
    "made by the server"};

START_TEST(ssh_pair__is_what_openssh_reads)
{
	char path[] = "/tmp/dcloud-test-key.XXXXXX";
	char *argv[] = {(char[]){"ssh-keygen"}, (char[]){"-y"}, (char[]){"-f"},
	    path, NULL};
	dc_auto_free char *private_key = NULL;
	dc_auto_free char *public_key = NULL;
	dc_auto_free char *expected = NULL;
	dc_auto_str struct dc_str said = {0};
	struct dc_err err = DC_ERR_INIT;
	int fd = mkstemp(path), rc;

	dc_ssh_pair_new(&private_key, &public_key, comments[_i]);
	rc = dc_fs_write_all(fd, private_key, strlen(private_key), &err);
	(void)close(fd);
	if (rc == 0)
		rc = dc_spawn_run(argv, NULL, NULL, keep_line, &said, &err);
	(void)unlink(path);
	ck_assert_msg(rc == 0, "%s", err.msg);
	expected = dc_asprintf("%s%s%s\n", public_key,
	    comments[_i][0] != '\0' ? " " : "", comments[_i]);
	ck_assert_str_eq(said.data, expected);
}
END_TEST

Suite *
crypto_suite(void)
{
	Suite *s = suite_create("crypto");
	TCase *tc = tcase_create("crypto");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, sha256__gives_the_published_answers);
	tcase_add_test(tc, random_hex__has_its_length_and_differs);
	tcase_add_test(tc, password__only_the_right_one_is_it);
	tcase_add_test(tc, secret__equality);
	tcase_add_loop_test(tc, ssh_pair__is_what_openssh_reads, 0,
	    sizeof(comments) / sizeof(comments[0]));
	suite_add_tcase(s, tc);
	return s;
}
