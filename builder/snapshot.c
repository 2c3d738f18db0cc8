/* builder/snapshot.c -- see snapshot.h. */
#include "builder/snapshot.h"

#include "common/archive/archive.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/blob/blob.h"
#include "common/box/mount.h"
#include "common/box/range.h"
#include "common/layer/layer.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>

/* What the confined child gets and gives back. */
struct packing {
	int out;
	struct dc_err *err; /* in memory shared with the parent */
};

static int
pack_confined(void *arg)
{
	static const struct dc_archive_limits limits = {DC_MAX_HOME_BYTES,
	    DC_MAX_HOME_ENTRIES};
	const struct packing *p = arg;
	dc_auto_fd int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0) {
		(void)dc_fail_errno(p->err, "open the home directory");
		return 1;
	}
	return dc_archive_write(dir, p->out, &limits, p->err) < 0;
}

/* A child of ours starts the confined one, so that we can read meanwhile. */
static pid_t
start_packing(struct packing *p, int other, const char *home, uid_t first_id,
    struct dc_err *err)
{
	pid_t pid = dc_spawn_job(err);
	int keep[2] = {p->out, -1};
	int rc;

	if (pid != 0)
		return pid;
	(void)close(other);
	rc = dc_box_in_range(first_id, home, keep, pack_confined, p, p->err);
	_exit(rc == 0 ? 0 : 1);
}

/* The user filled his home past a limit: DC_EUSER as the child says. */
static int
end_packing(pid_t pid, const struct packing *p, struct dc_err *err)
{
	int status = dc_spawn_wait(pid, err);

	if (status <= 0)
		return status;
	return dc_fail(err, p->err->code < 0 ? p->err->code : DC_EFAIL,
	    "snapshot: %s", p->err->msg);
}

static int
pack(struct dc_snapshot *s, const struct dc_conf *conf, const char *home,
    uid_t first_id, struct dc_err *shared, struct dc_err *err)
{
	dc_auto_free char *blobs = dc_conf_path(conf, "blobs");
	dc_auto_fd int in = -1;
	dc_auto_fd int out = -1;
	dc_auto_blob struct dc_blob *blob = NULL;
	struct packing p;
	int fds[2], rc, ended;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	in = fds[0];
	out = fds[1];
	p = (struct packing){out, shared};
	pid = start_packing(&p, in, home, first_id, err);
	if (pid < 0)
		return (int)pid;
	(void)close(dc_steal_fd(&out));
	rc = dc_blob_new(&blob, blobs, err);
	if (rc == 0)
		rc = dc_blob_fill(blob, in, DC_MAX_HOME_BYTES, err);
	(void)close(dc_steal_fd(&in));
	/* When filling failed, the child's broken pipe is not the reason. */
	ended = end_packing(pid, &p, rc == 0 ? err : NULL);
	if (rc == 0)
		rc = ended;
	return rc < 0 ? rc : dc_blob_commit(blob, s->hash, &s->size, err);
}

static int
pack_home(struct dc_snapshot *s, const struct dc_conf *conf, const char *home,
    uid_t first_id, struct dc_err *err)
{
	struct dc_err *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int rc;

	if (shared == MAP_FAILED)
		return dc_fail_errno(err, "mmap");
	rc = pack(s, conf, home, first_id, shared, err);
	(void)munmap(shared, sizeof(*shared));
	return rc;
}

/* What a home holds from before stays as it is until a clean build. */
static void
set_image(struct dc_snapshot *s, const struct dc_conf *conf,
    const struct dc_snapshot *parent)
{
	dc_auto_free char *name = dc_conf_format_image(conf);

	(void)snprintf(s->image, sizeof(s->image), "%s",
	    parent != NULL ? parent->image : name);
}

int
snapshot_make(struct dc_snapshot *out, struct dc_job *job,
    const struct dc_build *build, const struct dc_snapshot *parent,
    const char *box_dir, struct dc_err *err)
{
	dc_auto_free char *upper = dc_asprintf("%s/home/upper", box_dir);
	dc_auto_free char *home = dc_asprintf("%s/home/%s", box_dir,
	    parent != NULL ? "mnt" : "upper");
	struct dc_snapshot s = {.application_id = build->application_id,
	    .service_id = build->service_id,
	    .revision_id = build->revision_id};
	uid_t first_id =
	    (uid_t)(job->conf->uid_base + build->uid_range * DC_RANGE_IDS);
	int rc = dc_snapshot_new_id(job->db, &s.id, err);

	if (rc == 0)
		rc = pack_home(&s, job->conf, home, first_id, err);
	if (rc == 0)
		rc = dc_mount_clear(box_dir, err);
	if (rc < 0)
		return rc;
	set_image(&s, job->conf, parent);
	/* Past the longest chain the next start unpacks the blob instead. */
	if (parent != NULL && parent->depth + 1 < DC_LAYER_MAX_DEPTH) {
		s.parent_id = parent->id;
		s.depth = parent->depth + 1;
	}
	if (parent == NULL || s.parent_id != 0)
		rc = dc_layer_adopt(job->conf, upper, s.id, err);
	if (rc == 0)
		*out = s;
	return rc;
}
