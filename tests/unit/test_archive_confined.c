/* tests/unit/test_archive_confined.c -- as builder and deployer use it: a
 * child in a user namespace, with the tree as its root, packs to a pipe which
 * becomes a blob; another one unpacks what is drained. Needs root. */
#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/archive/archive.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/blob/blob.h"

Suite *archive_confined_suite(void);

#define RANGE 1000000 /* of uids and gids, outside */

static const struct dc_archive_limits plenty = {1LL << 30, 10000};

static void
save(const char *path, const char *text)
{
	ck_assert_int_eq(dc_fs_save(path, text, strlen(text), 0640, NULL), 0);
}

static char *
new_tree(const char *tmp, const char *name)
{
	char *path = dc_asprintf("%s/%s", tmp, name);

	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chown(path, RANGE, RANGE), 0);
	return path;
}

static void
write_map(pid_t pid, const char *name)
{
	dc_auto_free char *path = dc_asprintf("/proc/%d/%s", (int)pid, name);
	dc_auto_free char *map = dc_asprintf("0 %d 65536\n", RANGE);
	dc_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, map, strlen(map)), (int)strlen(map));
}

/* fork, namespace, map, chroot to TREE; then DO_IT with its directory and FD.
 * PEER, the other end of that pipe, must not stay open in the child. */
static pid_t
confine(const char *tree, int fd, int peer, int (*do_it)(int dirfd, int fd))
{
	int up[2], down[2], dir;
	pid_t pid;
	char c = 0;

	ck_assert_int_eq(pipe2(up, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(down, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(down[1]);
		(void)close(peer);
		if (unshare(CLONE_NEWUSER) < 0 || write(up[1], &c, 1) != 1 ||
		    read(down[0], &c, 1) != 1)
			_exit(9);
		if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0 ||
		    chdir(tree) < 0 || chroot(".") < 0)
			_exit(8);
		dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		_exit(dir < 0 ? 7 : do_it(dir, fd));
	}
	(void)close(up[1]);
	ck_assert_int_eq(read(up[0], &c, 1), 1);
	write_map(pid, "uid_map");
	write_map(pid, "gid_map");
	ck_assert_int_eq(write(down[1], &c, 1), 1);
	(void)close(up[0]);
	(void)close(down[0]);
	(void)close(down[1]);
	return pid;
}

static int
pack(int dirfd, int fd)
{
	return dc_archive_write(dirfd, fd, &plenty, NULL) < 0;
}

static int
unpack(int dirfd, int fd)
{
	struct dc_err err = DC_ERR_INIT;

	if (dc_archive_read(fd, dirfd, &plenty, &err) == 0)
		return 0;
	(void)fprintf(stderr, "%s\n", err.msg);
	return 1;
}

static void
ck_exited(pid_t pid)
{
	int status = -1;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}

static void
pack_to_blob(const char *blobs, const char *tree, char hash[DC_SHA256_HEX])
{
	dc_auto_blob struct dc_blob *b = NULL;
	int64_t size;
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = confine(tree, fds[1], fds[0], pack);
	(void)close(fds[1]);
	ck_assert_int_eq(dc_blob_new(&b, blobs, NULL), 0);
	ck_assert_int_eq(dc_blob_fill(b, fds[0], 1 << 30, NULL), 0);
	(void)close(fds[0]);
	ck_exited(pid);
	ck_assert_int_eq(dc_blob_commit(b, hash, &size, NULL), 0);
}

static void
unpack_blob(const char *blobs, const char *hash, const char *tree)
{
	int fds[2];
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = confine(tree, fds[0], fds[1], unpack);
	(void)close(fds[0]);
	ck_assert_int_eq(dc_blob_drain(blobs, hash, fds[1], NULL), 0);
	(void)close(fds[1]);
	ck_exited(pid);
}

static void
fill_tree(const char *from)
{
	dc_auto_free char *file = dc_asprintf("%s/caf\xc3\xa9\xff", from);
	dc_auto_free char *link = dc_asprintf("%s/link", from);
	dc_auto_free char *hard = dc_asprintf("%s/hard\xe9", from);

	save(file, "hello");
	ck_assert_int_eq(chown(file, RANGE + 1000, RANGE + 65535), 0);
	ck_assert_int_eq(symlink("/etc/shadow", link), 0);
	ck_assert_int_eq(lchown(link, RANGE + 1000, RANGE), 0);
	ck_assert_int_eq(linkat(AT_FDCWD, file, AT_FDCWD, hard, 0), 0);
}

START_TEST(round_trip__confined_children_pack_and_unpack)
{
	char tmp[] = "/var/tmp/dc-confined-XXXXXX", hash[DC_SHA256_HEX];
	dc_auto_free char *from = NULL, *to = NULL, *file = NULL, *blobs = NULL;
	struct stat st;

	if (geteuid() != 0) {
		ck_assert_msg(getenv("CI") == NULL, "needs root");
		(void)fprintf(stderr, "SKIPPED: namespaces need root\n");
		return;
	}
	ck_assert_ptr_nonnull(mkdtemp(tmp));
	ck_assert_int_eq(chmod(tmp, 0755), 0);
	from = new_tree(tmp, "from");
	to = new_tree(tmp, "to");
	blobs = dc_asprintf("%s/blobs", tmp);
	fill_tree(from);
	pack_to_blob(blobs, from, hash);
	unpack_blob(blobs, hash, to);
	file = dc_asprintf("%s/caf\xc3\xa9\xff", to);
	ck_assert_int_eq(lstat(file, &st), 0);
	ck_assert_uint_eq(st.st_uid, RANGE + 1000);
	ck_assert_uint_eq(st.st_gid, RANGE + 65535);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0640);
	ck_assert_uint_eq(st.st_nlink, 2);
	ck_assert_int_eq(dc_fs_remove_tree(tmp, NULL), 0);
}
END_TEST

Suite *
archive_confined_suite(void)
{
	Suite *s = suite_create("archive_confined");
	TCase *tc = tcase_create("archive_confined");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, round_trip__confined_children_pack_and_unpack);
	suite_add_tcase(s, tc);
	return s;
}
