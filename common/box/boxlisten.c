/* common/box/boxlisten.c -- see boxlisten.h; dc_box_unlisten is in box.h. */
#include "common/box/boxlisten.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/box/mount.h"
#include "common/box/range.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_MAX (1 << 20)

/* run is the container's root's: it may be anything by now. */
static int
open_sockets(int *out, const char *dir, struct dc_err *err)
{
	const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	dc_auto_free char *path = dc_asprintf("%s/run", dir);
	dc_auto_fd int run = open(path, flags);
	int fd = run < 0 ? -1 : openat(run, &DC_BOX_LISTEN[1], flags);

	if (fd < 0)
		return dc_fail_errno(err, "open '%s" DC_BOX_LISTEN "'", path);
	*out = fd;
	return 0;
}

static bool
is_shown(const char *listen, int fd)
{
	struct stat there, here;

	return stat(listen, &there) == 0 && fstat(fd, &here) == 0 &&
	       there.st_dev == here.st_dev && there.st_ino == here.st_ino;
}

static int
hide(const char *listen, struct dc_err *err)
{
	dc_auto_free char *real = realpath(listen, NULL);

	return real != NULL ? dc_mount_clear(real, err) : 0;
}

static int
show(const struct dc_boxconf_mounts *m, int fd, struct dc_err *err)
{
	const uid_t own = m->first_id + DC_APP_UID;
	const struct dc_range_map map = {own, m->listen_uid, own, m->listen_uid,
	    1};
	dc_auto_free char *copy = dc_strdup(m->listen);
	dc_auto_fd int ns = -1;
	int rc = dc_fs_mkdirs(dirname(copy), 0711, err);

	if (rc == 0)
		rc = hide(m->listen, err);
	if (rc == 0 && mkdir(m->listen, 0711) < 0 && errno != EEXIST)
		rc = dc_fail_errno(err, "mkdir '%s'", m->listen);
	if (rc == 0)
		rc = dc_range_open(&ns, &map, err);
	return rc == 0 ? dc_mount_sockets(m->listen, fd, ns, err) : rc;
}

int
dc_boxlisten_mount(const char *dir, const struct dc_boxconf_mounts *m,
    struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	int rc = open_sockets(&fd, dir, err);

	if (rc < 0 || is_shown(m->listen, fd))
		return rc;
	return show(m, fd, err);
}

int
dc_box_unlisten(const char *boxes, const char *name, struct dc_err *err)
{
	dc_auto_free char *file = dc_asprintf("%s/%s/mounts", boxes, name);
	struct dc_boxconf_mounts m = {0};
	dc_auto_free char *text = NULL;
	int rc;

	/* Without the file nothing has been mounted yet. */
	rc = dc_fs_load(&text, NULL, file, CONF_MAX, NULL);
	if (rc == 0)
		rc = dc_boxconf_mounts_parse(&m, text, NULL);
	if (rc < 0 || m.listen == NULL) {
		dc_boxconf_mounts_done(&m);
		return 0;
	}
	rc = hide(m.listen, err);
	if (rc == 0 && rmdir(m.listen) < 0 && errno != ENOENT)
		rc = dc_fail_errno(err, "rmdir '%s'", m.listen);
	dc_boxconf_mounts_done(&m);
	return rc;
}
