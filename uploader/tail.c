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

struct file {
	char name[NAME_BYTES];
	int fd;
	ino_t inode;
	off_t offset;
	struct dc_str pending; /* a line without its end */
};

struct tail {
	int dir, inotify, watch;
	struct file files[FILES_MAX];
	size_t n;
};

static int
open_file(struct tail *t, struct file *f, struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	struct stat st;
	int rc = dc_fs_open_in(&fd, t->dir, f->name, err);

	if (rc < 0)
		return rc;
	if (fstat(fd, &st) < 0)
		return dc_fail_errno(err, "stat '%s'", f->name);
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

/* Adds what is new. Files that cannot be opened are not for us. */
static void
scan(struct tail *t, int64_t n)
{
	int fd = openat(t->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dc_auto_dir DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	struct file *f;

	while (d != NULL && (e = readdir(d)) != NULL && t->n < FILES_MAX) {
		if (!dc_has_suffix(e->d_name, ".log") ||
		    strlen(e->d_name) >= NAME_BYTES || has_file(t, e->d_name))
			continue;
		f = &t->files[t->n];
		*f = (struct file){.fd = -1};
		(void)stpcpy(f->name, e->d_name);
		if (open_file(t, f, NULL) < 0)
			continue;
		if (n >= 0)
			seek_back(f, n);
		t->n++;
	}
}

static int
compare(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name,
	    ((const struct file *)b)->name);
}

int
tail_open(struct tail **out, const char *dir, int64_t n, int inotify,
    struct dc_err *err)
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
	scan(t, n);
	qsort(t->files, t->n, sizeof(t->files[0]), compare);
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

/* What a terminal would show: the text after the last \r, bounded. */
static int
give_line(struct file *f, char *line, size_t len, tail_fn *fn, void *arg,
    struct dc_err *err)
{
	char *cr;
	size_t i;

	for (i = 0; i < len; i++)
		if (line[i] == '\0')
			line[i] = '?';
	while (len > 0 && line[len - 1] == '\r')
		line[--len] = '\0';
	cr = strrchr(line, '\r');
	return fn(f->name, cr != NULL ? cr + 1 : line, arg, err);
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
		rc = give_line(f, f->pending.data + start, len, fn, arg, err);
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
	struct stat st;
	struct file *f;
	size_t i;
	int rc = 0;

	scan(t, -1);
	for (i = 0; i < t->n && rc >= 0; i++) {
		f = &t->files[i];
		rc = read_file(f, at_end, fn, arg, err);
		/* Rotated: the old one was read to its end just now. */
		if (rc < 0 ||
		    fstatat(t->dir, f->name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    st.st_ino == f->inode || open_file(t, f, NULL) < 0)
			continue;
		rc = read_file(f, at_end, fn, arg, err);
	}
	return rc;
}
