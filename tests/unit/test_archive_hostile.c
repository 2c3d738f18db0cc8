/* tests/unit/test_archive_hostile.c -- archives made to get out of their tree.
 */
#include <archive.h>
#include <archive_entry.h>
#include <check.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive/archive.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

Suite *archive_hostile_suite(void);
int fuzz_archive(const uint8_t *data, size_t size);

static const struct dc_archive_limits plenty = {1LL << 30, 10000};
static struct dc_err err;
static char *tmp;
static int to, out, pack; /* the tree, what is beside it, the archive */

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
	err = (struct dc_err)DC_ERR_INIT;
	tmp = dc_strdup("/tmp/dc-hostile-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tmp));
	to = open_dir("to");
	out = open_dir("out");
	pack = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	ck_assert_int_ge(pack, 0);
}

static void
teardown(void)
{
	(void)close(to);
	(void)close(out);
	(void)close(pack);
	ck_assert_int_eq(dc_fs_remove_tree(tmp, NULL), 0);
	free(tmp);
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

/* What an attacker's archive holds: up to three entries. */
struct evil {
	const char *why;
	struct {
		const char *path, *link; /* link: symbolic, or "=" hard */
		int type;
	} e[3];
};

static const struct evil evils[] = {
    {"climbs", {{"../out/x", NULL, AE_IFREG}}},
    {"climbs in the middle",
	{{"a", NULL, AE_IFDIR}, {"a/../../x", NULL, AE_IFREG}}},
    {"is absolute", {{"/tmp/dc-archive-evil", NULL, AE_IFREG}}},
    {"has an empty component",
	{{"a", NULL, AE_IFDIR}, {"a//x", NULL, AE_IFREG}}},
    {"is a dot", {{".", NULL, AE_IFDIR}}},
    {"is dots", {{"..", NULL, AE_IFDIR}}},
    {"writes through a link",
	{{"l", "../out", AE_IFLNK}, {"l/x", NULL, AE_IFREG}}},
    {"makes a directory through a link",
	{{"l", "../out", AE_IFLNK}, {"l/x", NULL, AE_IFDIR}}},
    {"writes over a link",
	{{"l", "../out/x", AE_IFLNK}, {"l", NULL, AE_IFREG}}},
    {"makes a link a directory",
	{{"l", "../out", AE_IFLNK}, {"l", NULL, AE_IFDIR},
	    {"l/x", NULL, AE_IFREG}}},
    {"links hard to the outside", {{"x", "=../out/secret", AE_IFREG}}},
    {"links hard to an absolute path", {{"x", "=/etc/passwd", AE_IFREG}}},
    {"links hard through a link",
	{{"l", "../out", AE_IFLNK}, {"x", "=l/secret", AE_IFREG}}},
    {"comes twice", {{"x", NULL, AE_IFREG}, {"x", NULL, AE_IFREG}}},
    {"has no directory", {{"a/x", NULL, AE_IFREG}}},
    {"is below a file", {{"a", NULL, AE_IFREG}, {"a/x", NULL, AE_IFREG}}},
};

static void
write_evil(const struct evil *evil)
{
	struct archive *a = archive_write_new();
	struct archive_entry *e;
	size_t i;

	ck_assert_int_eq(archive_write_set_format_pax_restricted(a), 0);
	ck_assert_int_eq(archive_write_add_filter_zstd(a), 0);
	ck_assert_int_eq(archive_write_open_fd(a, pack), 0);
	for (i = 0; i < 3 && evil->e[i].path != NULL; i++) {
		e = archive_entry_new();
		archive_entry_set_pathname(e, evil->e[i].path);
		archive_entry_set_filetype(e, (unsigned)evil->e[i].type);
		archive_entry_set_perm(e, 0777);
		archive_entry_set_size(e, 0);
		if (evil->e[i].link != NULL && evil->e[i].link[0] == '=')
			archive_entry_set_hardlink(e, evil->e[i].link + 1);
		else if (evil->e[i].link != NULL)
			archive_entry_set_symlink(e, evil->e[i].link);
		ck_assert_int_eq(archive_write_header(a, e), 0);
		archive_entry_free(e);
	}
	ck_assert_int_eq(archive_write_close(a), 0);
	(void)archive_write_free(a);
}

START_TEST(read__nothing_gets_out)
{
	dc_auto_free char *secret = dc_asprintf("%s/out/secret", tmp);
	struct stat st;
	int rc;

	ck_assert_int_eq(dc_fs_save(secret, "s", 1, 0600, NULL), 0);
	write_evil(&evils[_i]);
	rc = read_tree();
	ck_assert_msg(rc == DC_EINVAL, "%s: %d %s", evils[_i].why, rc, err.msg);
	ck_assert_int_lt(fstatat(out, "x", &st, AT_SYMLINK_NOFOLLOW), 0);
	ck_assert_uint_eq(stat_of(out, "secret").st_nlink, 1);
	ck_assert(!dc_fs_exists("/tmp/dc-archive-evil"));
}
END_TEST

START_TEST(read__devices_are_skipped)
{
	const struct evil dev = {"",
	    {{"null", NULL, AE_IFCHR}, {"blk", NULL, AE_IFBLK},
		{"z", NULL, AE_IFREG}}};
	struct stat st;
	int rc;

	write_evil(&dev);
	rc = read_tree();
	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_int_lt(fstatat(to, "null", &st, AT_SYMLINK_NOFOLLOW), 0);
	(void)stat_of(to, "z");
}
END_TEST

START_TEST(read__attributes_that_give_rights_are_refused)
{
	static const char *const names[] = {"security.capability",
	    "trusted.overlay.opaque", "system.nothing", "user"};
	struct archive *a = archive_write_new();
	struct archive_entry *e = archive_entry_new();

	ck_assert_int_eq(archive_write_set_format_pax(a), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_add_filter_zstd(a), ARCHIVE_OK);
	ck_assert_int_eq(archive_write_open_fd(a, pack), ARCHIVE_OK);
	archive_entry_set_pathname(e, "program");
	archive_entry_set_mode(e, S_IFREG | 0755);
	archive_entry_set_size(e, 0);
	archive_entry_xattr_add_entry(e, names[_i], "\1\0\0\2", 4);
	ck_assert_int_eq(archive_write_header(a, e), ARCHIVE_OK);
	archive_entry_free(e);
	ck_assert_int_eq(archive_write_free(a), ARCHIVE_OK);
	ck_assert_int_eq(read_tree(), DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "which no archive may set"));
}
END_TEST

/* From the project root, or from wherever the tests are started below it. */
START_TEST(fuzz__its_corpus_passes)
{
	static const char *const dirs[] = {"tests/data/archive",
	    "../tests/data/archive", "../../tests/data/archive", NULL};
	dc_auto_dir DIR *d = NULL;
	const struct dirent *e;
	int i, n = 0;

	for (i = 0; d == NULL && dirs[i] != NULL; i++)
		d = opendir(dirs[i]);
	ck_assert_ptr_nonnull(d);
	while ((e = readdir(d)) != NULL) {
		dc_auto_free char *path = NULL, *data = NULL;
		size_t len;

		if (e->d_name[0] == '.')
			continue;
		path = dc_asprintf("%s/%s", dirs[i - 1], e->d_name);
		ck_assert_int_eq(dc_fs_load(&data, &len, path, 1 << 20, NULL),
		    0);
		ck_assert_int_eq(fuzz_archive((const uint8_t *)data, len), 0);
		n++;
	}
	ck_assert_int_gt(n, 5);
}
END_TEST

Suite *
archive_hostile_suite(void)
{
	Suite *s = suite_create("archive_hostile");
	TCase *tc = tcase_create("archive_hostile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, read__nothing_gets_out, 0,
	    sizeof(evils) / sizeof(evils[0]));
	tcase_add_test(tc, read__devices_are_skipped);
	tcase_add_loop_test(tc, read__attributes_that_give_rights_are_refused,
	    0, 4);
	tcase_add_test(tc, fuzz__its_corpus_passes);
	suite_add_tcase(s, tc);
	return s;
}
