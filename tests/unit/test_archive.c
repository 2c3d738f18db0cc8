/* tests/unit/test_archive.c -- common/archive: round trips of nasty trees,
 * limits, damage, full disks. */
#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include "common/archive/archive.h"
#include "common/archive/attr.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

Suite *archive_suite(void);

static const struct dc_archive_limits plenty = {1LL << 30, 10000};
static struct dc_err err;
static char *tmp;
static int from, to, pack; /* directories, and the archive */

static int
open_dir(const char *name)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", tmp, name);
	int fd;

	ck_assert_int_eq(dc_fs_mkdirs(path, 0755, NULL), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	return fd;
}

static void
setup(void)
{
	dc_auto_free char *path = NULL;

	err = (struct dc_err)DC_ERR_INIT;
	tmp = dc_strdup("/tmp/dc-archive-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tmp));
	from = open_dir("from");
	to = open_dir("to");
	path = dc_asprintf("%s/pack", tmp);
	pack = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ge(pack, 0);
}

static void
teardown(void)
{
	(void)close(from);
	(void)close(to);
	(void)close(pack);
	ck_assert_int_eq(dc_fs_remove_tree(tmp, NULL), 0);
	free(tmp);
}

static void
add_file(const char *name, const char *data, mode_t mode)
{
	dc_auto_fd int fd =
	    openat(from, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(dc_fs_write_all(fd, data, strlen(data), NULL), 0);
	ck_assert_int_eq(fchmod(fd, mode), 0);
}

static void
set_mtime(const char *name, time_t sec, long nsec)
{
	const struct timespec times[2] = {{sec, nsec}, {sec, nsec}};

	ck_assert_int_eq(utimensat(from, name, times, AT_SYMLINK_NOFOLLOW), 0);
}

static int
write_tree(void)
{
	ck_assert_int_eq(ftruncate(pack, 0), 0);
	ck_assert_int_eq(lseek(pack, 0, SEEK_SET), 0);
	return dc_archive_write(from, pack, &plenty, &err);
}

static int
read_tree(void)
{
	ck_assert_int_eq(lseek(pack, 0, SEEK_SET), 0);
	return dc_archive_read(pack, to, &plenty, &err);
}

static struct stat
stat_of(int dirfd, const char *name)
{
	struct stat st;

	ck_assert_msg(fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0,
	    "no '%s'", name);
	return st;
}

static void
ck_same(const char *name, mode_t mode)
{
	struct stat a = stat_of(from, name), b = stat_of(to, name);

	ck_assert_uint_eq(b.st_mode, mode);
	ck_assert_int_eq(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	ck_assert_int_eq(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
	ck_assert_uint_eq(a.st_uid, b.st_uid);
	ck_assert_uint_eq(a.st_gid, b.st_gid);
	if (!S_ISDIR(mode))
		ck_assert_int_eq(a.st_size, b.st_size);
}

static void
round_trip(void)
{
	int rc = write_tree();

	ck_assert_msg(rc == 0, "%s", err.msg);
	rc = read_tree();
	ck_assert_msg(rc == 0, "%s", err.msg);
}

START_TEST(round_trip__keeps_modes_times_links_and_owners)
{
	char target[32] = "";

	ck_assert_int_eq(mkdirat(from, "d", 0755), 0);
	add_file("d/a", "hello", 0640);
	add_file("d/setuid", "x", 06755);
	add_file("d/none", "", geteuid() == 0 ? 0 : 0400);
	ck_assert_int_eq(linkat(from, "d/a", from, "b", 0), 0);
	ck_assert_int_eq(symlinkat("/etc/passwd", from, "d/sym"), 0);
	ck_assert_int_eq(symlinkat("nowhere", from, "dangling"), 0);
	ck_assert_int_eq(mkfifoat(from, "fifo", 0622), 0);
	ck_assert_int_eq(fchmodat(from, "fifo", 0622, 0), 0);
	if (geteuid() == 0)
		ck_assert_int_eq(fchownat(from, "d/a", 1000, 65535, 0), 0);
	set_mtime("d/sym", -5, 7);
	set_mtime("d/a", 1234567890, 123456789);
	set_mtime("d", 1000000000, 5);
	ck_assert_int_eq(fchmodat(from, "d", 01555, 0), 0);
	round_trip();
	ck_same("d", S_IFDIR | 01555);
	ck_same("d/a", S_IFREG | 0640);
	ck_same("d/setuid", S_IFREG | 0755);
	ck_same("d/none", S_IFREG | (geteuid() == 0 ? 0 : 0400));
	ck_same("d/sym", S_IFLNK | 0777);
	ck_same("fifo", S_IFIFO | 0622);
	ck_same("dangling", S_IFLNK | 0777);
	ck_assert_uint_eq(stat_of(to, "b").st_ino, stat_of(to, "d/a").st_ino);
	ck_assert_int_eq(readlinkat(to, "d/sym", target, sizeof(target)), 11);
	ck_assert_str_eq(target, "/etc/passwd");
}
END_TEST

START_TEST(round_trip__keeps_names_of_any_bytes)
{
	char longest[256];
	dc_auto_str struct dc_str path = {0};
	const char *odd[] = {"caf\xc3\xa9", "latin\xe9", "a\nb", " ", "-x",
	    "\\", "\x01\xff", longest};
	size_t i;

	memset(longest, 'n', 255);
	longest[255] = '\0';
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		add_file(odd[i], "x", 0644);
	for (i = 0; i < 10; i++) {
		dc_str_addf(&path, "%s%.200s", i > 0 ? "/" : "", longest);
		ck_assert_int_eq(mkdirat(from, path.data, 0755), 0);
	}
	dc_str_add(&path, "/\xe9");
	add_file(path.data, "deep", 0600);
	ck_assert_int_eq(symlinkat("to\xe9", from, "sym\xe9"), 0);
	ck_assert_int_eq(linkat(from, path.data, from, "hard", 0), 0);
	round_trip();
	for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		ck_same(odd[i], S_IFREG | 0644);
	ck_same(path.data, S_IFREG | 0600);
	ck_same("sym\xe9", S_IFLNK | 0777);
	ck_same("hard", S_IFREG | 0600);
}
END_TEST

START_TEST(round_trip__sparse_files_stay_sparse)
{
	dc_auto_fd int fd =
	    openat(from, "s", O_RDWR | O_CREAT | O_CLOEXEC, 0644);
	char back[8] = "";
	dc_auto_fd int copy = -1;

	ck_assert_int_eq(ftruncate(fd, 64 << 20), 0);
	ck_assert_int_eq(pwrite(fd, "middle", 6, (32 << 20) + 5), 6);
	round_trip();
	ck_same("s", S_IFREG | 0644);
	ck_assert_int_lt(stat_of(to, "s").st_blocks, 1000);
	copy = openat(to, "s", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(pread(copy, back, 7, (32 << 20) + 5), 7);
	ck_assert_str_eq(back, "middle");
}
END_TEST

static void
set_attribute(const char *name, const char *attribute, const char *value,
    size_t len)
{
	dc_auto_fd int fd = openat(from, name, O_RDONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fsetxattr(fd, attribute, value, len, 0), 0);
}

static void
ck_attribute(const char *name, const char *attribute, const char *value,
    ssize_t len)
{
	dc_auto_fd int fd = openat(to, name, O_RDONLY | O_CLOEXEC);
	char found[64];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fgetxattr(fd, attribute, found, sizeof(found)), len);
	if (len > 0)
		ck_assert_mem_eq(found, value, (size_t)len);
}

START_TEST(round_trip__keeps_attributes_of_users)
{
	ck_assert_int_eq(mkdirat(from, "d", 0700), 0);
	add_file("d/f", "x", 0600);
	add_file("z", "x", 0600);
	set_attribute("z", "user.b", "raw\0\n", 5);
	set_attribute("z", "user.a", "", 0);
	set_attribute("d", "user.dir", "yes", 3);
	if (geteuid() == 0)
		set_attribute("z", "trusted.overlay.opaque", "y", 1);
	round_trip();
	ck_attribute("z", "user.b", "raw\0\n", 5);
	ck_attribute("z", "user.a", "", 0);
	ck_attribute("d", "user.dir", "yes", 3);
	ck_attribute("d/f", "user.dir", NULL, -1);
	ck_attribute("z", "trusted.overlay.opaque", NULL, -1);
}
END_TEST

START_TEST(write__too_many_attributes_are_refused)
{
	struct archive_entry *e = archive_entry_new();
	dc_auto_fd int fd = -1;
	int64_t left = 10;

	add_file("f", "x", 0600);
	set_attribute("f", "user.a", "12345", 5);
	fd = openat(from, "f", O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(dc_attr_load(e, &left, fd, "f", &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "'f' has too many extended"));
	ck_assert_int_eq(left, 10);
	left = 30;
	ck_assert_int_eq(dc_attr_load(e, &left, fd, "f", &err), 0);
	ck_assert_int_eq(left, 30 - 6 - 5);
	archive_entry_free(e);
}
END_TEST

START_TEST(write__sockets_and_devices_are_removed)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	dc_auto_fd int s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct stat st;

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s/from/sock", tmp);
	ck_assert_int_eq(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	if (geteuid() == 0)
		(void)mknodat(from, "null", S_IFCHR | 0666, makedev(1, 3));
	add_file("z", "x", 0644);
	round_trip();
	ck_assert_int_lt(fstatat(to, "sock", &st, 0), 0);
	ck_assert_int_lt(fstatat(to, "null", &st, 0), 0);
	/* The tree is used beside its archive, and must be the same. */
	ck_assert_int_lt(fstatat(from, "sock", &st, 0), 0);
	ck_assert_int_lt(fstatat(from, "null", &st, 0), 0);
	ck_same("z", S_IFREG | 0644);
}
END_TEST

START_TEST(write__the_same_tree_gives_the_same_bytes)
{
	dc_auto_free char *path = dc_asprintf("%s/pack", tmp);
	dc_auto_free char *a = NULL, *b = NULL;
	const char *names[] = {"b", "a", "c", "B"};
	size_t i, la, lb;

	for (i = 0; i < 4; i++)
		add_file(names[i], names[i], 0644);
	for (i = 0; i < 4; i++)
		set_mtime(names[i], 1000, 1);
	ck_assert_int_eq(write_tree(), 0);
	ck_assert_int_eq(dc_fs_load(&a, &la, path, 1 << 20, NULL), 0);
	for (i = 0; i < 4; i++)
		ck_assert_int_eq(unlinkat(from, names[i], 0), 0);
	for (i = 4; i-- > 0;)
		add_file(names[i], names[i], 0644);
	for (i = 0; i < 4; i++)
		set_mtime(names[i], 1000, 1);
	ck_assert_int_eq(write_tree(), 0);
	ck_assert_int_eq(dc_fs_load(&b, &lb, path, 1 << 20, NULL), 0);
	ck_assert_uint_eq(la, lb);
	ck_assert_mem_eq(a, b, la);
}
END_TEST

START_TEST(write__limits_hold)
{
	const struct dc_archive_limits two = {1 << 20, 2}, small = {9, 10};

	add_file("a", "12345", 0644);
	add_file("b", "12345", 0644);
	ck_assert_int_eq(dc_archive_write(from, pack, &two, &err), 0);
	ck_assert_int_eq(dc_archive_write(from, pack, &small, &err), DC_EUSER);
	ck_assert_str_eq(err.msg, "more than 9 bytes of files (at 'b')");
	add_file("c", "", 0644);
	ck_assert_int_eq(dc_archive_write(from, pack, &two, &err), DC_EUSER);
}
END_TEST

START_TEST(write__a_deep_tree_is_refused)
{
	dc_auto_fd int at = openat(from, ".", O_RDONLY | O_CLOEXEC);
	int i, next;

	for (i = 0; i <= DC_MAX_ARCHIVE_DEPTH; i++) {
		ck_assert_int_eq(mkdirat(at, "d", 0755), 0);
		next = openat(at, "d", O_RDONLY | O_CLOEXEC);
		(void)close(at);
		at = next;
	}
	ck_assert_int_eq(write_tree(), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "nested too deeply"));
}
END_TEST

START_TEST(read__limits_hold)
{
	const struct dc_archive_limits one = {1 << 20, 1}, small = {9, 10};

	add_file("a", "12345", 0644);
	add_file("b", "12345", 0644);
	ck_assert_int_eq(write_tree(), 0);
	ck_assert_int_eq(lseek(pack, 0, SEEK_SET), 0);
	ck_assert_int_eq(dc_archive_read(pack, to, &one, &err), DC_EUSER);
	ck_assert_int_eq(unlinkat(to, "a", 0), 0);
	ck_assert_int_eq(lseek(pack, 0, SEEK_SET), 0);
	ck_assert_int_eq(dc_archive_read(pack, to, &small, &err), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "bytes of files (at 'b')"));
}
END_TEST

/* A pseudo-random file, which does not shrink. */
static void
add_noise(const char *name, size_t len)
{
	dc_auto_fd int fd =
	    openat(from, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	unsigned char *buf = dc_xcalloc(len, 1);
	uint32_t x = 1;
	size_t i;

	for (i = 0; i < len; i++) {
		x = x * 1664525U + 1013904223U;
		buf[i] = (unsigned char)(x >> 24);
	}
	ck_assert_int_eq(dc_fs_write_all(fd, buf, len, NULL), 0);
	free(buf);
}

START_TEST(read__truncated_archives_are_reported)
{
	off_t size;

	add_noise("noise", 300000);
	ck_assert_int_eq(write_tree(), 0);
	size = lseek(pack, 0, SEEK_END);
	/* a loop test: so many quarters of it, and all but one byte */
	size = _i < 4 ? size * _i / 4 : size - 1;
	ck_assert_int_eq(ftruncate(pack, size), 0);
	ck_assert_int_eq(read_tree(), DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "archive is damaged"));
}
END_TEST

START_TEST(read__a_corrupted_archive_is_reported)
{
	add_noise("noise", 300000);
	ck_assert_int_eq(write_tree(), 0);
	ck_assert_int_eq(pwrite(pack, "garbage garbage", 15, 20), 15);
	ck_assert_int_eq(read_tree(), DC_EINVAL);
}
END_TEST

START_TEST(read__works_from_a_pipe)
{
	int fds[2], rc;
	pid_t pid;

	add_noise("noise", 300000);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(fds[0]);
		_exit(dc_archive_write(from, fds[1], &plenty, NULL) < 0);
	}
	(void)close(fds[1]);
	rc = dc_archive_read(fds[0], to, &plenty, &err);
	(void)close(fds[0]);
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_eq(stat_of(to, "noise").st_size, 300000);
}
END_TEST

/* Skipped loudly where nothing may be mounted; in CI that is a failure. */
static bool
mount_small(const char *path)
{
	if (mount("none", path, "tmpfs", 0, "size=128k") == 0)
		return true;
	ck_assert_msg(getenv("CI") == NULL, "cannot mount a tmpfs");
	(void)fprintf(stderr, "SKIPPED: a full disk needs root\n");
	return false;
}

START_TEST(full_disk__is_reported_with_the_path)
{
	dc_auto_free char *small = dc_asprintf("%s/small", tmp);
	dc_auto_fd int dir = -1, fd = -1;
	int rc, rc2;

	add_noise("noise", 300000);
	ck_assert_int_eq(write_tree(), 0);
	ck_assert_int_eq(lseek(pack, 0, SEEK_SET), 0);
	ck_assert_int_eq(dc_fs_mkdirs(small, 0755, NULL), 0);
	if (!mount_small(small))
		return;
	dir = open(small, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	rc = dc_archive_read(pack, dir, &plenty, &err);
	fd = openat(dir, "p", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	(void)unlinkat(dir, "noise", 0);
	rc2 = dc_archive_write(from, fd, &plenty, NULL);
	(void)umount2(small, MNT_DETACH);
	ck_assert_int_eq(rc, DC_EFAIL);
	ck_assert_str_eq(err.msg, "write 'noise': No space left on device");
	ck_assert_int_eq(rc2, DC_EFAIL);
}
END_TEST

Suite *
archive_suite(void)
{
	Suite *s = suite_create("archive");
	TCase *tc = tcase_create("archive");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, round_trip__keeps_modes_times_links_and_owners);
	tcase_add_test(tc, round_trip__keeps_names_of_any_bytes);
	tcase_add_test(tc, round_trip__sparse_files_stay_sparse);
	tcase_add_test(tc, round_trip__keeps_attributes_of_users);
	tcase_add_test(tc, write__too_many_attributes_are_refused);
	tcase_add_test(tc, write__sockets_and_devices_are_removed);
	tcase_add_test(tc, write__the_same_tree_gives_the_same_bytes);
	tcase_add_test(tc, write__limits_hold);
	tcase_add_test(tc, write__a_deep_tree_is_refused);
	tcase_add_test(tc, read__limits_hold);
	tcase_add_loop_test(tc, read__truncated_archives_are_reported, 0, 5);
	tcase_add_test(tc, read__a_corrupted_archive_is_reported);
	tcase_add_test(tc, read__works_from_a_pipe);
	tcase_add_test(tc, full_disk__is_reported_with_the_path);
	suite_add_tcase(s, tc);
	return s;
}
