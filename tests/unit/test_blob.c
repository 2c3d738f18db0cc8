/* tests/unit/test_blob.c -- common/blob: what is there is whole and is what
 * its name says. */
#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/blob/blob.h"

Suite *blob_suite(void);

#define ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static struct dc_err err;
static char *dir;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	dir = dc_strdup("/tmp/dc-blob-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
teardown(void)
{
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
	free(dir);
}

static void
add_blob(const char *text, const char *want)
{
	dc_auto_blob struct dc_blob *b = NULL;
	char hash[DC_SHA256_HEX];
	int64_t size;

	ck_assert_int_eq(dc_blob_new(&b, dir, &err), 0);
	ck_assert_int_eq(dc_blob_add(b, text, strlen(text), &err), 0);
	ck_assert_msg(dc_blob_commit(b, hash, &size, &err) == 0, "%s", err.msg);
	ck_assert_str_eq(hash, want);
	ck_assert_int_eq(size, (int64_t)strlen(text));
}

static int
count(const char *hash, int64_t size, int64_t mtime_ms, void *arg,
    struct dc_err *e)
{
	(void)size;
	(void)e;
	ck_assert_uint_eq(strlen(hash), 64);
	ck_assert_int_gt(mtime_ms, 0);
	++*(int *)arg;
	return 0;
}

static int
nblobs(void)
{
	int n = 0;

	ck_assert_int_eq(dc_blob_each(dir, count, &n, &err), 0);
	return n;
}

static int
ntmp(void)
{
	dc_auto_free char *tmp = dc_asprintf("%s/tmp", dir);
	dc_auto_dir DIR *d = opendir(tmp);
	int n = 0;

	while (readdir(d) != NULL)
		n++;
	return n - 2;
}

START_TEST(commit__names_it_by_its_content)
{
	dc_auto_fd int fd = -1;
	char buf[8] = "";
	int64_t size;

	add_blob("abc", ABC);
	add_blob("abc", ABC);
	add_blob("", EMPTY);
	ck_assert_int_eq(nblobs(), 2);
	ck_assert_int_eq(ntmp(), 0);
	ck_assert_int_eq(dc_blob_open(&fd, &size, dir, ABC, &err), 0);
	ck_assert_int_eq(size, 3);
	ck_assert_int_eq(read(fd, buf, sizeof(buf)), 3);
	ck_assert_str_eq(buf, "abc");
}
END_TEST

START_TEST(fill__reads_a_pipe_to_its_end)
{
	dc_auto_blob struct dc_blob *b = NULL;
	char hash[DC_SHA256_HEX];
	int64_t size;
	int fds[2], i;
	pid_t pid;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		for (i = 0; i < 15625; i++)
			(void)dc_fs_write_all(fds[1],
			    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
			    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			    64, NULL);
		_exit(0);
	}
	(void)close(fds[1]);
	ck_assert_int_eq(dc_blob_new(&b, dir, &err), 0);
	ck_assert_int_eq(dc_blob_fill(b, fds[0], 1000000, &err), 0);
	ck_assert_int_eq(dc_blob_commit(b, hash, &size, &err), 0);
	/* FIPS 180-2: a million times 'a' */
	ck_assert_str_eq(hash,
	    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
	ck_assert_int_eq(size, 1000000);
	(void)close(fds[0]);
	(void)waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(fill__more_than_max_is_refused_and_leaves_nothing)
{
	dc_auto_fd int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct dc_blob *b = NULL;

	ck_assert_int_eq(dc_blob_new(&b, dir, &err), 0);
	ck_assert_int_eq(ntmp(), 1);
	ck_assert_int_eq(dc_blob_fill(b, zero, 100000, &err), DC_EUSER);
	dc_blob_free(b);
	ck_assert_int_eq(ntmp(), 0);
	ck_assert_int_eq(nblobs(), 0);
}
END_TEST

START_TEST(drain__finds_what_was_tampered_with)
{
	dc_auto_free char *path = NULL;
	dc_auto_fd int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	add_blob("abc", ABC);
	ck_assert_int_eq(dc_blob_drain(dir, ABC, null, &err), 0);
	path = dc_asprintf("%s/ba/%s", dir, ABC);
	ck_assert_int_eq(dc_fs_save(path, "abd", 3, 0640, NULL), 0);
	ck_assert_int_eq(dc_blob_drain(dir, ABC, null, &err), DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "is damaged"));
	ck_assert_int_eq(truncate(path, 0), 0);
	ck_assert_int_eq(dc_blob_drain(dir, ABC, null, &err), DC_EFAIL);
}
END_TEST

START_TEST(open__only_a_hash_is_a_name)
{
	dc_auto_fd int fd = -1;

	ck_assert_int_eq(dc_blob_open(&fd, NULL, dir, ABC, &err), DC_ENOTFOUND);
	ck_assert_int_eq(dc_blob_open(&fd, NULL, dir, "../../etc/passwd", &err),
	    DC_EINVAL);
	ck_assert_int_eq(dc_blob_remove(dir, "", &err), DC_EINVAL);
}
END_TEST

START_TEST(remove__twice_is_success)
{
	add_blob("abc", ABC);
	ck_assert_int_eq(dc_blob_remove(dir, ABC, &err), 0);
	ck_assert_int_eq(dc_blob_remove(dir, ABC, &err), 0);
	ck_assert_int_eq(nblobs(), 0);
}
END_TEST

/* A writer gets SIGKILL between its last byte and its commit. */
START_TEST(sweep__removes_what_the_dead_left_and_nothing_else)
{
	dc_auto_blob struct dc_blob *living = NULL;
	struct dc_blob *b = NULL;
	char hash[DC_SHA256_HEX];
	int64_t size;
	int fds[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)dc_blob_new(&b, dir, NULL);
		(void)dc_blob_add(b, "abc", 3, NULL);
		(void)!write(fds[1], "x", 1);
		(void)pause();
		_exit(0);
	}
	ck_assert_int_eq(read(fds[0], &c, 1), 1);
	ck_assert_int_eq(dc_blob_new(&living, dir, &err), 0);
	ck_assert_int_eq(dc_blob_sweep(dir, &err), 0);
	ck_assert_int_eq(ntmp(), 2);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_int_eq(ntmp(), 2);
	ck_assert_int_eq(nblobs(), 0);
	ck_assert_int_eq(dc_blob_sweep(dir, &err), 0);
	ck_assert_int_eq(ntmp(), 1);
	ck_assert_int_eq(dc_blob_commit(living, hash, &size, &err), 0);
	ck_assert_int_eq(nblobs(), 1);
	(void)close(fds[0]);
	(void)close(fds[1]);
}
END_TEST

START_TEST(sweep__of_nothing_is_success)
{
	ck_assert_int_eq(dc_blob_sweep(dir, &err), 0);
	ck_assert_int_eq(nblobs(), 0);
}
END_TEST

START_TEST(full_disk__is_reported_and_leaves_nothing)
{
	dc_auto_fd int zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct dc_blob *b = NULL;
	int rc;

	if (mount("none", dir, "tmpfs", 0, "size=128k") < 0) {
		ck_assert_msg(getenv("CI") == NULL, "cannot mount a tmpfs");
		(void)fprintf(stderr, "SKIPPED: a full disk needs root\n");
		return;
	}
	rc = dc_blob_new(&b, dir, &err);
	if (rc == 0)
		rc = dc_blob_fill(b, zero, 1 << 20, &err);
	dc_blob_free(b);
	ck_assert_int_eq(ntmp(), 0);
	(void)umount2(dir, MNT_DETACH);
	ck_assert_int_eq(rc, DC_EFAIL);
	ck_assert_ptr_nonnull(strstr(err.msg, "No space left on device"));
}
END_TEST

Suite *
blob_suite(void)
{
	Suite *s = suite_create("blob");
	TCase *tc = tcase_create("blob");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, commit__names_it_by_its_content);
	tcase_add_test(tc, fill__reads_a_pipe_to_its_end);
	tcase_add_test(tc, fill__more_than_max_is_refused_and_leaves_nothing);
	tcase_add_test(tc, drain__finds_what_was_tampered_with);
	tcase_add_test(tc, open__only_a_hash_is_a_name);
	tcase_add_test(tc, remove__twice_is_success);
	tcase_add_test(tc, sweep__removes_what_the_dead_left_and_nothing_else);
	tcase_add_test(tc, sweep__of_nothing_is_success);
	tcase_add_test(tc, full_disk__is_reported_and_leaves_nothing);
	suite_add_tcase(s, tc);
	return s;
}
