/* common/archive/write.c -- a tree to tar + zstd; see archive.h. */
#include "common/archive/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive/attr.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#define LEVEL "3"

/* The first name of a file that has several. */
struct link {
	dev_t dev;
	ino_t ino;
	char *path;
};

struct writer {
	struct archive *a;
	int fd;
	int rc; /* of writing to fd: libarchive is never told */
	const struct dc_archive_limits *limits;
	int64_t bytes, entries, attrs_left;
	int depth;
	void *links; /* tsearch(3) */
	struct dc_err *err;
};

static int write_dir(struct writer *w, int dirfd, const char *path);

static int
fail_archive(struct writer *w, const char *path)
{
	int e = archive_errno(w->a);
	const char *text = archive_error_string(w->a);

	return dc_fail(w->err, DC_EFAIL, "archive '%s': %s%s%s", path,
	    text != NULL ? text : "failed", e > 0 ? ": " : "",
	    e > 0 ? strerror(e) : "");
}

/* After a failure what is left goes nowhere: a libarchive which was told would
 * not free all it has. */
static la_ssize_t
on_output(struct archive *a, void *arg, const void *data, size_t len)
{
	struct writer *w = arg;

	(void)a;
	if (w->rc == 0)
		w->rc = dc_fs_write_all(w->fd, data, len, w->err);
	return (la_ssize_t)len;
}

static int
by_inode(const void *a, const void *b)
{
	const struct link *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static void
free_link(void *p)
{
	struct link *l = p;

	free(l->path);
	free(l);
}

/* The path under which this file is in the archive already, or NULL. */
static const char *
find_link(struct writer *w, const struct stat *st, const char *path)
{
	struct link *l, **found;

	if (st->st_nlink < 2)
		return NULL;
	l = dc_xcalloc(1, sizeof(*l));
	l->dev = st->st_dev;
	l->ino = st->st_ino;
	found = tsearch(l, &w->links, by_inode);
	if (found == NULL)
		abort();
	if (*found == l) {
		l->path = dc_strdup(path);
		return NULL;
	}
	free(l);
	return (*found)->path;
}

static int
count(struct writer *w, const char *path, int64_t bytes)
{
	w->entries++;
	if (w->entries > w->limits->entries)
		return dc_fail(w->err, DC_EUSER,
		    "more than %lld files and directories (at '%s')",
		    (long long)w->limits->entries, path);
	if (bytes > w->limits->bytes - w->bytes)
		return dc_fail(w->err, DC_EUSER,
		    "more than %lld bytes of files (at '%s')",
		    (long long)w->limits->bytes, path);
	w->bytes += bytes;
	return 0;
}

static int
write_header(struct writer *w, struct archive_entry *e, const char *path)
{
	/* A warning is about a name which does not fit the locale: it is kept
	 * as it is. */
	if (archive_write_header(w->a, e) < ARCHIVE_WARN)
		return fail_archive(w, path);
	return w->rc;
}

static int
copy_data(struct writer *w, int fd, int64_t size, const char *path)
{
	char buf[1 << 16];
	ssize_t n;

	while (size > 0) {
		n = read(fd, buf,
		    size < (int64_t)sizeof(buf) ? (size_t)size : sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return dc_fail_errno(w->err, "read '%s'", path);
		if (n == 0)
			return dc_fail(w->err, DC_EFAIL,
			    "'%s' became shorter while it was read", path);
		if (archive_write_data(w->a, buf, (size_t)n) != n)
			return fail_archive(w, path);
		if (w->rc < 0)
			return w->rc;
		size -= n;
	}
	return 0;
}

static int
write_file(struct writer *w, int dirfd, const char *name, const char *path,
    struct archive_entry *e, const struct stat *st)
{
	const char *first = find_link(w, st, path);
	dc_auto_fd int fd = -1;
	struct stat now;
	int rc;

	if (first != NULL) {
		archive_entry_set_hardlink(e, first);
		archive_entry_unset_size(e);
		rc = count(w, path, 0);
		return rc < 0 ? rc : write_header(w, e, path);
	}
	fd = openat(dirfd, name,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &now) < 0)
		return dc_fail_errno(w->err, "open '%s'", path);
	if (now.st_ino != st->st_ino || !S_ISREG(now.st_mode))
		return dc_fail(w->err, DC_EFAIL,
		    "'%s' was replaced while it was read", path);
	archive_entry_set_size(e, now.st_size);
	rc = count(w, path, now.st_size);
	if (rc == 0)
		rc = dc_attr_load(e, &w->attrs_left, fd, path, w->err);
	if (rc == 0)
		rc = write_header(w, e, path);
	return rc < 0 ? rc : copy_data(w, fd, now.st_size, path);
}

static int
write_symlink(struct writer *w, int dirfd, const char *name, const char *path,
    struct archive_entry *e)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(dirfd, name, target, sizeof(target) - 1);
	int rc;

	if (n < 0)
		return dc_fail_errno(w->err, "read the link '%s'", path);
	target[n] = '\0';
	archive_entry_set_symlink(e, target);
	rc = count(w, path, 0);
	return rc < 0 ? rc : write_header(w, e, path);
}

static int
write_subdir(struct writer *w, int dirfd, const char *name, const char *path,
    struct archive_entry *e)
{
	dc_auto_fd int fd = -1;
	int rc;

	if (w->depth == DC_MAX_ARCHIVE_DEPTH || strlen(path) + 256 >= PATH_MAX)
		return dc_fail(w->err, DC_EUSER,
		    "directories are nested too deeply at '%.200s'", path);
	fd = openat(dirfd, name,
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(w->err, "open '%s'", path);
	rc = count(w, path, 0);
	if (rc == 0)
		rc = dc_attr_load(e, &w->attrs_left, fd, path, w->err);
	if (rc == 0)
		rc = write_header(w, e, path);
	if (rc < 0)
		return rc;
	w->depth++;
	rc = write_dir(w, fd, path);
	w->depth--;
	return rc;
}

static struct archive_entry *
new_entry(struct writer *w, const char *path, const struct stat *st)
{
	struct archive_entry *e = archive_entry_new2(w->a);

	if (e == NULL)
		abort();
	archive_entry_set_pathname(e, path);
	archive_entry_set_mode(e, st->st_mode);
	archive_entry_set_uid(e, st->st_uid);
	archive_entry_set_gid(e, st->st_gid);
	archive_entry_set_mtime(e, st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
	archive_entry_set_size(e, 0);
	return e;
}

/* A socket or device: a tree that is used beside its archive must not have what
 * the archive lacks, and to an overlay one device means "deleted". */
static int
remove_entry(struct writer *w, int dirfd, const char *name, const char *path)
{
	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return dc_fail_errno(w->err, "remove '%s'", path);
	return 0;
}

static int
write_entry(struct writer *w, int dirfd, const char *name, const char *path)
{
	struct archive_entry *e;
	struct stat st;
	int rc = 0;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return dc_fail_errno(w->err, "stat '%s'", path);
	e = new_entry(w, path, &st);
	if (S_ISREG(st.st_mode))
		rc = write_file(w, dirfd, name, path, e, &st);
	else if (S_ISDIR(st.st_mode))
		rc = write_subdir(w, dirfd, name, path, e);
	else if (S_ISLNK(st.st_mode))
		rc = write_symlink(w, dirfd, name, path, e);
	else if (!S_ISFIFO(st.st_mode))
		rc = remove_entry(w, dirfd, name, path);
	else if ((rc = count(w, path, 0)) == 0)
		rc = write_header(w, e, path);
	archive_entry_free(e);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The sorted names in DIRFD. The limit on entries bounds them as well. */
static int
list_names(struct dc_strv *out, struct writer *w, int dirfd, const char *path)
{
	dc_auto_dir DIR *d = NULL;
	const struct dirent *e;
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	d = fd >= 0 ? fdopendir(fd) : NULL;
	if (d == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return dc_fail_errno(w->err, "open '%s'", path);
	}
	while (errno = 0, (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		dc_strv_add(out, e->d_name);
		if ((int64_t)out->n > w->limits->entries)
			return dc_fail(w->err, DC_EUSER,
			    "more than %lld files and directories (in '%s')",
			    (long long)w->limits->entries, path);
	}
	if (errno != 0)
		return dc_fail_errno(w->err, "read the directory '%s'", path);
	if (out->n > 1)
		qsort((void *)out->v, out->n, sizeof(*out->v), by_name);
	return 0;
}

/* At most DC_MAX_ARCHIVE_DEPTH deep, one descriptor a level. */
static int
write_dir(struct writer *w, int dirfd, const char *path)
{
	dc_auto_strv struct dc_strv names = {0};
	char *child;
	size_t i;
	int rc;

	rc = list_names(&names, w, dirfd, path);
	for (i = 0; i < names.n && rc == 0; i++) {
		child = *path != '\0' ? dc_asprintf("%s/%s", path, names.v[i])
				      : dc_strdup(names.v[i]);
		rc = write_entry(w, dirfd, names.v[i], child);
		free(child);
	}
	return rc;
}

static int
open_archive(struct writer *w)
{
	/* Not "restricted", which cuts times to seconds. */
	if (archive_write_set_format_pax(w->a) != ARCHIVE_OK ||
	    archive_write_set_format_option(w->a, "pax", "hdrcharset",
		"BINARY") != ARCHIVE_OK ||
	    archive_write_set_format_option(w->a, "pax", "xattrheader",
		"SCHILY") != ARCHIVE_OK ||
	    archive_write_add_filter_zstd(w->a) != ARCHIVE_OK ||
	    archive_write_set_filter_option(w->a, "zstd", "compression-level",
		LEVEL) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(w->a, 1) != ARCHIVE_OK ||
	    archive_write_open2(w->a, w, NULL, on_output, NULL, NULL) !=
		ARCHIVE_OK)
		return fail_archive(w, ".");
	return 0;
}

int
dc_archive_write(int dirfd, int fd, const struct dc_archive_limits *limits,
    struct dc_err *err)
{
	struct writer w = {.fd = fd,
	    .limits = limits,
	    .attrs_left = DC_MAX_HOME_ATTRS,
	    .err = err};
	int rc;

	w.a = archive_write_new();
	if (w.a == NULL)
		abort();
	rc = open_archive(&w);
	if (rc == 0)
		rc = write_dir(&w, dirfd, "");
	/* What closing adds must not follow half of a tree. */
	if (rc < 0 && w.rc == 0)
		w.rc = rc;
	if (archive_write_close(w.a) != ARCHIVE_OK && rc == 0)
		rc = fail_archive(&w, ".");
	if (rc == 0 && w.rc < 0)
		rc = dc_wrap(err, w.rc, "write the archive");
	(void)archive_write_free(w.a);
	tdestroy(w.links, free_link);
	return rc;
}
