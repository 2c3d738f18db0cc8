/* common/box/boxhome.c -- see boxhome.h; the kernel's overlayfs.rst says what
 * the attributes mean. Only the host's root can set or see them. */
#include "common/box/boxhome.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/room.h"
#include "common/base/spawn.h"
#include "common/box/box.h"
#include "common/box/boxconf.h"
#include "common/box/mount.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define OPAQUE "trusted.overlay.opaque"
#define REDIRECT "trusted.overlay.redirect"
#define MOUNTS_MAX (1 << 20)
/* Deeper ones are copied, which is always right. */
#define MAX_DEPTH 256

char *
dc_box_home_path(const char *boxes, const char *name, const char *entry)
{
	return dc_asprintf("%s/%s/home/upper/%s", boxes, name, entry);
}

static bool
is_dir(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool
dc_box_home_has(const char *boxes, const char *name, const char *entry)
{
	dc_auto_free char *path = dc_box_home_path(boxes, name, entry);

	return is_dir(path);
}

static bool
is_opaque(int fd)
{
	char c = '\0';

	return fgetxattr(fd, OPAQUE, &c, 1) == 1 && c == 'y';
}

/* FD is closed. A directory that was renamed from the layers below has its
 * contents there. */
static int
find_redirect(bool *found, int fd, int depth, struct dc_err *err)
{
	dc_auto_dir DIR *d = fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		rc = dc_fail_errno(err, "read a directory");
		(void)close(fd);
		return rc;
	}
	if (depth > MAX_DEPTH || fgetxattr(fd, REDIRECT, NULL, 0) >= 0)
		*found = true;
	while (rc == 0 && !*found && (e = readdir(d)) != NULL) {
		int child;

		if (strcmp(e->d_name, ".") == 0 ||
		    strcmp(e->d_name, "..") == 0 ||
		    (e->d_type != DT_DIR && e->d_type != DT_UNKNOWN))
			continue;
		child = openat(dirfd(d), e->d_name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (child < 0 && (errno == ENOTDIR || errno == ELOOP))
			continue;
		rc = child < 0 ? dc_fail_errno(err, "open '%s'", e->d_name)
			       : find_redirect(found, child, depth + 1, err);
	}
	return rc;
}

/* The topmost layer that has ENTRY at all decides. */
static int
is_below(bool *out, const char *boxes, const char *name, const char *entry,
    struct dc_err *err)
{
	dc_auto_free char *file = dc_asprintf("%s/%s/mounts", boxes, name);
	dc_auto_free char *text = NULL;
	struct dc_boxconf_mounts m = {0};
	bool found = false;
	size_t i;
	int rc = dc_fs_load(&text, NULL, file, MOUNTS_MAX, err);

	if (rc == 0)
		rc = dc_boxconf_mounts_parse(&m, text, err);
	for (i = 0; rc == 0 && i < m.home_lower.n; i++) {
		dc_auto_free char *path =
		    dc_asprintf("%s/%s", m.home_lower.v[i], entry);

		if (!dc_fs_exists(path))
			continue;
		found = is_dir(path);
		break;
	}
	dc_boxconf_mounts_done(&m);
	if (rc == 0)
		*out = found;
	return rc;
}

int
dc_box_home_is_whole(bool *out, const char *boxes, const char *name,
    const char *entry, struct dc_err *err)
{
	dc_auto_free char *path = dc_box_home_path(boxes, name, entry);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool redirect = false, below = false;
	int rc = 0;

	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	if (!is_opaque(fd))
		rc = is_below(&below, boxes, name, entry, err);
	if (rc < 0 || below) {
		(void)close(fd);
	} else {
		rc = find_redirect(&redirect, fd, 0, err);
	}
	if (rc == 0)
		*out = !below && !redirect;
	return rc;
}

/* Until PID has ended; a large one must not take the disk from all others. */
static int
wait_for_cp(pid_t pid, const char *boxes, struct dc_err *err)
{
	dc_auto_fd int pidfd = pidfd_open(pid, 0);
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int rc = pidfd < 0 ? dc_fail_errno(err, "pidfd of %d", (int)pid) : 0;

	while (rc == 0 && poll(&p, 1, DC_ROOM_MS) == 0)
		rc = dc_room_check(boxes, err);
	if (rc < 0) {
		(void)kill(pid, SIGKILL);
		(void)dc_spawn_wait(pid, NULL);
		return rc;
	}
	return dc_spawn_wait(pid, err);
}

/* Its exit status when there is less room than it would take. */
#define NO_ROOM 9

static int
run_cp(const char *boxes, const char *name, const char *entry, const char *copy,
    struct dc_err *err)
{
	static char script[] = "rm -rf -- \"$2\"; [ \"$(du -sk -- \"$1\" | cut "
			       "-f 1)\" -lt \"$3\" ] "
			       "|| exit 9; cp -a -- \"$1\" \"$2\"";
	dc_auto_free char *from = dc_strdup(entry), *to = dc_strdup(copy);
	dc_auto_free char *most = NULL;
	char *argv[] = {"sh", "-c", script, "sh", from, to, NULL, NULL};
	char *envp[] = {"PATH=/usr/bin:/bin", "LC_ALL=C", NULL};
	dc_auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	const struct dc_box_run run = {.argv = argv,
	    .envp = envp,
	    .cwd = "/home/dotcloud",
	    .in = null,
	    .out = null,
	    .err = null};
	int64_t left = 0;
	pid_t pid;
	int rc = dc_room_find(&left, boxes, err);

	most = dc_asprintf("%" PRId64, left >> 10);
	argv[6] = most;
	if (rc == 0)
		rc = dc_box_attach(&pid, boxes, name, &run, err);
	if (rc == 0)
		rc = wait_for_cp(pid, boxes, err);
	if (rc == NO_ROOM)
		return dc_fail(err, DC_EUSER,
		    "the platform's disk has no room for it; try again when"
		    " there is");
	if (rc > 0)
		return dc_fail(err, DC_EUSER, "cp ended with status %d", rc);
	return rc;
}

static int
unmount(const char *boxes, const char *name, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	dc_auto_free char *real = realpath(dir, NULL);

	if (real == NULL)
		return dc_fail_errno(err, "'%s'", dir);
	return dc_mount_clear(real, err);
}

/* Half a copy would keep the disk full. */
static void
give_up(const char *boxes, const char *name, const char *path)
{
	if (dc_box_stop(boxes, name, 0, NULL) == 0 &&
	    unmount(boxes, name, NULL) == 0)
		(void)dc_fs_remove_tree(path, NULL);
}

int
dc_box_home_copy(const char *boxes, const char *name, const char *entry,
    const char *copy, struct dc_err *err)
{
	dc_auto_free char *path = dc_box_home_path(boxes, name, copy);
	dc_auto_fd int fd = -1;
	int rc = dc_box_mount(boxes, name, err);

	if (rc == 0)
		rc = dc_box_start(boxes, name, err);
	if (rc == 0)
		rc = run_cp(boxes, name, entry, copy, err);
	if (rc == 0)
		rc = dc_box_stop(boxes, name, 0, err);
	if (rc == 0)
		rc = unmount(boxes, name, err);
	if (rc < 0) {
		give_up(boxes, name, path);
		return dc_wrap(err, rc, "copy ~/%s", entry);
	}
	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) < 0)
		return dc_fail_errno(err, "sync '%s'", path);
	return 0;
}

int
dc_box_home_put(const char *boxes, const char *name, const char *entry,
    const char *from, struct dc_err *err)
{
	dc_auto_free char *to = dc_box_home_path(boxes, name, entry);
	dc_auto_free char *upper = dc_box_home_path(boxes, name, "");
	dc_auto_fd int fd =
	    open(from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 || fsetxattr(fd, OPAQUE, "y", 1, 0) < 0 || fsync(fd) < 0)
		return dc_fail_errno(err, "make '%s' opaque", from);
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) < 0)
		return dc_fail_errno(err, "rename '%s' to '%s'", from, to);
	return dc_fs_sync_dir(upper, err);
}
