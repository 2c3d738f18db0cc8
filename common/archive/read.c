/* common/archive/read.c -- tar + zstd to a tree; see archive.h. */
#include "common/archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common/archive/attr.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#define HOLE 4096 /* zeros in a row and aligned: not written */

/* A directory gets its mode and mtime when everything is in it, and its
 * attributes: what is made in it must not inherit them. */
struct dir {
	char *path;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	struct timespec mtime;
	struct archive_entry *attrs; /* or NULL */
};

struct reader {
	struct archive *a;
	int root;
	const struct dc_archive_limits *limits;
	int64_t bytes, entries;
	bool is_root;
	struct dir *dirs;
	size_t ndirs;
	char *parent; /* the directory which parent_fd is */
	int parent_fd;
	struct dc_err *err;
};

static int
fail_archive(struct reader *r)
{
	const char *text = archive_error_string(r->a);

	return dc_fail(r->err, DC_EINVAL, "the archive is damaged: %s",
	    text != NULL ? text : "unknown error");
}

static int
open_beneath(int root, const char *path, uint64_t flags)
{
	struct open_how how = {
	    .flags = flags | O_CLOEXEC | O_NOFOLLOW,
	    .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS,
	};

	return (int)syscall(SYS_openat2, root, path, &how, sizeof(how));
}

/* Relative, and no component empty, "." or "..". */
static bool
is_clean(const char *path)
{
	size_t n;

	do {
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && path[0] == '.') ||
		    (n == 2 && path[0] == '.' && path[1] == '.'))
			return false;
		path += n;
	} while (*path++ == '/');
	return true;
}

/* Opens the directory that PATH is in; *LEAF is PATH's last component. The
 * last one stays open, as files of one directory follow each other. */
static int
open_parent(struct reader *r, int *fd, const char **leaf, const char *path)
{
	const char *slash = strrchr(path, '/');
	dc_auto_free char *dir = NULL;

	*leaf = slash != NULL ? slash + 1 : path;
	dir = slash != NULL ? dc_strndup(path, (size_t)(slash - path))
			    : dc_strdup(".");
	if (r->parent == NULL || strcmp(r->parent, dir) != 0) {
		if (r->parent_fd >= 0)
			(void)close(r->parent_fd);
		free(r->parent);
		r->parent = NULL;
		r->parent_fd =
		    open_beneath(r->root, dir, O_RDONLY | O_DIRECTORY);
		if (r->parent_fd < 0)
			return dc_fail(r->err, DC_EINVAL,
			    "'%s': its directory is not in the archive or no "
			    "directory: %s",
			    path, strerror(errno));
		r->parent = dc_steal_ptr(&dir);
	}
	*fd = r->parent_fd;
	return 0;
}

static int
fail_make(struct reader *r, const char *path)
{
	if (errno == EEXIST)
		return dc_fail(r->err, DC_EINVAL, "'%s' is there twice", path);
	return dc_fail_errno(r->err, "create '%s'", path);
}

static struct timespec
mtime_of(struct archive_entry *e)
{
	return (struct timespec){archive_entry_mtime(e),
	    archive_entry_mtime_nsec(e)};
}

static mode_t
mode_of(struct archive_entry *e)
{
	return archive_entry_perm(e) & (S_ISVTX | 0777);
}

/* Owner, mode and time of an open file, directory or FIFO. */
static int
finish(struct reader *r, int fd, const struct dir *as)
{
	const struct timespec times[2] = {as->mtime, as->mtime};
	int rc;

	if (as->attrs != NULL) {
		rc = dc_attr_save(as->attrs, fd, as->path, r->err);
		if (rc < 0)
			return rc;
	}
	if (r->is_root && fchown(fd, as->uid, as->gid) < 0)
		return dc_fail_errno(r->err, "set the owner of '%s'", as->path);
	if (fchmod(fd, as->mode) < 0)
		return dc_fail_errno(r->err, "set the mode of '%s'", as->path);
	if (futimens(fd, times) < 0)
		return dc_fail_errno(r->err, "set the time of '%s'", as->path);
	return 0;
}

static struct dir
attributes(struct archive_entry *e, const char *path)
{
	return (struct dir){(char *)path, mode_of(e),
	    (uid_t)archive_entry_uid(e), (gid_t)archive_entry_gid(e),
	    mtime_of(e), archive_entry_xattr_count(e) > 0 ? e : NULL};
}

static int
make_dir(struct reader *r, struct archive_entry *e, const char *path)
{
	struct dir d = attributes(e, path);
	const char *leaf = NULL;
	int fd = -1, rc;

	rc = open_parent(r, &fd, &leaf, path);
	if (rc < 0)
		return rc;
	if (mkdirat(fd, leaf, 0700) < 0)
		return fail_make(r, path);
	d.path = dc_strdup(path);
	if (d.attrs != NULL)
		d.attrs = archive_entry_clone(d.attrs);
	r->dirs = dc_xrealloc(r->dirs, (r->ndirs + 1) * sizeof(*r->dirs));
	r->dirs[r->ndirs++] = d;
	return 0;
}

static bool
is_zero(const char *p, size_t n)
{
	return n > 0 && p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

static int
write_block(struct reader *r, int fd, const char *p, size_t n, int64_t at,
    const char *path)
{
	size_t part;
	ssize_t done;

	while (n > 0) {
		part = HOLE - (size_t)(at % HOLE);
		if (part > n)
			part = n;
		done = (ssize_t)part;
		if (!is_zero(p, part))
			done = pwrite(fd, p, part, at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return dc_fail_errno(r->err, "write '%s'", path);
		p += done;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
write_data(struct reader *r, int fd, const char *path)
{
	const void *p;
	int64_t at, end = 0;
	size_t n;
	int rc;

	while (
	    (rc = archive_read_data_block(r->a, &p, &n, &at)) == ARCHIVE_OK) {
		/* A sparse map may claim anything: the size is not checked. */
		if (at < end || at > r->limits->bytes - r->bytes ||
		    (int64_t)n > r->limits->bytes - r->bytes - at)
			return dc_fail(r->err, DC_EUSER,
			    "more than %lld bytes of files (at '%s')",
			    (long long)r->limits->bytes, path);
		end = at + (int64_t)n;
		rc = write_block(r, fd, p, n, at, path);
		if (rc < 0)
			return rc;
	}
	if (rc != ARCHIVE_EOF) {
		rc = fail_archive(r);
		return dc_wrap(r->err, rc, "'%s'", path);
	}
	r->bytes += end;
	if (ftruncate(fd, end) < 0)
		return dc_fail_errno(r->err, "write '%s'", path);
	return 0;
}

static int
make_file(struct reader *r, struct archive_entry *e, const char *path)
{
	const struct dir as = attributes(e, path);
	dc_auto_fd int fd = -1;
	const char *leaf = NULL;
	int dir = -1, rc;

	rc = open_parent(r, &dir, &leaf, path);
	if (rc < 0)
		return rc;
	fd = openat(dir, leaf,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_make(r, path);
	rc = write_data(r, fd, path);
	return rc < 0 ? rc : finish(r, fd, &as);
}

static int
make_fifo(struct reader *r, struct archive_entry *e, const char *path)
{
	const struct dir as = attributes(e, path);
	dc_auto_fd int fd = -1;
	const char *leaf = NULL;
	int dir = -1, rc;

	rc = open_parent(r, &dir, &leaf, path);
	if (rc < 0)
		return rc;
	if (mkfifoat(dir, leaf, 0600) < 0)
		return fail_make(r, path);
	fd = openat(dir, leaf, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(r->err, "open '%s'", path);
	return finish(r, fd, &as);
}

static int
make_symlink(struct reader *r, struct archive_entry *e, const char *path)
{
	const struct dir as = attributes(e, path);
	const struct timespec times[2] = {as.mtime, as.mtime};
	const char *target = archive_entry_symlink(e), *leaf = NULL;
	int dir = -1, rc;

	if (target == NULL)
		return dc_fail(r->err, DC_EINVAL, "'%s' links to nothing",
		    path);
	rc = open_parent(r, &dir, &leaf, path);
	if (rc < 0)
		return rc;
	if (symlinkat(target, dir, leaf) < 0)
		return fail_make(r, path);
	if (r->is_root &&
	    fchownat(dir, leaf, as.uid, as.gid, AT_SYMLINK_NOFOLLOW) < 0)
		return dc_fail_errno(r->err, "set the owner of '%s'", path);
	if (utimensat(dir, leaf, times, AT_SYMLINK_NOFOLLOW) < 0)
		return dc_fail_errno(r->err, "set the time of '%s'", path);
	return 0;
}

/* Another name for a file of this archive; links in TARGET's way are refused,
 * and a link that is TARGET gets a second name itself. */
static int
make_link(struct reader *r, const char *path, const char *target)
{
	const char *slash = strrchr(target, '/'), *leaf = NULL;
	dc_auto_free char *dir = NULL;
	dc_auto_fd int from = -1;
	int to = -1, rc;

	if (!is_clean(target))
		return dc_fail(r->err, DC_EINVAL, "'%s' links outside: '%s'",
		    path, target);
	rc = open_parent(r, &to, &leaf, path);
	if (rc < 0)
		return rc;
	dir = slash != NULL ? dc_strndup(target, (size_t)(slash - target))
			    : dc_strdup(".");
	from = open_beneath(r->root, dir, O_RDONLY | O_DIRECTORY);
	if (from < 0 ||
	    linkat(from, slash != NULL ? slash + 1 : target, to, leaf, 0) < 0) {
		if (errno == EEXIST)
			return fail_make(r, path);
		return dc_fail(r->err, DC_EINVAL,
		    "'%s' cannot be linked to '%s': %s", path, target,
		    strerror(errno));
	}
	return 0;
}

static int
make_entry(struct reader *r, struct archive_entry *e)
{
	const char *raw = archive_entry_pathname(e);
	dc_auto_free char *path = dc_strdup(raw != NULL ? raw : "");
	size_t n = strlen(path);

	if (n > 1 && path[n - 1] == '/')
		path[n - 1] = '\0';
	if (!is_clean(path))
		return dc_fail(r->err, DC_EINVAL,
		    "the archive names '%s', which is outside of it", path);
	if (++r->entries > r->limits->entries)
		return dc_fail(r->err, DC_EUSER,
		    "more than %lld files and directories (at '%s')",
		    (long long)r->limits->entries, path);
	if (archive_entry_hardlink(e) != NULL)
		return make_link(r, path, archive_entry_hardlink(e));
	switch (archive_entry_filetype(e)) {
	case AE_IFREG:
		return make_file(r, e, path);
	case AE_IFDIR:
		return make_dir(r, e, path);
	case AE_IFLNK:
		return make_symlink(r, e, path);
	case AE_IFIFO:
		return make_fifo(r, e, path);
	default:
		return 0; /* sockets and devices */
	}
}

/* Deepest first, as a finished directory may be closed to us. */
static int
finish_dirs(struct reader *r)
{
	dc_auto_fd int fd = -1;
	const struct dir *d;
	size_t i;
	int rc;

	for (i = r->ndirs; i > 0; i--) {
		d = &r->dirs[i - 1];
		if (fd >= 0)
			(void)close(fd);
		fd = open_beneath(r->root, d->path, O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			return dc_fail_errno(r->err, "open '%s'", d->path);
		rc = finish(r, fd, d);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
read_entries(struct reader *r, int fd)
{
	struct archive_entry *e;
	int rc;

	if (archive_read_support_filter_zstd(r->a) != ARCHIVE_OK ||
	    archive_read_support_format_tar(r->a) != ARCHIVE_OK ||
	    archive_read_open_fd(r->a, fd, 1 << 16) != ARCHIVE_OK)
		return fail_archive(r);
	for (;;) {
		rc = archive_read_next_header(r->a, &e);
		if (rc == ARCHIVE_EOF)
			return finish_dirs(r);
		if (rc < ARCHIVE_WARN)
			return fail_archive(r);
		rc = make_entry(r, e);
		if (rc < 0)
			return rc;
	}
}

int
dc_archive_read(int fd, int dirfd, const struct dc_archive_limits *limits,
    struct dc_err *err)
{
	struct reader r = {.root = dirfd,
	    .limits = limits,
	    .is_root = geteuid() == 0,
	    .parent_fd = -1,
	    .err = err};
	size_t i;
	int rc;

	r.a = archive_read_new();
	if (r.a == NULL)
		abort();
	rc = read_entries(&r, fd);
	(void)archive_read_free(r.a);
	for (i = 0; i < r.ndirs; i++) {
		free(r.dirs[i].path);
		archive_entry_free(r.dirs[i].attrs);
	}
	free(r.dirs);
	free(r.parent);
	if (r.parent_fd >= 0)
		(void)close(r.parent_fd);
	return rc;
}
