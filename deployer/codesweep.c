/* deployer/codesweep.c -- see codesweep.h. Rows go first: a tree without one is
 * found again, a row without its tree would promise what is not there. */
#include "deployer/codesweep.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/store/application.h"
#include "common/store/history.h"

#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

/* Younger trees may belong to an upload that has not written its row yet. */
#define GRACE_MS (3600 * 1000L)
/* What a killed upload has left: see uploader/receive.c. */
#define INCOMING ".incoming-"
#define EVENT_MS (90L * 24 * 3600 * 1000)
#define ACTIVITY_MS (INT64_C(86400000) * DC_KEPT_ACTIVITY_DAYS)

int
codesweep_remove(const struct dc_conf *conf, const char *path,
    struct dc_err *err)
{
	pid_t pid = dc_spawn_job(err);
	int status;

	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setgid(conf->gid) < 0 ||
		    setuid(conf->uid) < 0)
			_exit(1);
		_exit(dc_fs_remove_tree(path, NULL) < 0);
	}
	status = dc_spawn_wait(pid, err);
	if (status > 0)
		return dc_fail(err, DC_EFAIL, "'%s' cannot be removed", path);
	return status;
}

/* An upload may be about to name the same revision again: not under its
 * hands, and its tree not after its new row. */
static int
lock_uploads(int *out, struct dc_job *job, int64_t application_id)
{
	dc_auto_free char *path =
	    dc_conf_path(job->conf, "code/%" PRId64 "/lock", application_id);
	dc_auto_fd int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0 && errno != ENOENT)
		return DC_EBUSY;
	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0)
		return DC_EBUSY;
	*out = dc_steal_fd(&fd);
	return 0;
}

static int
remove_idle(const struct dc_idle_revision *r, void *arg, struct dc_err *err)
{
	struct dc_job *job = arg;
	dc_auto_free char *tree = dc_conf_path(job->conf,
	    "code/%" PRId64 "/revisions/%s", r->application_id, r->name);
	dc_auto_fd int lock = -1;
	int rc;

	if (lock_uploads(&lock, job, r->application_id) < 0)
		return 0; /* the next round comes in a minute */
	rc = dc_history_remove_revision(job->db, r->id, err);
	return rc < 0 ? rc : codesweep_remove(job->conf, tree, err);
}

static bool
is_young(const char *path)
{
	struct stat st;

	return lstat(path, &st) < 0 ||
	       dc_now_ms() - st.st_ctim.tv_sec * 1000L < GRACE_MS;
}

typedef int entry_fn(const char *path, const char *name, void *arg,
    struct dc_err *err);

/* FN for each entry of DIR; a missing directory has none. */
static int
each_entry(const char *dir, entry_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_dir DIR *d = opendir(dir);
	struct dirent *e;
	int rc = 0;

	while (rc == 0 && d != NULL && (e = readdir(d)) != NULL) {
		dc_auto_free char *path = NULL;

		if (e->d_name[0] == '.' && !dc_has_prefix(e->d_name, INCOMING))
			continue;
		path = dc_asprintf("%s/%s", dir, e->d_name);
		rc = fn(path, e->d_name, arg, err);
	}
	return rc;
}

struct application {
	struct dc_job *job;
	int64_t id;
};

static int
sweep_tree(const char *path, const char *name, void *arg, struct dc_err *err)
{
	const struct application *a = arg;
	dc_auto_fd int lock = -1;

	if (lock_uploads(&lock, a->job, a->id) < 0)
		return 0;
	if (is_young(path) || dc_history_has_revision(a->job->db, a->id, name))
		return 0;
	return codesweep_remove(a->job->conf, path, err);
}

/* code/<application id>; an upload that was killed leaves incoming-*. */
static int
sweep_application(const char *path, const char *name, void *arg,
    struct dc_err *err)
{
	struct application a = {.job = arg};
	dc_auto_application struct dc_application row = {0};
	dc_auto_free char *trees = dc_asprintf("%s/revisions", path);
	long long id;

	if (!dc_is_number(name, 1, INT64_MAX, &id))
		return 0;
	a.id = id;
	if (dc_application_load(a.job->db, &row, id, NULL) == DC_ENOTFOUND)
		return is_young(path)
			   ? 0
			   : codesweep_remove(a.job->conf, path, err);
	return each_entry(trees, sweep_tree, &a, err);
}

int
codesweep_run(struct dc_job *job, struct dc_err *err)
{
	dc_auto_free char *code = dc_conf_path(job->conf, "code");
	int rc = dc_history_each_idle(job->db, DC_KEPT_REVISIONS, remove_idle,
	    job, err);

	if (rc == 0)
		rc = dc_history_remove_events(job->db, dc_now_ms() - EVENT_MS,
		    err);
	if (rc == 0)
		rc = dc_history_remove_activity(job->db,
		    dc_now_ms() - ACTIVITY_MS, err);
	return rc == 0 ? each_entry(code, sweep_application, job, err) : rc;
}
