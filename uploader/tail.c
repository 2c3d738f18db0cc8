/* uploader/tail.c -- see tail.h. */
#include "uploader/tail.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#define FILES_MAX 64
#define NAME_BYTES 128
#define SEEK_BYTES (1 << 20) /* looked through for the last N lines */
#define CHUNK 65536
#define BACKUPS_MAX 10 /* x.log.1, ...: dcinit keeps fewer */

struct file {
	char name[NAME_BYTES];
	int fd;
	ino_t inode;
	off_t offset;
	struct dc_str pending; /* a line without its end */
	bool is_old;           /* rotated away: read once */
};

struct tail {
	int dir, inotify, watch;
	struct file files[FILES_MAX];
	size_t n;
};

static int
open_file(struct tail *t, struct file *f, const char *name, struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	struct stat st;
	int rc = dc_fs_open_in(&fd, t->dir, name, err);

	if (rc < 0)
		return rc;
	if (fstat(fd, &st) < 0)
		return dc_fail_errno(err, "stat '%s'", name);
	if (f->fd >= 0)
		(void)close(f->fd);
	f->fd = dc_steal_fd(&fd);
	f->inode = st.st_ino;
	f->offset = 0;
	return 0;
}

/* To where the last N lines begin. */
static void
seek_back(struct file *f, int64_t n)
{
	dc_auto_free char *text = dc_xcalloc(1, SEEK_BYTES);
	struct stat st;
	ssize_t len;

	if (fstat(f->fd, &st) < 0)
		return;
	f->offset = st.st_size > SEEK_BYTES ? st.st_size - SEEK_BYTES : 0;
	len = pread(f->fd, text, SEEK_BYTES, f->offset);
	if (len <= 0)
		return;
	/* The newline at the very end ends the last line. */
	for (ssize_t i = len - 1; i >= 0; i--) {
		if (n == 0 || (text[i] == '\n' && i != len - 1 && --n == 0)) {
			f->offset += i + 1;
			return;
		}
	}
}

static bool
has_file(const struct tail *t, const char *name)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (strcmp(t->files[i].name, name) == 0)
			return true;
	return false;
}

static struct file *
add_file(struct tail *t, const char *name, const char *path)
{
	struct file *f;

	if (t->n == FILES_MAX)
		return NULL;
	f = &t->files[t->n];
	*f = (struct file){.fd = -1};
	(void)stpcpy(f->name, name);
	if (open_file(t, f, path, NULL) < 0)
		return NULL;
	t->n++;
	return f;
}

/* Rotated since MARK: what its old file still has, and those between. */
static void
add_rotated(struct tail *t, const struct tail_mark *mark)
{
	struct stat st;
	struct file *f;
	int i, found = 0;

	for (i = 1; i <= BACKUPS_MAX && found == 0; i++) {
		dc_auto_free char *path = dc_asprintf("%s.%d", mark->name, i);

		if (fstatat(t->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    st.st_ino == mark->inode)
			found = i;
	}
	for (i = found; i > 0; i--) {
		dc_auto_free char *path = dc_asprintf("%s.%d", mark->name, i);

		f = add_file(t, mark->name, path);
		if (f == NULL)
			continue;
		f->is_old = true;
		if (i == found)
			f->offset = mark->offset;
	}
}

/* What is kept of an instance that is gone begins with a hole. */
static void
skip_hole(struct file *f)
{
	struct stat st;
	off_t data = lseek(f->fd, f->offset, SEEK_DATA);

	if (data > f->offset && fstat(f->fd, &st) == 0 &&
	    st.st_size - f->offset > SEEK_BYTES)
		f->offset = data;
}

static void
start_file(struct tail *t, const char *name, const struct tail_start *start)
{
	const struct tail_mark *mark = NULL;
	struct file *f;
	size_t i;

	for (i = 0; i < start->nmarks; i++)
		if (strcmp(start->marks[i].name, name) == 0)
			mark = &start->marks[i];
	f = add_file(t, name, name);
	if (f == NULL)
		return;
	if (mark != NULL && f->inode != mark->inode) {
		/* In front of it: what is older is read first. */
		t->n--;
		(void)close(f->fd);
		add_rotated(t, mark);
		(void)add_file(t, name, name);
	} else if (mark != NULL) {
		f->offset = mark->offset;
		skip_hole(f);
	} else if (start->n >= 0) {
		seek_back(f, start->n);
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds what is new. Files that cannot be opened are not for us. */
static void
scan(struct tail *t, const struct tail_start *start)
{
	int fd = openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dc_auto_dir DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	dc_auto_strv struct dc_strv names = {0};
	struct dirent *e;
	size_t i;

	while (d != NULL && (e = readdir(d)) != NULL && names.n < FILES_MAX)
		if (dc_has_suffix(e->d_name, ".log") &&
		    strlen(e->d_name) < NAME_BYTES && !has_file(t, e->d_name))
			dc_strv_add(&names, e->d_name);
	if (names.n > 1)
		qsort(names.v, names.n, sizeof(names.v[0]), by_name);
	for (i = 0; i < names.n; i++)
		start_file(t, names.v[i], start);
}

int
tail_open(struct tail **out, const char *dir, const struct tail_start *start,
    int inotify, struct dc_err *err)
{
	tail_auto struct tail *t = dc_xcalloc(1, sizeof(*t));

	t->watch = -1;
	t->inotify = inotify;
	t->dir = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->dir < 0)
		return dc_fail_errno(err, "open '%s'", dir);
	if (inotify >= 0)
		t->watch = inotify_add_watch(inotify, dir,
		    IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
	scan(t, start);
	*out = dc_steal_ptr(&t);
	return 0;
}

void
tail_close(struct tail *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++) {
		(void)close(t->files[i].fd);
		dc_str_done(&t->files[i].pending);
	}
	if (t->watch >= 0)
		(void)inotify_rm_watch(t->inotify, t->watch);
	if (t->dir >= 0)
		(void)close(t->dir);
	free(t);
}

/* What a terminal would show: the text after the last \r, bounded. LEFT bytes
 * that were read come behind it. */
static int
give_line(struct file *f, char *line, size_t len, size_t left, tail_fn *fn,
    void *arg, struct dc_err *err)
{
	struct tail_mark mark = {f->name, f->inode, f->offset - (off_t)left};
	char *cr;
	size_t i;

	for (i = 0; i < len; i++)
		if (line[i] == '\0')
			line[i] = '?';
	while (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	cr = strrchr(line, '\r');
	return fn(&mark, cr != NULL ? cr + 1 : line, arg, err);
}

static int
give_lines(struct file *f, bool at_end, tail_fn *fn, void *arg,
    struct dc_err *err)
{
	size_t start = 0, len;
	char *nl;
	int rc = 0;

	while (rc >= 0 && start < f->pending.len) {
		nl = memchr(f->pending.data + start, '\n',
		    f->pending.len - start);
		len = nl != NULL ? (size_t)(nl - f->pending.data) - start
				 : f->pending.len - start;
		if (nl == NULL && len < DC_MAX_LOG_LINE && !at_end)
			break;
		if (nl != NULL)
			*nl = '\0';
		rc = give_line(f, f->pending.data + start, len,
		    f->pending.len - start - len - (nl != NULL), fn, arg, err);
		start += len + (nl != NULL);
	}
	if (f->pending.len > 0)
		dc_str_shift(&f->pending, start);
	return rc;
}

static int
read_file(struct file *f, bool at_end, tail_fn *fn, void *arg,
    struct dc_err *err)
{
	char chunk[CHUNK];
	struct stat st;
	ssize_t n;
	int rc = 0;

	if (fstat(f->fd, &st) == 0 && st.st_size < f->offset)
		f->offset = 0; /* cut: it begins anew */
	while (rc >= 0 &&
	       (n = pread(f->fd, chunk, sizeof(chunk), f->offset)) > 0) {
		f->offset += n;
		dc_str_addn(&f->pending, chunk, (size_t)n);
		rc = give_lines(f, false, fn, arg, err);
	}
	return rc >= 0 && at_end ? give_lines(f, true, fn, arg, err) : rc;
}

int
tail_read(struct tail *t, bool at_end, tail_fn *fn, void *arg,
    struct dc_err *err)
{
	static const struct tail_start first = {.n = -1};
	struct stat st;
	struct file *f;
	size_t i;
	int rc = 0;

	scan(t, &first);
	for (i = 0; i < t->n && rc >= 0; i++) {
		f = &t->files[i];
		rc = read_file(f, at_end || f->is_old, fn, arg, err);
		if (f->is_old)
			continue;
		/* Rotated: the old one was read to its end just now. */
		if (rc < 0 ||
		    fstatat(t->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_ino == f->inode || open_file(t, f, f->name, NULL) < 0)
			continue;
		rc = read_file(f, at_end, fn, arg, err);
	}
	return rc;
}

int
tail_tell(struct tail *t, tail_fn *fn, void *arg, struct dc_err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < t->n && rc >= 0; i++) {
		struct file *f = &t->files[i];
		struct tail_mark mark = {f->name, f->inode,
		    f->offset - (off_t)f->pending.len};

		/* Of what was rotated away and what came after, the first. */
		if (i == 0 || strcmp(t->files[i - 1].name, f->name) != 0)
			rc = fn(&mark, NULL, arg, err);
	}
	return rc;
}
