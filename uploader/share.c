/* uploader/share.c -- see share.h. */
#include "uploader/share.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK 65536
#define LINKED ".dcloud-linked"

static int share_dir(int fd, int base, struct dc_err *err);

static bool
is_same(int dir, int base, const char *name, int64_t size)
{
	static char a[CHUNK], b[CHUNK];
	dc_auto_fd int fd_a = -1;
	dc_auto_fd int fd_b = -1;
	int64_t at;
	size_t n;

	fd_a = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	fd_b = openat(base, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd_a < 0 || fd_b < 0)
		return false;
	for (at = 0; at < size; at += (int64_t)n) {
		n = size - at < CHUNK ? (size_t)(size - at) : CHUNK;
		if (pread(fd_a, a, n, at) != (ssize_t)n ||
		    pread(fd_b, b, n, at) != (ssize_t)n || memcmp(a, b, n) != 0)
			return false;
	}
	return true;
}

/* Under another name first: NAME always is a whole file. */
static void
link_file(int dir, int base, const char *name)
{
	if (linkat(base, name, dir, LINKED, 0) == 0 &&
	    renameat(dir, LINKED, dir, name) < 0)
		(void)unlinkat(dir, LINKED, 0);
}

static int
share_entry(int dir, int base, const char *name, struct dc_err *err)
{
	struct stat ours, theirs;
	int fd, base_fd, rc = 0;

	if (fstatat(dir, name, &ours, AT_SYMLINK_NOFOLLOW) < 0)
		return dc_fail_errno(err, "stat '%s'", name);
	if (fstatat(base, name, &theirs, AT_SYMLINK_NOFOLLOW) < 0 ||
	    ours.st_mode != theirs.st_mode || ours.st_ino == theirs.st_ino)
		return 0;
	if (S_ISREG(ours.st_mode) && ours.st_size == theirs.st_size &&
	    is_same(dir, base, name, ours.st_size))
		link_file(dir, base, name);
	if (!S_ISDIR(ours.st_mode))
		return 0;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	base_fd =
	    openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0 && base_fd >= 0) {
		rc = share_dir(fd, base_fd, err);
		fd = -1;
	}
	if (fd >= 0)
		(void)close(fd);
	if (base_fd >= 0)
		(void)close(base_fd);
	return rc;
}

/* Takes FD over. The tree is no deeper than tree_clean allows. */
static int
share_dir(int fd, int base, struct dc_err *err)
{
	dc_auto_dir DIR *d = fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		(void)close(fd);
		return dc_fail_errno(err, "fdopendir");
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			rc = share_entry(dirfd(d), base, e->d_name, err);
	return rc;
}

int
share_run(const char *path, const char *base, struct dc_err *err)
{
	dc_auto_fd int base_fd = -1;
	int fd;

	/* It may be gone: then nothing is shared. */
	base_fd = open(base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (base_fd < 0)
		return 0;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	return share_dir(fd, base_fd, err);
}
