/* tests/unit/test_room.c -- common/base/room: what is kept of a disk. */
#include <check.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/room.h"

Suite *room_suite(void);

static char dir[64];

static void
make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/dcloud-room-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_dir(void)
{
	(void)umount2(dir, MNT_DETACH);
	ck_assert_int_eq(rmdir(dir), 0);
}

/* Skipped loudly where nothing may be mounted; in CI that is a failure. */
static bool
mount_small(const char *options)
{
	if (mount("none", dir, "tmpfs", 0, options) == 0)
		return true;
	ck_assert_msg(getenv("CI") == NULL, "cannot mount a tmpfs");
	(void)fprintf(stderr, "SKIPPED: a full disk needs root\n");
	return false;
}

static void
fill(const char *name, off_t bytes)
{
	dc_auto_fd int d = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dc_auto_fd int fd =
	    openat(d, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	if (bytes > 0)
		ck_assert_int_eq(posix_fallocate(fd, 0, bytes), 0);
}

START_TEST(check__keeps_a_part_of_a_small_disk)
{
	struct dc_err err = DC_ERR_INIT;
	dc_auto_fd int fd = -1;

	if (!mount_small("size=40m"))
		return;
	fill("most", 37 << 20);
	ck_assert_int_eq(dc_room_check(dir, &err), 0);
	fill("more", 2 << 20);
	ck_assert_int_eq(dc_room_check(dir, &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "but for the 2 MB"));
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(dc_room_check_fd(fd, NULL), DC_EUSER);
}
END_TEST

START_TEST(check__keeps_inodes)
{
	struct dc_err err = DC_ERR_INIT;
	char name[16];
	int i;

	if (!mount_small("size=40m,nr_inodes=100"))
		return;
	ck_assert_int_eq(dc_room_check(dir, &err), 0);
	for (i = 0; i < 96; i++) {
		(void)snprintf(name, sizeof(name), "%d", i);
		fill(name, 0);
	}
	ck_assert_int_eq(dc_room_check(dir, &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "few more files"));
}
END_TEST

START_TEST(check__a_missing_directory_is_an_error)
{
	ck_assert_int_eq(dc_room_check("/not/there", NULL), DC_ENOTFOUND);
}
END_TEST

Suite *
room_suite(void)
{
	Suite *s = suite_create("room");
	TCase *tc = tcase_create("room");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, check__keeps_a_part_of_a_small_disk);
	tcase_add_test(tc, check__keeps_inodes);
	tcase_add_test(tc, check__a_missing_directory_is_an_error);
	suite_add_tcase(s, tc);
	return s;
}
