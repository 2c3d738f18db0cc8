/* deployer/migrate.c -- see migrate.h.
 *
 * The start job of the instance runs the command, since the container is its:
 * who takes over from a killed one makes that container again, and so ends what
 * was left, before the command is run again. */
#include "deployer/migrate.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/box/box.h"
#include "common/step/step.h"
#include "common/store/hold.h"
#include "common/store/revision.h"
#include "common/store/service.h"
#include "deployer/health.h"
#include "deployer/route.h"

#include <inttypes.h>
#include <string.h>

struct work {
	struct dc_job *job;
	const struct dc_deployment *d;
	int64_t service_id; /* whose command it is */
	bool wanted, serves, held;
	int64_t seconds; /* all deadlines of `migrate:` */
	int64_t until;
	int deadline; /* the longest of the health checks */
	size_t n;
	long sessions;
};

static int
note_revision(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	(void)err;
	w->serves |= strcmp(i->revision, w->d->revision) == 0;
	return 0;
}

static int
decide_one(const struct dc_revision_service *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	dc_auto_service_def struct dc_service_def def = {0};
	int64_t id;
	int rc = dc_service_from_json(&def, s->definition, err);

	if (rc < 0 || def.migrate == NULL)
		return rc;
	rc = dc_service_find(w->job->db, &id, w->d->application_id, s->name,
	    err);
	w->serves = false;
	if (rc == 0)
		rc = dc_instance_each(w->job->db, 0, id, DC_SERVING,
		    note_revision, w, err);
	w->wanted |= !w->serves;
	return rc;
}

int
migrate_decide(struct dc_job *job, struct dc_deployment *d, struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc = dc_revision_each_service(job->db, d->revision_id, decide_one,
	    &w, err);

	if (rc < 0 || !w.wanted)
		return rc;
	d->migrates = true;
	return dc_deployment_set_migrates(job->db, d->id, err);
}

static int
add_seconds(const struct dc_revision_service *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	dc_auto_service_def struct dc_service_def def = {0};
	struct health health = {0};
	int rc = dc_service_from_json(&def, s->definition, err);

	if (rc == 0)
		rc = health_load(&health, &def, err);
	if (rc < 0)
		return rc;
	if (def.migrate != NULL)
		w->seconds += def.migrate_deadline;
	if (health.deadline > w->deadline)
		w->deadline = health.deadline;
	return 0;
}

static int
note_old(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	(void)err;
	w->serves |= i->application_id == w->d->application_id &&
		     i->deployment_id != w->d->id;
	return 0;
}

static int
hold_one(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	bool held = false;
	int rc = dc_hold_save(w->job->db, &held, s->id, DC_HOLD_DEPLOYMENT,
	    w->until, err);

	w->held |= held;
	return rc;
}

int
migrate_hold(bool *held, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job,
	    .d = d,
	    .seconds =
		DC_HOLD_DRAIN_SECONDS + DC_STOP_SECONDS + DC_HOLD_SECONDS};
	int rc = dc_instance_each(job->db, 0, 0, DC_SERVING, note_old, &w, err);

	if (rc == 0 && w.serves)
		rc = dc_revision_each_service(job->db, d->revision_id,
		    add_seconds, &w, err);
	w.until = dc_now_ms() + (w.seconds + w.deadline) * 1000;
	if (rc == 0 && w.serves)
		rc = dc_service_each(job->db, d->application_id, hold_one, &w,
		    err);
	if (rc == 0 && held != NULL)
		*held = w.held;
	return rc;
}

static int
add_sessions(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	long n = 0;
	int rc;

	if (i->application_id != w->d->application_id ||
	    i->deployment_id == w->d->id)
		return 0;
	rc = route_sessions(&n, w->job->conf, w->job->db, i, err);
	w->sessions += n;
	return rc;
}

int
migrate_sessions(long *n, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc = dc_instance_each(job->db, 0, 0,
	    DC_SERVING | DC_FROM(DC_INSTANCE_DRAINING), add_sessions, &w, err);

	if (rc == 0)
		*n = w.sessions;
	return rc;
}

/* Is it for I to run the command of its service, and has it yet to? */
static int
is_to_run(bool *out, const struct dc_instance *i, struct dc_err *err)
{
	dc_auto_service_def struct dc_service_def def = {0};
	int rc = dc_service_from_json(&def, i->definition, err);

	if (rc == 0)
		*out = def.migrate != NULL && i->number == 0 && !i->migrated;
	return rc;
}

static int
look_at(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	bool is_next = false;
	int rc;

	if (i->state == DC_INSTANCE_FAILED || i->state == DC_INSTANCE_GONE)
		return dc_fail(err, DC_EUSER, "%s.%" PRId64 ": %s", i->service,
		    i->number, i->error != NULL ? i->error : "it has ended");
	rc = is_to_run(&is_next, i, err);
	w->n += is_next;
	return rc;
}

int
migrate_look(size_t *unfinished, struct dc_job *job,
    const struct dc_deployment *d, struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc =
	    dc_instance_each(job->db, d->id, 0, UINT32_MAX, look_at, &w, err);

	if (rc == 0)
		*unfinished = w.n;
	return rc;
}

static int
stop_one(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	dc_auto_free char *boxes = dc_conf_path(w->job->conf, "boxes");
	dc_auto_free char *box =
	    dc_asprintf("%s-i%" PRId64, w->job->conf->bridge, i->id);
	bool may_run = false;
	int rc = is_to_run(&may_run, i, err);

	return rc == 0 && may_run ? dc_box_stop(boxes, box, 0, err) : rc;
}

int
migrate_stop(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};

	if (!d->migrates)
		return 0;
	return dc_instance_each(job->db, d->id, 0, DC_FROM(DC_INSTANCE_FAILED),
	    stop_one, &w, err);
}

/* The first in the order of services that has yet to. */
static int
find_first(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	bool is_next = false;
	int rc = w->service_id == 0 ? is_to_run(&is_next, i, err) : 0;

	if (is_next)
		w->service_id = i->service_id;
	return rc;
}

static int
find_turn(enum migrate_turn *turn, bool *found, struct unit *u,
    const struct dc_deployment *d, struct dc_err *err)
{
	struct work w = {.job = u->job, .d = d};
	int rc;

	if (d->state >= DC_DEPLOYMENT_PROBING) {
		*turn = MIGRATE_OVER;
		*found = true;
		return 0;
	}
	if (d->state != DC_DEPLOYMENT_MIGRATING || u->row.number != 0)
		return 0;
	rc = dc_instance_each(u->job->db, d->id, 0, UINT32_MAX, find_first, &w,
	    err);
	*turn = MIGRATE_RUN;
	*found = w.service_id == u->row.service_id;
	return rc;
}

/* One look at the rows: U's and its deployment's. */
static int
look_for_turn(enum migrate_turn *turn, bool *found, struct unit *u,
    struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_instance struct dc_instance now = {0};
	int rc = dc_deployment_load(u->job->db, &d, u->row.deployment_id, err);

	if (rc == 0)
		rc = dc_instance_load(u->job->db, &now, u->row.id, err);
	if (rc < 0)
		return rc;
	if (now.state != DC_INSTANCE_LAUNCHING)
		return dc_fail(err, DC_ESTALE, "the deployment has ended");
	if (!d.migrates) {
		*turn = MIGRATE_OVER;
		*found = true;
		return 0;
	}
	if (now.data == DC_DATA_WANTED && u->row.data == DC_DATA_OWN) {
		u->row.data = DC_DATA_WANTED;
		*turn = MIGRATE_DATA;
		*found = true;
		return 0;
	}
	return find_turn(turn, found, u, &d, err);
}

int
migrate_wait(enum migrate_turn *turn, struct unit *u, struct dc_err *err)
{
	bool found = false;
	int rc;

	for (;;) {
		dc_bell_clear(u->job->bell);
		rc = look_for_turn(turn, &found, u, err);
		if (rc < 0 || found)
			return rc;
		dc_bell_wait(u->job->bell, 1000);
	}
}

static int
still_ours(void *arg, struct dc_err *err)
{
	const struct unit *u = arg;
	dc_auto_instance struct dc_instance now = {0};
	int rc = dc_instance_load(u->job->db, &now, u->row.id, err);

	if (rc == 0 && now.state != DC_INSTANCE_LAUNCHING)
		return dc_fail(err, DC_ESTALE, "the deployment has ended");
	return rc;
}

static int
save_hold(struct unit *u, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	int rc = still_ours(u, err);

	if (rc == 0)
		rc = dc_deployment_load(u->job->db, &d, u->row.deployment_id,
		    err);
	return rc == 0 ? migrate_hold(NULL, u->job, &d, err) : rc;
}

/* With each try its deadline begins again. What the end of a deployment has
 * released is not held anew. */
static int
hold_again(struct unit *u, struct dc_err *err)
{
	int rc = dc_db_begin(u->job->db, err);

	if (rc < 0)
		return rc;
	rc = dc_db_end(u->job->db, save_hold(u, err), err);
	return rc == 0 ? route_sync(u->job->conf, u->job->db, err) : rc;
}

static int
run_command(struct unit *u, struct environment *env, struct dc_err *err)
{
	dc_auto_free char *late =
	    dc_asprintf("it took longer than its %d seconds",
		u->def.migrate_deadline);
	dc_auto_free char *run = dc_appenv_hook(u->def.migrate);
	dc_auto_free char *script = dc_asprintf(ENVIRONMENT_CD "%s", run);
	struct dc_step step = {.boxes = u->boxes,
	    .box = u->box,
	    .env = env->unix_env.v,
	    .bell = u->job->bell,
	    .deadline = dc_mono_ms() + u->def.migrate_deadline * 1000L,
	    .late = late,
	    .killed = ": is the service's memory enough?",
	    .still_ours = still_ours,
	    .arg = u};
	int rc = dc_log_buffer_new(&step.log, u->job->db, u->row.deployment_id,
	    u->row.service, u->row.number);

	if (rc < 0)
		return rc;
	rc = dc_step_run(&step, u->def.migrate, DC_APP_HOME, script, err);
	(void)dc_log_buffer_end(step.log, NULL);
	return rc;
}

int
migrate_run(struct unit *u, struct environment *env, struct dc_err *err)
{
	struct dc_err e = DC_ERR_INIT;
	int rc = unit_say(u, DC_LOG_INFO, err,
	    "Running the migration (%d seconds at most)...",
	    u->def.migrate_deadline);

	if (rc == 0)
		rc = hold_again(u, err);
	if (rc < 0)
		return rc;
	rc = run_command(u, env, &e);
	if (rc == 0)
		return dc_instance_set_migrated(u->job->db, u->row.id, err);
	/* What it has begun must not go on beside the version before. */
	(void)dc_box_stop(u->boxes, u->box, 0, NULL);
	return dc_fail(err, rc,
	    "the migration has failed: %s (deadline: %d seconds)", e.msg,
	    u->def.migrate_deadline);
}
