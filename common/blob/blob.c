/* common/blob/blob.c -- see blob.h. */
#include "common/blob/blob.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/room.h"
#include "common/base/str.h"

#define CHUNK (1 << 16)
#define LOOK (32LL << 20) /* bytes between two looks at the disk */
#define TOKEN 16          /* hex digits in a temporary name */

struct dc_blob {
	char *dir, *tmp;
	int fd;
	struct dc_sha256 sha;
	int64_t size;
};

static bool
is_hash(const char *s)
{
	return strlen(s) == DC_SHA256_HEX - 1 &&
	       strspn(s, "0123456789abcdef") == DC_SHA256_HEX - 1;
}

static char *
path_of(const char *dir, const char *hash)
{
	return dc_asprintf("%s/%.2s/%s", dir, hash, hash);
}

/* Creates and locks a temporary file. Between the two a sweep may take it for
 * a dead writer's and remove it: then again, with another name. */
static int
open_tmp(struct dc_blob *b, struct dc_err *err)
{
	char token[TOKEN + 1];
	struct stat st;

	for (;;) {
		dc_random_hex(token, TOKEN);
		b->tmp = dc_asprintf("%s/tmp/%s", b->dir, token);
		b->fd = open(b->tmp,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
		if (b->fd < 0 || flock(b->fd, LOCK_EX) < 0 ||
		    fstat(b->fd, &st) < 0)
			return dc_fail_errno(err, "create '%s'", b->tmp);
		if (st.st_nlink > 0)
			return 0;
		(void)close(dc_steal_fd(&b->fd));
		free(dc_steal_ptr(&b->tmp));
	}
}

int
dc_blob_new(struct dc_blob **out, const char *dir, struct dc_err *err)
{
	dc_auto_free char *tmp = dc_asprintf("%s/tmp", dir);
	struct dc_blob *b;
	int rc;

	rc = dc_fs_mkdirs(tmp, 0750, err);
	if (rc < 0)
		return rc;
	b = dc_xcalloc(1, sizeof(*b));
	b->fd = -1;
	b->dir = dc_strdup(dir);
	dc_sha256_init(&b->sha);
	rc = open_tmp(b, err);
	if (rc < 0) {
		dc_blob_free(b);
		return rc;
	}
	*out = b;
	return 0;
}

int
dc_blob_add(struct dc_blob *b, const void *data, size_t len, struct dc_err *err)
{
	int rc = dc_fs_write_all(b->fd, data, len, err);

	if (rc < 0)
		return dc_wrap(err, rc, "blob '%s'", b->tmp);
	dc_sha256_add(&b->sha, data, len);
	b->size += (int64_t)len;
	return 0;
}

int
dc_blob_fill(struct dc_blob *b, int fd, int64_t max, struct dc_err *err)
{
	char buf[CHUNK];
	ssize_t n;
	int rc;

	while ((n = read(fd, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dc_fail_errno(err, "read for blob '%s'", b->tmp);
		if (n > max - b->size)
			return dc_fail(err, DC_EUSER, "more than %lld bytes",
			    (long long)max);
		if (b->size / LOOK != (b->size + n) / LOOK) {
			rc = dc_room_check_fd(b->fd, err);
			if (rc < 0)
				return rc;
		}
		rc = dc_blob_add(b, buf, (size_t)n, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
dc_blob_commit(struct dc_blob *b, char hash[DC_SHA256_HEX], int64_t *size,
    struct dc_err *err)
{
	dc_auto_free char *sub = NULL, *path = NULL;
	char hex[DC_SHA256_HEX];
	int rc;

	if (fsync(b->fd) < 0)
		return dc_fail_errno(err, "fsync '%s'", b->tmp);
	dc_sha256_format(&b->sha, hex);
	path = path_of(b->dir, hex);
	sub = dc_strndup(path, strlen(b->dir) + 3);
	rc = dc_fs_mkdirs(sub, 0750, err);
	if (rc < 0)
		return rc;
	if (rename(b->tmp, path) < 0)
		return dc_fail_errno(err, "rename '%s' to '%s'", b->tmp, path);
	free(dc_steal_ptr(&b->tmp));
	rc = dc_fs_sync_dir(sub, err);
	if (rc == 0)
		rc = dc_fs_sync_dir(b->dir, err);
	if (rc < 0)
		return rc;
	memcpy(hash, hex, sizeof(hex));
	*size = b->size;
	return 0;
}

void
dc_blob_free(struct dc_blob *b)
{
	int saved = errno;

	if (b == NULL)
		return;
	if (b->tmp != NULL && b->fd >= 0)
		(void)unlink(b->tmp);
	if (b->fd >= 0)
		(void)close(b->fd);
	free(b->tmp);
	free(b->dir);
	free(b);
	errno = saved;
}

int
dc_blob_open(int *fd, int64_t *size, const char *dir, const char *hash,
    struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	dc_auto_fd int f = -1;
	struct stat st;

	if (!is_hash(hash))
		return dc_fail(err, DC_EINVAL, "'%s' names no blob", hash);
	path = path_of(dir, hash);
	f = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (f < 0 || fstat(f, &st) < 0)
		return dc_fail_errno(err, "blob '%s'", path);
	if (size != NULL)
		*size = st.st_size;
	*fd = dc_steal_fd(&f);
	return 0;
}

int
dc_blob_drain(const char *dir, const char *hash, int fd, struct dc_err *err)
{
	char buf[CHUNK], hex[DC_SHA256_HEX];
	dc_auto_fd int from = -1;
	struct dc_sha256 sha = {0};
	ssize_t n;
	int rc;

	rc = dc_blob_open(&from, NULL, dir, hash, err);
	if (rc < 0)
		return rc;
	dc_sha256_init(&sha);
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dc_fail_errno(err, "read blob %s", hash);
		rc = dc_fs_write_all(fd, buf, (size_t)n, err);
		if (rc < 0)
			return dc_wrap(err, rc, "copy blob %s", hash);
		dc_sha256_add(&sha, buf, (size_t)n);
	}
	dc_sha256_format(&sha, hex);
	if (strcmp(hex, hash) != 0)
		return dc_fail(err, DC_EFAIL,
		    "blob %s is damaged: its content has the hash %s", hash,
		    hex);
	return 0;
}

int
dc_blob_remove(const char *dir, const char *hash, struct dc_err *err)
{
	dc_auto_free char *path = NULL;

	if (!is_hash(hash))
		return dc_fail(err, DC_EINVAL, "'%s' names no blob", hash);
	path = path_of(dir, hash);
	if (unlink(path) < 0 && errno != ENOENT)
		return dc_fail_errno(err, "remove '%s'", path);
	return 0;
}

/* DIR/AB; a file that goes away meanwhile is none. */
static int
each_in(const char *dir, const char *ab, dc_blob_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, ab);
	dc_auto_dir DIR *d = opendir(path);
	const struct dirent *e;
	struct stat st;
	int rc;

	if (d == NULL)
		return errno == ENOENT || errno == ENOTDIR
			   ? 0
			   : dc_fail_errno(err, "open '%s'", path);
	while ((e = readdir(d)) != NULL) {
		if (!is_hash(e->d_name) || strncmp(e->d_name, ab, 2) != 0 ||
		    fstatat(dirfd(d), e->d_name, &st, AT_SYMLINK_NOFOLLOW) <
			0 ||
		    !S_ISREG(st.st_mode))
			continue;
		rc = fn(e->d_name, st.st_size,
		    (int64_t)st.st_mtim.tv_sec * 1000 +
			st.st_mtim.tv_nsec / 1000000,
		    arg, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
dc_blob_each(const char *dir, dc_blob_fn *fn, void *arg, struct dc_err *err)
{
	char ab[3];
	int i, rc = 0;

	for (i = 0; i < 256 && rc >= 0; i++) {
		(void)snprintf(ab, sizeof(ab), "%02x", (unsigned)i);
		rc = each_in(dir, ab, fn, arg, err);
	}
	return rc < 0 ? rc : 0;
}

int
dc_blob_sweep(const char *dir, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/tmp", dir);
	dc_auto_dir DIR *d = opendir(path);
	const struct dirent *e;
	int fd;

	if (d == NULL)
		return errno == ENOENT ? 0
				       : dc_fail_errno(err, "open '%s'", path);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		fd = openat(dirfd(d), e->d_name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			continue;
		/* A writer that renames it at this moment holds the lock. */
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			(void)unlinkat(dirfd(d), e->d_name, 0);
		(void)close(fd);
	}
	return 0;
}
