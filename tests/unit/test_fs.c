/* tests/unit/test_fs.c -- files of ours, and what is refused of strangers'. */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#define FILE_MAX 100

Suite *fs_suite(void);

static char dir[64];
static int before = -1; /* where the runner was */
static struct dc_err err;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	(void)snprintf(dir, sizeof(dir), "/tmp/dcloud-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	before = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(before, 0);
	ck_assert_int_eq(chdir(dir), 0);
}

static void
teardown(void)
{
	ck_assert_int_eq(fchdir(before), 0);
	(void)close(before);
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
	ck_assert(!dc_fs_exists(dir));
}

static void
save(const char *path, const char *text)
{
	int rc = dc_fs_save(path, text, strlen(text), 0640, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
}

START_TEST(mkdirs__all_of_them_and_again)
{
	struct stat st;
	int i;

	for (i = 0; i < 2; i++)
		ck_assert_int_eq(dc_fs_mkdirs("a/b/c", 0700, &err), 0);
	ck_assert_int_eq(stat("a/b/c", &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	save("file", "");
	ck_assert_int_lt(dc_fs_mkdirs("file/x", 0700, &err), 0);
}
END_TEST

START_TEST(save__replaces_and_leaves_nothing_else)
{
	dc_auto_free char *text = NULL;
	struct stat st;
	size_t n = 0;

	save("f", "old and longer");
	save("f", "new");
	ck_assert_int_eq(dc_fs_load(&text, &n, "f", FILE_MAX, &err), 0);
	ck_assert_uint_eq(n, 3);
	ck_assert_str_eq(text, "new");
	ck_assert_int_eq(stat("f", &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0640);
	ck_assert_int_eq(stat(".", &st), 0);
	ck_assert_int_eq(unlink("f"), 0);
	ck_assert_int_eq(chdir("/"), 0);
	ck_assert_int_eq(rmdir(dir), 0);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
}
END_TEST

START_TEST(load__not_more_than_it_was_told)
{
	dc_auto_free char *text = NULL;

	save("f", "12345");
	ck_assert_int_eq(dc_fs_load(&text, NULL, "f", 4, &err), DC_EINVAL);
	ck_assert_ptr_null(text);
	ck_assert_int_eq(dc_fs_load(&text, NULL, "f", 5, &err), 0);
	ck_assert_int_eq(dc_fs_load(&text, NULL, "none", 5, &err),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(open_in__only_regular_files_that_are_there)
{
	static const char *const bad[] = {"link", "out", "fifo", "sub",
	    "../outside", "dirlink/f", "/etc/passwd", "none"};
	dc_auto_fd int base = -1;
	dc_auto_fd int fd = -1;

	ck_assert_int_eq(mkdir("base", 0700), 0);
	ck_assert_int_eq(mkdir("base/sub", 0700), 0);
	save("outside", "secret");
	save("base/f", "text");
	save("base/sub/f", "text");
	ck_assert_int_eq(symlink("f", "base/link"), 0);
	ck_assert_int_eq(symlink("../outside", "base/out"), 0);
	ck_assert_int_eq(symlink("sub", "base/dirlink"), 0);
	ck_assert_int_eq(mkfifo("base/fifo", 0600), 0);
	base = open("base", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_lt(dc_fs_open_in(&fd, base, bad[_i], &err), 0);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(dc_fs_open_in(&fd, base, "sub/f", &err), 0);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_ne(fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}
END_TEST

START_TEST(remove_tree__follows_no_link_and_takes_what_may_not_be_read)
{
	ck_assert_int_eq(dc_fs_mkdirs("t/a/b", 0700, &err), 0);
	save("t/a/b/f", "x");
	save("kept", "x");
	ck_assert_int_eq(symlink("../../kept", "t/a/link"), 0);
	ck_assert_int_eq(symlink("/", "t/root"), 0);
	ck_assert_int_eq(mkfifo("t/fifo", 0600), 0);
	ck_assert_int_eq(chmod("t/a/b", 0), 0);
	if (geteuid() != 0)
		(void)chmod("t/a/b", 0700);
	ck_assert_int_eq(dc_fs_remove_tree("t", &err), 0);
	ck_assert(!dc_fs_exists("t"));
	ck_assert(dc_fs_exists("kept"));
	ck_assert_int_eq(dc_fs_remove_tree("t", &err), 0);
}
END_TEST

START_TEST(remove_tree__of_a_link_is_the_link)
{
	ck_assert_int_eq(mkdir("kept", 0700), 0);
	ck_assert_int_eq(symlink("kept", "link"), 0);
	ck_assert_int_eq(dc_fs_remove_tree("link", &err), 0);
	ck_assert(!dc_fs_exists("link"));
	ck_assert(dc_fs_exists("kept"));
}
END_TEST

/* A stranger's tree may be as deep as he likes. */
START_TEST(remove_tree__very_deep)
{
	dc_auto_fd int fd = -1;
	int i, next;

	ck_assert_int_eq(mkdir("deep", 0700), 0);
	fd = open("deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	for (i = 0; i < 2000; i++) {
		ck_assert_int_eq(mkdirat(fd, "d", 0700), 0);
		next = openat(fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		ck_assert_int_ge(next, 0);
		(void)close(fd);
		fd = next;
	}
	ck_assert_msg(dc_fs_remove_tree("deep", &err) == 0, "%s", err.msg);
}
END_TEST

Suite *
fs_suite(void)
{
	Suite *s = suite_create("fs");
	TCase *tc = tcase_create("fs");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, mkdirs__all_of_them_and_again);
	tcase_add_test(tc, save__replaces_and_leaves_nothing_else);
	tcase_add_test(tc, load__not_more_than_it_was_told);
	tcase_add_loop_test(tc, open_in__only_regular_files_that_are_there, 0,
	    8);
	tcase_add_test(tc,
	    remove_tree__follows_no_link_and_takes_what_may_not_be_read);
	tcase_add_test(tc, remove_tree__of_a_link_is_the_link);
	tcase_add_test(tc, remove_tree__very_deep);
	suite_add_tcase(s, tc);
	return s;
}
