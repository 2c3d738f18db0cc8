/* common/box/mount.c -- see mount.h. */
#include "common/box/mount.h"

#include "common/base/auto.h"
#include "common/base/fs.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#define MOUNTINFO_MAX (64 << 20)

/* mountinfo writes space, tab, newline and backslash as \ooo. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 +
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* "36 35 98:0 /root /point rw,noatime [tags] - type source options" */
static bool
parse_line(char *text, struct dc_mount_line *line)
{
	char *rest = NULL, *word, *point = NULL;
	int i;

	for (i = 0; i < 5; i++) {
		word = strtok_r(i == 0 ? text : NULL, " ", &rest);
		if (word == NULL)
			return false;
		point = word;
	}
	do
		word = strtok_r(NULL, " ", &rest);
	while (word != NULL && strcmp(word, "-") != 0);
	line->type = strtok_r(NULL, " ", &rest);
	(void)strtok_r(NULL, " ", &rest);
	line->options = strtok_r(NULL, " ", &rest);
	if (word == NULL || line->type == NULL || line->options == NULL)
		return false;
	unescape(point);
	line->point = point;
	return true;
}

int
dc_mount_parse(char *text, dc_mount_fn *fn, void *arg)
{
	struct dc_mount_line line;
	char *rest = NULL, *row;
	int rc;

	for (row = strtok_r(text, "\n", &rest); row != NULL;
	     row = strtok_r(NULL, "\n", &rest)) {
		if (!parse_line(row, &line))
			continue;
		rc = fn(&line, arg);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
dc_mount_each(dc_mount_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc =
	    dc_fs_load(&text, NULL, "/proc/self/mountinfo", MOUNTINFO_MAX, err);

	return rc < 0 ? rc : dc_mount_parse(text, fn, arg);
}

struct below {
	const char *dir;
	struct dc_strv *found;
};

static int
add_below(const struct dc_mount_line *line, void *arg)
{
	struct below *b = arg;
	size_t len = strlen(b->dir);

	if (strncmp(line->point, b->dir, len) == 0 &&
	    (line->point[len] == '\0' || line->point[len] == '/'))
		dc_strv_add(b->found, line->point);
	return 0;
}

int
dc_mount_list(struct dc_strv *out, const char *dir, struct dc_err *err)
{
	struct below b = {dir, out};

	return dc_mount_each(add_below, &b, err);
}

int
dc_mount_clear(const char *dir, struct dc_err *err)
{
	dc_auto_strv struct dc_strv found = {0};
	size_t i;
	int rc;

	rc = dc_mount_list(&found, dir, err);
	if (rc < 0)
		return rc;
	for (i = found.n; i > 0; i--) {
		const char *point = found.v[i - 1];

		if (umount2(point, UMOUNT_NOFOLLOW) < 0 &&
		    umount2(point, UMOUNT_NOFOLLOW | MNT_DETACH) < 0 &&
		    errno != EINVAL && errno != ENOENT)
			return dc_fail_errno(err, "unmount '%s'", point);
	}
	return 0;
}

int
dc_mount_idmapped(const char *target, const char *source, int userns,
    struct dc_err *err)
{
	struct mount_attr attr = {
	    .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV,
	    .userns_fd = (unsigned)userns,
	};
	dc_auto_fd int tree = -1;

	tree = open_tree(AT_FDCWD, source,
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_SYMLINK_NOFOLLOW);
	if (tree < 0)
		return dc_fail_errno(err, "open tree '%s'", source);
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return dc_fail_errno(err,
		    "map the owners of '%s' (does its file system know "
		    "idmapped mounts?)",
		    source);
	if (move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return dc_fail_errno(err, "mount '%s' at '%s'", source, target);
	return 0;
}

int
dc_mount_sockets(const char *target, int dirfd, int userns, struct dc_err *err)
{
	struct mount_attr attr = {
	    .attr_set = MOUNT_ATTR_IDMAP | MOUNT_ATTR_RDONLY |
			MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID |
			MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW,
	    .userns_fd = (unsigned)userns,
	};
	dc_auto_fd int tree = -1;

	tree = open_tree(dirfd, "",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0)
		return dc_fail_errno(err, "open tree for '%s'", target);
	if (mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return dc_fail_errno(err,
		    "keep links out of '%s' (is the kernel older than 5.12?)",
		    target);
	if (move_mount(tree, "", AT_FDCWD, target, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return dc_fail_errno(err, "mount '%s'", target);
	return 0;
}

static int
check_path(const char *path, struct dc_err *err)
{
	if (path[0] != '/' || strpbrk(path, ":,\\\n") != NULL)
		return dc_fail(err, DC_EINVAL,
		    "'%s' cannot be part of an overlay", path);
	return 0;
}

static int
overlay_options(struct dc_str *s, const struct dc_overlay *o,
    struct dc_err *err)
{
	int i, rc = check_path(o->upper, err);

	for (i = 0; rc == 0 && o->lower[i] != NULL; i++) {
		rc = check_path(o->lower[i], err);
		dc_str_addf(s, "%s%s", i == 0 ? "lowerdir=" : ":", o->lower[i]);
	}
	/* Without redirect_dir a rename of a lower directory is EXDEV, which
	 * not every package manager copes with. An upper file is whole,
	 * whatever the kernel's default is: upper directories are moved to
	 * other places. */
	dc_str_addf(s, ",upperdir=%s,workdir=%s,redirect_dir=on,metacopy=off%s",
	    o->upper, o->work, o->is_volatile ? ",volatile" : "");
	if (rc == 0 && s->len >= 4096) /* a page is what mount(2) takes */
		rc = dc_fail(err, DC_EINVAL, "too many layers");
	return rc;
}

int
dc_mount_overlay(const char *target, const struct dc_overlay *o,
    struct dc_err *err)
{
	unsigned long flags = MS_NODEV | (o->nosuid ? MS_NOSUID : 0UL);
	dc_auto_str struct dc_str options = {0};
	int rc;

	rc = overlay_options(&options, o, err);
	if (rc < 0)
		return rc;
	if (mount("overlay", target, "overlay", flags, options.data) < 0)
		return dc_fail_errno(err, "overlay at '%s'", target);
	return 0;
}
