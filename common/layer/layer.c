/* common/layer/layer.c -- see layer.h. */
#include "common/layer/layer.h"

#include "common/archive/archive.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/blob/blob.h"
#include "common/box/range.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static char *
path_of(const struct dc_conf *conf, int64_t id, const char *suffix)
{
	return dc_conf_path(conf, "layers/%" PRId64 "%s", id, suffix);
}

/* Adds the directories from SNAPSHOT down; *COMPLETE tells if all are here. */
static int
list_chain(struct dc_strv *out, bool *complete, const struct dc_conf *conf,
    struct dc_db *db, const struct dc_snapshot *snapshot, struct dc_err *err)
{
	struct dc_snapshot s = *snapshot;
	int rc;

	*complete = true;
	for (;;) {
		dc_auto_free char *full = path_of(conf, s.id, ".full");
		dc_auto_free char *dir = path_of(conf, s.id, "");

		if (dc_fs_exists(full)) {
			dc_strv_add(out, full);
			return 0;
		}
		*complete = *complete && dc_fs_exists(dir);
		dc_strv_add(out, dir);
		if (s.parent_id == 0)
			return 0;
		rc = dc_snapshot_load(db, &s, s.parent_id, err);
		if (rc < 0)
			return rc;
	}
}

/* What the confined child gets and gives back. */
struct unpacking {
	int in;
	struct dc_err *err; /* in memory shared with the parent */
};

static int
unpack_confined(void *arg)
{
	static const struct dc_archive_limits limits = {DC_MAX_HOME_BYTES,
	    DC_MAX_HOME_ENTRIES};
	const struct unpacking *u = arg;
	dc_auto_fd int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		(void)dc_fail_errno(u->err, "open the layer");
		return 1;
	}
	return dc_archive_read(u->in, dir, &limits, u->err) < 0;
}

/* The blob's bytes come through a pipe from a child that checks their hash;
 * they are unpacked by a second one with nothing but the layer to write to. */
static int
unpack_into(const char *dir, const struct dc_conf *conf, const char *hash,
    uid_t first_id, struct dc_err *err)
{
	dc_auto_free char *blobs = dc_conf_path(conf, "blobs");
	dc_auto_fd int in = -1;
	dc_auto_fd int out = -1;
	struct unpacking u;
	int fds[2], keep[2], rc, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	in = fds[0];
	out = fds[1];
	pid = dc_spawn_job(err);
	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		(void)close(in);
		_exit(dc_blob_drain(blobs, hash, out, NULL) < 0);
	}
	(void)close(dc_steal_fd(&out));
	u.in = in;
	u.err = mmap(NULL, sizeof(*u.err), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (u.err == MAP_FAILED)
		return dc_fail_errno(err, "mmap");
	keep[0] = in;
	keep[1] = -1;
	rc = dc_box_in_range(first_id, dir, keep, unpack_confined, &u, err);
	if (rc > 0)
		rc = dc_fail(err, DC_EFAIL, "unpack: %s", u.err->msg);
	(void)munmap(u.err, sizeof(*u.err));
	(void)close(dc_steal_fd(&in));
	status = dc_spawn_wait(pid, err);
	if (rc == 0 && status != 0)
		rc = dc_fail(err, DC_EFAIL, "blob %s cannot be read whole",
		    hash);
	return rc;
}

static int
unpack(const struct dc_conf *conf, const struct dc_snapshot *s, uid_t first_id,
    struct dc_err *err)
{
	dc_auto_free char *full = path_of(conf, s->id, ".full");
	dc_auto_free char *tmp = dc_asprintf("%s.%d.tmp", full, (int)getpid());
	uid_t owner = first_id + DC_APP_UID;
	int rc = dc_fs_remove_tree(tmp, err);

	if (rc == 0)
		rc = dc_fs_mkdirs(tmp, 0755, err);
	if (rc == 0 && chown(tmp, owner, owner) < 0)
		rc = dc_fail_errno(err, "chown '%s'", tmp);
	if (rc == 0)
		rc = unpack_into(tmp, conf, s->hash, first_id, err);
	/* Somebody else may have been faster: as good as ours. */
	if (rc == 0 && rename(tmp, full) < 0 && !dc_fs_exists(full))
		rc = dc_fail_errno(err, "rename '%s'", tmp);
	(void)dc_fs_remove_tree(tmp, NULL);
	return rc < 0 ? dc_wrap(err, rc, "snapshot %" PRId64, s->id) : 0;
}

int
dc_layer_load(struct dc_strv *out, const struct dc_conf *conf, struct dc_db *db,
    const struct dc_snapshot *snapshot, uid_t first_id, struct dc_err *err)
{
	dc_auto_strv struct dc_strv dirs = {0};
	bool complete;
	int rc = list_chain(&dirs, &complete, conf, db, snapshot, err);

	if (rc == 0 && !complete) {
		rc = unpack(conf, snapshot, first_id, err);
		dc_strv_done(&dirs);
		if (rc == 0)
			rc = list_chain(&dirs, &complete, conf, db, snapshot,
			    err);
	}
	if (rc < 0)
		return rc;
	*out = dirs;
	dirs = (struct dc_strv){0};
	return 0;
}

int
dc_layer_adopt(const struct dc_conf *conf, const char *dir, int64_t id,
    struct dc_err *err)
{
	dc_auto_free char *to = path_of(conf, id, "");

	if (rename(dir, to) < 0)
		return dc_fail_errno(err, "adopt '%s' as '%s'", dir, to);
	return 0;
}

int
dc_layer_remove(const struct dc_conf *conf, int64_t id, struct dc_err *err)
{
	dc_auto_free char *full = path_of(conf, id, ".full");
	dc_auto_free char *dir = path_of(conf, id, "");
	int rc = dc_fs_remove_tree(full, err);

	return rc < 0 ? rc : dc_fs_remove_tree(dir, err);
}
