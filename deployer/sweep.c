/* deployer/sweep.c -- see sweep.h. */
#include "deployer/sweep.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/blob/blob.h"
#include "common/box/box.h"
#include "common/box/mount.h"
#include "common/box/net.h"
#include "common/box/place.h"
#include "common/layer/layer.h"
#include "common/packages/packages.h"
#include "common/store/build.h"
#include "common/store/hold.h"
#include "common/store/instance.h"
#include "common/store/node.h"
#include "deployer/codesweep.h"
#include "deployer/data.h"
#include "deployer/keptlog.h"
#include "deployer/publish.h"
#include "deployer/route.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A younger one may still be unpacked. */
#define GRACE_MS (3600 * 1000L)

struct sweeping {
	struct dc_job *job;
	char *boxes, *prefix;
};

static int
note_name(const char *name, void *arg)
{
	dc_strv_add(arg, name);
	return 0;
}

/* Has a row which says that this container should be there. Not knowing (a
 * store that does not answer) is no reason to remove anything. */
static bool
is_owned(struct sweeping *s, char kind, int64_t id)
{
	dc_auto_instance struct dc_instance i = {0};
	dc_auto_build struct dc_build b = {0};
	int rc;

	if (kind == 'i') {
		rc = dc_instance_load(s->job->db, &i, id, NULL);
		return rc == 0 ? i.state != DC_INSTANCE_GONE
			       : rc != DC_ENOTFOUND;
	}
	rc = dc_build_load(s->job->db, &b, id, NULL);
	return rc == 0 ? b.state < DC_BUILD_DONE : rc != DC_ENOTFOUND;
}

static void
sweep_box(struct sweeping *s, const char *name)
{
	struct dc_err err = DC_ERR_INIT;
	const char *rest = name + strlen(s->prefix);
	long long id;

	if (*rest == 'p') /* dc_packages_sweep knows about it */
		return;
	if ((*rest == 'i' || *rest == 'b') &&
	    dc_is_number(rest + 1, 1, INT64_MAX, &id) && is_owned(s, *rest, id))
		return;
	log_warn("box='%s' is nobody's: removed", name);
	if (dc_box_destroy(s->boxes, name, &err) < 0)
		log_warn("box='%s' %s, ignoring", name, err.msg);
}

static int
sweep_boxes(struct sweeping *s, struct dc_err *err)
{
	dc_auto_strv struct dc_strv names = {0};
	size_t i;
	int rc;

	rc = dc_box_each(s->boxes, s->prefix, note_name, &names, err);
	for (i = 0; rc == 0 && i < names.n; i++)
		sweep_box(s, names.v[i]);
	return rc;
}

static int
remove_snapshot(const struct dc_snapshot *p, void *arg, struct dc_err *err)
{
	struct sweeping *s = arg;
	int rc = dc_snapshot_remove(s->job->db, p->id, err);

	return rc < 0 ? rc : dc_layer_remove(s->job->conf, p->id, err);
}

/* In one transaction: no build can begin to pack the same content between the
 * look and the removal. */
static int
sweep_blob(const char *hash, int64_t size, int64_t mtime_ms, void *arg,
    struct dc_err *err)
{
	struct sweeping *s = arg;
	struct dc_db *db = s->job->db;
	dc_auto_free char *blobs = dc_conf_path(s->job->conf, "blobs");
	int rc = dc_db_begin(db, err);

	(void)size;
	(void)mtime_ms;
	if (rc < 0)
		return rc;
	if (dc_snapshot_is_packing(db) || dc_snapshot_needs_blob(db, hash)) {
		dc_db_rollback(db);
		return 0;
	}
	return dc_db_end(db, dc_blob_remove(blobs, hash, err), err);
}

/* layers/<id> and layers/<id>.full without a row, and what a killed unpacking
 * has left. A layer that is there while no build packs one has its row, or
 * will never have it. */
static int
sweep_layer(struct sweeping *s, const char *dir, const char *name,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, name);
	int64_t id = strtoll(name, NULL, 10);
	struct stat st;

	if (dc_has_suffix(name, ".tmp")) {
		if (lstat(path, &st) < 0 ||
		    dc_now_ms() - st.st_ctim.tv_sec * 1000L < GRACE_MS)
			return 0;
	} else if (dc_snapshot_is_packing(s->job->db) ||
		   (id > 0 && dc_snapshot_is_known(s->job->db, id))) {
		return 0;
	}
	return dc_fs_remove_tree(path, err);
}

static int
sweep_layers(struct sweeping *s, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(s->job->conf, "layers");
	dc_auto_dir DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return dc_fail_errno(err, "open '%s'", path);
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			rc = sweep_layer(s, path, e->d_name, err);
	return rc;
}

static int
sweep_blobs(struct sweeping *s, struct dc_err *err)
{
	dc_auto_free char *blobs = dc_conf_path(s->job->conf, "blobs");
	int rc = dc_blob_sweep(blobs, err);

	return rc < 0 ? rc : dc_blob_each(blobs, sweep_blob, s, err);
}

int
sweep_run(struct dc_job *job, struct dc_err *err)
{
	struct sweeping s = {.job = job,
	    .boxes = dc_conf_path(job->conf, "boxes"),
	    .prefix = dc_asprintf("%s-", job->conf->bridge)};
	int rc = dc_place_up(job->conf, err);

	if (rc == 0)
		rc = sweep_boxes(&s, err);
	if (rc == 0)
		rc = dc_address_release_ended(job->db, err);
	if (rc == 0)
		rc = dc_snapshot_each_idle(job->db, 0, DC_KEPT_SNAPSHOTS,
		    remove_snapshot, &s, err);
	if (rc == 0)
		rc = sweep_layers(&s, err);
	if (rc == 0)
		rc = dc_packages_sweep(job->conf, err);
	if (rc == 0)
		rc = sweep_blobs(&s, err);
	if (rc == 0)
		rc = codesweep_run(job, err);
	if (rc == 0)
		rc = data_sweep(job->conf, job->db, err);
	if (rc == 0)
		rc = keptlog_sweep(job, err);
	if (rc == 0)
		rc = publish_forget(job->conf, err);
	if (rc == 0)
		rc = dc_hold_forget(job->db, err);
	if (rc == 0)
		rc = route_sync(job->conf, job->db, err);
	free(s.boxes);
	free(s.prefix);
	return rc;
}

/* Its home and its log stay: the same instance comes back from them. */
static int
down_box(const char *boxes, const char *name)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	dc_auto_free char *real = realpath(dir, NULL);
	int rc = dc_box_stop(boxes, name, DC_STOP_SECONDS, NULL);

	if (rc == 0)
		rc = dc_box_unlisten(boxes, name, NULL);
	if (rc < 0 || real == NULL)
		return rc;
	return dc_mount_clear(real, NULL);
}

/* All at once: each may take the whole grace to stop. */
static int
down_boxes(const char *boxes, const struct dc_strv *names, struct dc_err *err)
{
	pid_t *pids = dc_xcalloc(names->n, sizeof(*pids));
	size_t i;
	int rc = 0;

	for (i = 0; i < names->n; i++) {
		pids[i] = dc_spawn_job(err);
		if (pids[i] == 0)
			_exit(down_box(boxes, names->v[i]) < 0);
	}
	for (i = 0; i < names->n; i++)
		if (pids[i] < 0 || dc_spawn_wait(pids[i], NULL) != 0)
			rc = dc_fail(err, DC_EFAIL, "container '%s' remains",
			    names->v[i]);
	free(pids);
	return rc;
}

int
sweep_down(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *boxes = dc_conf_path(conf, "boxes");
	dc_auto_free char *prefix = dc_asprintf("%s-", conf->bridge);
	dc_auto_strv struct dc_strv names = {0};
	int rc = dc_box_each(boxes, prefix, note_name, &names, err);

	if (rc == 0)
		rc = down_boxes(boxes, &names, err);
	return rc == 0 ? dc_net_down(conf->bridge, err) : rc;
}
