/* builder/build.c -- see build.h. CONTRACT 1.6, steps 3 to 8. */
#include "builder/build.h"

#include "builder/hook.h"
#include "builder/packages.h"
#include "builder/snapshot.h"
#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/room.h"
#include "common/base/spawn.h"
#include "common/box/box.h"
#include "common/box/place.h"
#include "common/buildfile/service_def.h"
#include "common/layer/boot.h"
#include "common/layer/layer.h"
#include "common/packages/packages.h"
#include "common/step/step.h"
#include "common/store/node.h"

#include <inttypes.h>
#include <string.h>

#define MAX_ATTEMPTS 3
#define LATE "the build took longer than 15 minutes"
#define KILLED ": a build may use 2 GB of memory"

/* One build under way. */
struct work {
	struct dc_job *job;
	struct dc_build build;
	struct dc_service_def def;
	struct dc_snapshot previous; /* id 0: a clean build */
	struct dc_strv layers;       /* of previous */
	char *boxes, *box;
	char *packages; /* layer under the container's root, or NULL */
	uid_t first_id;
	int64_t address, deadline; /* monotonic ms */
};

int
build_prepare(const struct dc_conf *conf, struct dc_err *err)
{
	int rc = dc_boot_check(conf, err);

	return rc < 0 ? rc : dc_place_up(conf, err);
}

static int
say(struct work *w, enum dc_log_kind kind, const char *text, struct dc_err *err)
{
	return dc_log_entry_add(w->job->db, w->build.deployment_id,
	    w->build.service, -1, kind, text, err);
}

static int
move(struct work *w, enum dc_build_state to, struct dc_err *err)
{
	int rc = dc_build_move(w->job->db, w->build.id, w->build.state, to,
	    w->job->claim, err);

	if (rc == 0)
		w->build.state = to;
	return rc;
}

static int
load(struct work *w, struct dc_job *job, struct dc_err *err)
{
	int rc = dc_build_load(job->db, &w->build, job->id, err);

	if (rc == 0)
		rc = dc_service_from_json(&w->def, w->build.definition, err);
	if (rc < 0)
		return rc;
	w->job = job;
	w->boxes = dc_conf_path(job->conf, "boxes");
	w->box = dc_asprintf("%s-b%" PRId64, job->conf->bridge, w->build.id);
	w->first_id =
	    (uid_t)(job->conf->uid_base + w->build.uid_range * DC_RANGE_IDS);
	return 0;
}

/* A builder that died left a container and a row in the middle. */
static int
begin_again(struct work *w, struct dc_err *err)
{
	int rc = dc_box_destroy(w->boxes, w->box, err);

	if (rc < 0 || w->build.state == DC_BUILD_QUEUED)
		return rc;
	rc = move(w, DC_BUILD_QUEUED, err);
	if (rc < 0)
		return rc;
	if (w->build.attempts >= MAX_ATTEMPTS)
		return dc_fail(err, DC_EUSER,
		    "the build was interrupted %d times; please push again",
		    MAX_ATTEMPTS);
	return say(w, DC_LOG_INFO,
	    "The build was interrupted. Starting it again...", err);
}

static int
announce(struct work *w, struct dc_err *err)
{
	dc_auto_free char *started = NULL;
	dc_auto_free char *who = NULL;
	int rc;

	started = dc_asprintf("Build started for revision %s%s",
	    w->build.revision, w->previous.id == 0 ? " (clean build)" : "");
	who = dc_asprintf("I am %s/%s, and I will be your builder today.",
	    w->job->conf->node, w->box);
	rc = say(w, DC_LOG_INFO, started, err);
	return rc == 0 ? say(w, DC_LOG_INFO, who, err) : rc;
}

/* The last build's result, unless there is none or none is wanted. */
static int
find_previous(struct work *w, struct dc_err *err)
{
	int rc;

	if (w->build.clean)
		return 0;
	rc = dc_snapshot_find(w->job->db, &w->previous, w->build.service_id, 0,
	    err);
	if (rc == DC_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	return dc_layer_load(&w->layers, w->job->conf, w->job->db, &w->previous,
	    w->first_id, err);
}

static int
claim_address(struct work *w, struct dc_err *err)
{
	struct dc_db *db = w->job->db;
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_address_claim(db, &w->address, w->job->node_id, w->build.id, 0,
	    err);
	return dc_db_end(db, rc, err);
}

/* The type's folder, where the container sees it as /etc/dcloud/type. */
static int
copy_type(struct work *w, struct dc_err *err)
{
	dc_auto_free char *from =
	    dc_asprintf("%s/%s/.", w->job->conf->types, w->def.type);
	dc_auto_free char *to = dc_asprintf("%s/%s/etc/type", w->boxes, w->box);
	char *argv[] = {"cp", "-rL", "--no-preserve=ownership", from, to, NULL};
	int rc = dc_fs_mkdirs(to, 0755, err);

	return rc < 0 ? rc : dc_spawn_run(argv, NULL, NULL, NULL, NULL, err);
}

static int
create_box(struct work *w, struct dc_err *err)
{
	const struct dc_conf *conf = w->job->conf;
	dc_auto_free char *init = dc_asprintf("%s/dcinit", conf->libexec);
	dc_auto_free char *hostname =
	    dc_asprintf("%s-build-%s", w->build.application, w->build.service);
	dc_auto_free char *code =
	    dc_conf_path(conf, "code/%" PRId64 "/revisions/%s",
		w->build.application_id, w->build.revision);
	static const char *const init_args[] = {"-w", "-c",
	    "/etc/dcloud/runtime.conf", "-u", "dotcloud", NULL};
	struct dc_place net;
	struct dc_box_spec spec = {.name = w->box,
	    .hostname = hostname,
	    .first_id = w->first_id,
	    .image = conf->image,
	    .root_lower = w->packages,
	    .root_lower_id = dc_packages_first_id(conf),
	    .home_lower = (const char *const *)w->layers.v,
	    .code = code,
	    .code_uid = conf->uid,
	    .init = init,
	    .init_args = init_args,
	    .bridge = conf->bridge,
	    .memory = DC_BUILD_MEMORY,
	    .cpu_shares = DC_BUILD_CPU_SHARES,
	    .pids = DC_BOX_PIDS};
	int rc = dc_place_find(&net, conf, w->address, err);

	if (rc < 0)
		return rc;
	spec.address = net.address;
	spec.gateway = net.gateway;
	spec.prefix_len = net.prefix_len;
	rc = dc_box_create(w->boxes, &spec, err);
	if (rc == 0)
		rc = copy_type(w, err);
	return rc == 0 ? dc_box_start(w->boxes, w->box, err) : rc;
}

/* DC_ESTALE when the deployer has cancelled it. */
static int
still_ours(void *arg, struct dc_err *err)
{
	const struct work *w = arg;
	dc_auto_build struct dc_build now = {0};
	int rc = dc_build_load(w->job->db, &now, w->build.id, err);

	if (rc == 0 && now.state != w->build.state)
		return dc_fail(err, DC_ESTALE, "the build was cancelled");
	return rc;
}

static void
init_step(struct dc_step *step, struct work *w)
{
	*step = (struct dc_step){.boxes = w->boxes,
	    .box = w->box,
	    .bell = w->job->bell,
	    .room = w->boxes,
	    .deadline = w->deadline,
	    .late = LATE,
	    .killed = KILLED,
	    .still_ours = still_ours,
	    .arg = w};
}

static int
prepare(struct work *w, struct dc_err *err)
{
	struct dc_step step;
	int rc = dc_room_check(w->boxes, err);

	w->deadline = dc_mono_ms() + DC_BUILD_SECONDS * 1000L;
	init_step(&step, w);
	if (rc == 0)
		rc = find_previous(w, err);
	if (rc == 0)
		rc = announce(w, err);
	if (rc == 0)
		rc = claim_address(w, err);
	if (rc == 0)
		rc = packages_load(&w->packages, w->job, &w->build, &w->def,
		    w->address, &step, err);
	return rc == 0 ? create_box(w, err) : rc;
}

static int
run_hook(const struct dc_step *step, const char *name, const char *hook,
    const char *script, struct dc_err *err)
{
	struct dc_err why = DC_ERR_INIT;
	int rc = dc_step_run(step, hook, HOOK_CODE_DIR, script, &why);

	return rc < 0 ? dc_fail(err, rc, "%s (%s)", why.msg, name) : 0;
}

static int
run_prebuild(const struct work *w, const struct dc_step *c, struct dc_err *err)
{
	dc_auto_free char *script = NULL;

	if (w->def.prebuild == NULL)
		return 0;
	script = hook_format_prebuild(&w->def);
	return run_hook(c, "prebuild", w->def.prebuild, script, err);
}

static int
run_postbuild(const struct work *w, const struct dc_step *c, struct dc_err *err)
{
	dc_auto_free char *script = NULL;

	if (w->def.postbuild == NULL)
		return 0;
	script = hook_format_postbuild(&w->def);
	return run_hook(c, "postbuild", w->def.postbuild, script, err);
}

static int
run_steps(struct work *w, const struct dc_step *c, struct dc_err *err)
{
	int rc = run_prebuild(w, c, err);

	if (rc == 0)
		rc = dc_step_run(c,
		    w->def.buildscript != NULL ? w->def.buildscript : "build",
		    HOOK_CODE_DIR, hook_build, err);
	return rc == 0 ? run_postbuild(w, c, err) : rc;
}

static int
build(struct work *w, struct dc_err *err)
{
	dc_auto_strv struct dc_strv env = {0};
	struct dc_err log_err = DC_ERR_INIT;
	struct dc_step step;
	int rc;

	init_step(&step, w);
	rc = dc_log_buffer_new(&step.log, w->job->db, w->build.deployment_id,
	    w->build.service, -1);

	if (rc < 0)
		return rc;
	dc_appenv_base(&env);
	dc_service_env(&env, &w->def);
	step.env = env.v;
	rc = run_steps(w, &step, err);
	if (dc_log_buffer_end(step.log, &log_err) < 0)
		log_warn("build=%" PRId64 " log: %s, ignoring", w->build.id,
		    log_err.msg);
	return rc;
}

/* As people read sizes: 427KB, 12MB. */
static char *
format_size(int64_t bytes)
{
	if (bytes < 1000)
		return dc_asprintf("%" PRId64 "B", bytes);
	if (bytes < 1000000)
		return dc_asprintf("%" PRId64 "KB", bytes / 1000);
	return dc_asprintf("%" PRId64 "MB", bytes / 1000000);
}

static int
finish(struct work *w, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", w->boxes, w->box);
	dc_auto_free char *size = NULL;
	dc_auto_free char *text = NULL;
	struct dc_snapshot s = {0};
	int rc = dc_box_stop(w->boxes, w->box, 0, err);

	if (rc == 0)
		rc = snapshot_make(&s, w->job, &w->build,
		    w->previous.id != 0 ? &w->previous : NULL, dir, err);
	if (rc < 0)
		return rc;
	size = format_size(s.size);
	text = dc_asprintf("Build completed successfully. Compiled image size "
			   "is %s",
	    size);
	rc = say(w, DC_LOG_INFO, text, err);
	if (rc == 0)
		rc = dc_build_finish(w->job->db, w->build.id, &s,
		    w->job->node_id, w->job->claim, err);
	return rc;
}

static int
run_phases(struct work *w, struct dc_err *err)
{
	int rc = begin_again(w, err);

	if (rc == 0)
		rc = move(w, DC_BUILD_PREPARING, err);
	if (rc == 0)
		rc = prepare(w, err);
	if (rc == 0)
		rc = move(w, DC_BUILD_BUILDING, err);
	if (rc == 0)
		rc = build(w, err);
	if (rc == 0)
		rc = move(w, DC_BUILD_SNAPSHOTTING, err);
	return rc == 0 ? finish(w, err) : rc;
}

/* The user's fault, or ours for the last time: that is the build's end. */
static int
fail(struct work *w, int rc, struct dc_err *err)
{
	dc_auto_free char *text = NULL;

	if (rc == DC_ESTALE ||
	    (rc != DC_EUSER && w->build.attempts + 1 < MAX_ATTEMPTS))
		return rc;
	text = dc_asprintf("Can't build service %s (%s): %s", w->build.service,
	    w->def.type, err->msg);
	if (rc != DC_EUSER)
		log_error("build=%" PRId64 " failed: %s", w->build.id,
		    err->msg);
	rc = say(w, DC_LOG_ERROR, text, err);
	if (rc < 0)
		return rc;
	return dc_build_fail(w->job->db, w->build.id, (int)w->build.state,
	    DC_BUILD_FAILED, w->job->claim, text, err);
}

int
build_run(struct dc_job *job, struct dc_err *err)
{
	struct dc_err box_err = DC_ERR_INIT;
	struct work w = {0};
	int rc = load(&w, job, err);

	if (rc == 0) {
		rc = run_phases(&w, err);
		/* Whoever is told of a failure finds the disk as before. */
		if (dc_box_destroy(w.boxes, w.box, &box_err) < 0)
			log_warn("box='%s' %s, ignoring: the sweep comes",
			    w.box, box_err.msg);
		if (rc < 0)
			rc = fail(&w, rc, err);
		(void)dc_address_release(job->db, job->id, 0, NULL);
	}
	dc_build_done(&w.build);
	dc_service_def_done(&w.def);
	dc_strv_done(&w.layers);
	free(w.boxes);
	free(w.box);
	free(w.packages);
	return rc;
}
