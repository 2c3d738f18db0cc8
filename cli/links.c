/* cli/links.c -- see links.h. */
#include "cli/links.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/buildfile/path.h"

#define SHOWN 5 /* the others are only counted */

struct walk {
	struct dc_strv *warnings;
	long files, links;
};

/* A directory of the tree: PATH is "" or ends with a slash. */
struct place {
	int fd;
	const char *path;
	long depth;
};

static void
look_at_link(struct walk *w, const struct place *p, const char *name)
{
	char target[PATH_MAX];
	long depth = p->depth;
	ssize_t n = readlinkat(p->fd, name, target, sizeof(target) - 1);

	if (n < 0)
		return;
	target[n] = '\0';
	if (*target != '/' && !dc_path_is_climbing(target, "", &depth))
		return;
	if (++w->links <= SHOWN)
		dc_strv_addf(w->warnings,
		    "the link \"%s%s\" leads out of the pushed tree (to "
		    "\"%s\"): "
		    "it is not pushed",
		    p->path, name, target);
}

static int walk_dir(struct walk *w, const struct place *up, const char *name,
    struct dc_err *err);

static int
look_at(struct walk *w, const struct place *p, const char *name,
    struct dc_err *err)
{
	struct stat st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcmp(name, ".git") == 0 || strcmp(name, ".hg") == 0 ||
	    ++w->files > DC_MAX_TREE_FILES ||
	    fstatat(p->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return 0;
	if (S_ISLNK(st.st_mode))
		look_at_link(w, p, name);
	if (!S_ISDIR(st.st_mode) || p->depth >= DC_MAX_TREE_DEPTH)
		return 0;
	return walk_dir(w, p, name, err);
}

/* NAME NULL: UP itself. */
static int
walk_dir(struct walk *w, const struct place *up, const char *name,
    struct dc_err *err)
{
	dc_auto_free char *path =
	    name != NULL ? dc_asprintf("%s%s/", up->path, name) : dc_strdup("");
	struct place p = {-1, path, up->depth + (name != NULL)};
	dc_auto_dir DIR *d = NULL;
	const struct dirent *e;
	int rc = 0;

	p.fd = openat(up->fd, name != NULL ? name : ".",
	    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	d = p.fd >= 0 ? fdopendir(p.fd) : NULL;
	if (d == NULL) {
		if (p.fd >= 0)
			(void)close(p.fd);
		return dc_fail_errno(err, "read '%s'",
		    name != NULL ? path : ".");
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = look_at(w, &p, e->d_name, err);
	return rc;
}

int
links_check(struct dc_strv *warnings, int dirfd, struct dc_err *err)
{
	const struct place root = {dirfd, "", 0};
	struct walk w = {.warnings = warnings};
	int rc = walk_dir(&w, &root, NULL, err);

	if (w.links > SHOWN)
		dc_strv_addf(warnings,
		    "%ld more links lead out of the pushed tree",
		    w.links - SHOWN);
	return rc;
}
