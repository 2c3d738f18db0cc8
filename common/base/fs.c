/* common/base/fs.c -- see fs.h. */
#include "common/base/fs.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>

int
dc_fs_mkdirs(const char *path, mode_t mode, struct dc_err *err)
{
	dc_auto_free char *copy = dc_strdup(path);
	char *p = copy;

	while ((p = strchr(p + 1, '/')) != NULL) {
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return dc_fail_errno(err, "mkdir '%s'", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return dc_fail_errno(err, "mkdir '%s'", copy);
	return 0;
}

int
dc_fs_load(char **out, size_t *len, const char *path, size_t max,
    struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	dc_auto_str struct dc_str s = {0};
	char chunk[16384];
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dc_fail_errno(err, "read '%s'", path);
		if (s.len + (size_t)n > max)
			return dc_fail(err, DC_EINVAL,
			    "'%s' is larger than %zu bytes", path, max);
		dc_str_addn(&s, chunk, (size_t)n);
	}
	if (len != NULL)
		*len = s.len;
	*out = dc_str_steal(&s);
	return 0;
}

int
dc_fs_write_all(int fd, const void *data, size_t len, struct dc_err *err)
{
	const char *p = data;
	ssize_t n;

	while (len > 0) {
		n = write(fd, p, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dc_fail_errno(err, "write");
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
dc_fs_save(const char *path, const char *data, size_t len, mode_t mode,
    struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	dc_auto_free char *tmp = NULL;
	int rc;

	tmp = dc_asprintf("%s.%d.tmp", path, (int)getpid());
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    mode);
	if (fd < 0)
		return dc_fail_errno(err, "create '%s'", tmp);
	rc = dc_fs_write_all(fd, data, len, err);
	if (rc == 0 && fchmod(fd, mode) < 0)
		rc = dc_fail_errno(err, "chmod '%s'", tmp);
	if (rc == 0 && fsync(fd) < 0)
		rc = dc_fail_errno(err, "fsync '%s'", tmp);
	if (rc == 0 && rename(tmp, path) < 0)
		rc = dc_fail_errno(err, "rename '%s'", tmp);
	if (rc < 0)
		(void)unlink(tmp);
	return rc;
}

int
dc_fs_open_in(int *out, int dirfd, const char *name, struct dc_err *err)
{
	struct open_how how = {
	    .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};
	dc_auto_fd int fd = -1;
	struct stat st;

	fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	if (fd < 0 && (errno == ELOOP || errno == EXDEV))
		return dc_fail(err, DC_EINVAL, "'%s' is a symbolic link", name);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", name);
	if (fstat(fd, &st) < 0)
		return dc_fail_errno(err, "stat '%s'", name);
	if (!S_ISREG(st.st_mode))
		return dc_fail(err, DC_EINVAL, "'%s' is not a regular file",
		    name);
	*out = dc_steal_fd(&fd);
	return 0;
}

/* A stranger's tree may be deeper than there are descriptors or stack. What
 * lies deeper than DEEP moves up to the top and goes in another round. */
#define DEEP 64

struct removal {
	int top;
	dev_t dev;
	unsigned moved;
};

static int remove_at(struct removal *r, int depth, int dirfd, const char *name,
    struct dc_err *err);

static int
remove_children(struct removal *r, int depth, int fd, struct dc_err *err)
{
	dc_auto_dir DIR *d = fdopendir(fd);
	struct dirent *e;
	int rc;

	if (d == NULL) {
		(void)close(fd);
		return dc_fail_errno(err, "fdopendir");
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		rc = remove_at(r, depth, dirfd(d), e->d_name, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
open_to_remove(int *out, int dirfd, const char *name, dev_t dev,
    struct dc_err *err)
{
	int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	dc_auto_fd int fd = openat(dirfd, name, flags);
	struct stat st;

	/* Its owner may have closed it, to us as well when we are he. */
	if (fd < 0 && errno == EACCES &&
	    fchmodat(dirfd, name, 0700, AT_SYMLINK_NOFOLLOW) == 0)
		fd = openat(dirfd, name, flags);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", name);
	if (fstat(fd, &st) < 0 || st.st_dev != dev)
		return dc_fail(err, DC_EBUSY, "'%s' is a mount point", name);
	if ((st.st_mode & 0700) != 0700)
		(void)fchmod(fd, 0700);
	*out = dc_steal_fd(&fd);
	return 0;
}

static int
move_up(struct removal *r, int dirfd, const char *name, struct dc_err *err)
{
	char up[32];

	for (;;) {
		(void)snprintf(up, sizeof(up), "~%u", r->moved++);
		if (renameat2(dirfd, name, r->top, up, RENAME_NOREPLACE) == 0)
			return 0;
		if (errno != EEXIST)
			return dc_fail_errno(err, "move '%s'", name);
	}
}

static int
remove_at(struct removal *r, int depth, int dirfd, const char *name,
    struct dc_err *err)
{
	int fd = -1, rc;

	if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return dc_fail_errno(err, "unlink '%s'", name);
	if (depth > DEEP)
		return move_up(r, dirfd, name, err);
	rc = open_to_remove(&fd, dirfd, name, r->dev, err);
	if (rc == 0)
		rc = remove_children(r, depth + 1, fd, err);
	if (rc < 0)
		return rc;
	if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return dc_fail_errno(err, "rmdir '%s'", name);
	return 0;
}

static int
remove_rounds(struct removal *r, struct dc_err *err)
{
	unsigned before;
	int fd = -1, rc;

	do {
		before = r->moved;
		rc = open_to_remove(&fd, r->top, ".", r->dev, err);
		if (rc == 0)
			rc = remove_children(r, 1, fd, err);
	} while (rc == 0 && r->moved != before);
	return rc;
}

int
dc_fs_remove_tree(const char *path, struct dc_err *err)
{
	dc_auto_fd int top = -1;
	struct removal r = {0};
	struct stat st;
	int rc;

	if (unlink(path) == 0 || errno == ENOENT)
		return 0;
	if (lstat(path, &st) < 0)
		return dc_fail_errno(err, "stat '%s'", path);
	rc = open_to_remove(&top, AT_FDCWD, path, st.st_dev, err);
	r.top = top;
	r.dev = st.st_dev;
	if (rc == 0)
		rc = remove_rounds(&r, err);
	if (rc == 0 && rmdir(path) < 0 && errno != ENOENT)
		rc = dc_fail_errno(err, "rmdir");
	return rc < 0 ? dc_wrap(err, rc, "remove '%s'", path) : 0;
}

_Bool
dc_fs_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

int
dc_fs_sync_dir(const char *path, struct dc_err *err)
{
	dc_auto_fd int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return dc_fail_errno(err, "fsync '%s'", path);
	return 0;
}

static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	(void)clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int64_t
dc_now_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t
dc_mono_ms(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}
