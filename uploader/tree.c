/* uploader/tree.c -- see tree.h. */
#include "uploader/tree.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

struct walk {
	int64_t files, bytes;
	int depth;
};

static int clean_dir(struct walk *w, int fd, struct dc_err *err);

static int
count(struct walk *w, const struct stat *st, struct dc_err *err)
{
	w->files++;
	if (S_ISREG(st->st_mode))
		w->bytes += st->st_size;
	if (w->files > DC_MAX_TREE_FILES)
		return dc_fail(err, DC_EUSER, "more than %d files are too many",
		    DC_MAX_TREE_FILES);
	if (w->bytes > DC_MAX_TREE_BYTES)
		return dc_fail(err, DC_EUSER, "more than %lld MB are too much",
		    DC_MAX_TREE_BYTES / (1 << 20));
	return 0;
}

static int
enter(struct walk *w, int dir, const char *name, struct dc_err *err)
{
	int fd, rc;

	if (w->depth >= DC_MAX_TREE_DEPTH)
		return dc_fail(err, DC_EUSER,
		    "more than %d directories in each other",
		    DC_MAX_TREE_DEPTH);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", name);
	w->depth++;
	rc = clean_dir(w, fd, err);
	w->depth--;
	return rc;
}

static int
set_mode(int dir, const char *name, mode_t was, mode_t mode, struct dc_err *err)
{
	if ((was & 07777) == mode)
		return 0;
	if (fchmodat(dir, name, mode, 0) < 0)
		return dc_fail_errno(err, "chmod '%s'", name);
	return 0;
}

static int
clean_entry(struct walk *w, int dir, const char *name, struct dc_err *err)
{
	struct stat st;
	int rc;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return dc_fail_errno(err, "stat '%s'", name);
	rc = count(w, &st, err);
	if (rc < 0 || S_ISLNK(st.st_mode))
		return rc;
	if (S_ISREG(st.st_mode))
		return set_mode(dir, name, st.st_mode,
		    (st.st_mode & 0777) | 0400, err);
	if (S_ISDIR(st.st_mode)) {
		rc = set_mode(dir, name, st.st_mode, (st.st_mode & 0777) | 0700,
		    err);
		return rc < 0 ? rc : enter(w, dir, name, err);
	}
	if (unlinkat(dir, name, 0) < 0)
		return dc_fail_errno(err, "remove '%s'", name);
	return 0;
}

/* Takes FD over. */
static int
clean_dir(struct walk *w, int fd, struct dc_err *err)
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
			rc = clean_entry(w, dirfd(d), e->d_name, err);
	return rc;
}

int
tree_clean(const char *path, struct dc_err *err)
{
	struct walk w = {0};

	/* rsync gives the root the mode of the directory that was pushed. */
	if (chmod(path, 0755) < 0)
		return dc_fail_errno(err, "chmod '%s'", path);
	return enter(&w, AT_FDCWD, path, err);
}
