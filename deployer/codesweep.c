/* deployer/codesweep.c -- see codesweep.h. Rows go first: a tree without one is
 * found again, a row without its tree would promise what is not there. */
#include "deployer/codesweep.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/application.h"
#include "common/store/history.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

/* Younger trees may belong to an upload that has not written its row yet. */
#define GRACE_MS (3600 * 1000L)
#define EVENT_MS (90L * 24 * 3600 * 1000)

static int
remove_idle(const struct dc_idle_revision *r, void *arg, struct dc_err *err)
{
	struct dc_job *job = arg;
	dc_auto_free char *tree = dc_conf_path(job->conf,
	    "code/%" PRId64 "/revisions/%s", r->application_id, r->name);
	int rc = dc_history_remove_revision(job->db, r->id, err);

	return rc < 0 ? rc : dc_fs_remove_tree(tree, err);
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

		if (e->d_name[0] == '.')
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

	if (is_young(path) || dc_history_has_revision(a->job->db, a->id, name))
		return 0;
	return dc_fs_remove_tree(path, err);
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
		return is_young(path) ? 0 : dc_fs_remove_tree(path, err);
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
	return rc == 0 ? each_entry(code, sweep_application, job, err) : rc;
}
