/* deployer/deploy.c -- see deploy.h. Each state has one step, which can be
 * entered again after a crash. */
#include "deployer/deploy.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/hold.h"
#include "common/store/instance.h"
#include "common/store/log_entry.h"
#include "common/store/revision.h"
#include "common/store/service.h"
#include "deployer/health.h"
#include "deployer/migrate.h"
#include "deployer/move.h"
#include "deployer/processes.h"
#include "deployer/route.h"
#include "deployer/scale.h"

#include <inttypes.h>
#include <string.h>

#define RETRY_MS (3600 * 1000L)
/* How often HAProxy is asked whether the last request has ended. */
#define ASK_MS 50
#define HOLD_MS                                                                \
	((DC_HOLD_DRAIN_SECONDS + DC_STOP_SECONDS + DC_HOLD_SECONDS +          \
	     DC_PROBE_SECONDS) *                                               \
	    1000L)
#define MOVE_MS                                                                \
	((DC_HOLD_DRAIN_SECONDS + DC_STOP_SECONDS + DC_HOLD_SECONDS) * 1000L)

struct work {
	struct dc_job *job;
	struct dc_deployment d;
	bool is_cancelled;
};

static int
say(struct work *w, const char *text, struct dc_err *err)
{
	return dc_log_entry_add(w->job->db, w->d.id, NULL, -1, DC_LOG_INFO,
	    text, err);
}

static int
move(struct work *w, enum dc_deployment_state to, struct dc_err *err)
{
	int rc = dc_deployment_move(w->job->db, w->d.id, (int)w->d.state,
	    (int)to, w->job->claim, err);

	if (rc == 0)
		w->d.state = to;
	return rc;
}

/* Somebody may have ended the deployment while we waited, or want it to end. */
static int
check_ours(struct work *w, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment now = {0};
	int rc = dc_deployment_load(w->job->db, &now, w->d.id, err);

	if (rc == 0 && now.state != w->d.state)
		return dc_fail(err, DC_ESTALE, "the deployment was moved");
	if (rc < 0 || now.cancelled_by == NULL ||
	    now.state >= DC_DEPLOYMENT_SWITCHING)
		return rc;
	w->is_cancelled = true;
	free(w->d.cancelled_by);
	w->d.cancelled_by = dc_steal_ptr(&now.cancelled_by);
	return dc_fail(err, DC_EUSER, "cancelled by %s", w->d.cancelled_by);
}

static int
add_build(const struct dc_revision_service *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	dc_auto_service_def struct dc_service_def def = {0};
	struct dc_snapshot found;
	struct health health;
	int64_t id;
	int rc = dc_service_from_json(&def, s->definition, err);

	if (rc == 0)
		rc = health_load(&health, &def, err);
	if (rc < 0)
		return dc_wrap(err, rc, "service %s", s->name);
	rc = dc_service_save(w->job->db, &id, w->d.application_id, s->name,
	    s->type, err);
	if (rc < 0)
		return rc;
	/* The same revision again (scale, env set, deploy) is built already. */
	if (!w->d.clean && dc_snapshot_find(w->job->db, &found, id,
			       w->d.revision_id, err) == 0)
		return 0;
	return dc_build_add(w->job->db, w->d.id, id, s->definition, err);
}

static int
add_builds(struct work *w, struct dc_err *err)
{
	int rc = say(w, "Building the application...", err);

	if (rc == 0)
		rc = dc_revision_each_service(w->job->db, w->d.revision_id,
		    add_build, w, err);
	if (rc == 0)
		rc = migrate_decide(w->job, &w->d, err);
	return rc == 0 ? move(w, DC_DEPLOYMENT_BUILDING, err) : rc;
}

static int
queued(struct work *w, struct dc_err *err)
{
	int rc = dc_db_begin(w->job->db, err);

	if (rc < 0)
		return rc;
	rc = add_builds(w, err);
	return dc_db_end(w->job->db, rc, err);
}

static int
note_build(const struct dc_build *b, void *arg, struct dc_err *err)
{
	size_t *unfinished = arg;

	if (b->state == DC_BUILD_FAILED || b->state == DC_BUILD_CANCELLED)
		return dc_fail(err, DC_EUSER, "%s",
		    b->error != NULL ? b->error : "a build was cancelled");
	*unfinished += b->state != DC_BUILD_DONE;
	return 0;
}

static int
building(struct work *w, struct dc_err *err)
{
	size_t unfinished;
	int rc;

	for (;;) {
		unfinished = 0;
		rc = check_ours(w, err);
		if (rc == 0)
			rc = dc_build_each(w->job->db, w->d.id, note_build,
			    &unfinished, err);
		if (rc < 0)
			return rc;
		if (unfinished == 0)
			break;
		dc_bell_wait(w->job->bell, 1000);
	}
	rc = say(w, "Application build is done", err);
	if (rc == 0)
		rc = say(w,
		    "Initializing new services... (This may take a few"
		    " minutes)",
		    err);
	if (rc == 0)
		rc = scale_add_instances(w->job, &w->d, err);
	return rc == 0 ? move(w, DC_DEPLOYMENT_INITIALIZING, err) : rc;
}

/* The least advanced instance of the deployment; the first failed one ends
 * it. */
struct progress {
	enum dc_instance_state least;
};

static int
note_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct progress *p = arg;

	if (i->state == DC_INSTANCE_FAILED || i->state == DC_INSTANCE_GONE)
		return dc_fail(err, DC_EUSER, "%s.%" PRId64 ": %s", i->service,
		    i->number, i->error != NULL ? i->error : "it has ended");
	if (i->state < p->least)
		p->least = i->state;
	return 0;
}

static int
wait_for(struct work *w, enum dc_instance_state state, struct dc_err *err)
{
	struct progress p;
	int rc;

	for (;;) {
		p.least = DC_INSTANCE_UP;
		rc = check_ours(w, err);
		if (rc == 0)
			rc = dc_instance_each(w->job->db, w->d.id, 0,
			    UINT32_MAX, note_instance, &p, err);
		if (rc < 0 || p.least >= state)
			return rc;
		dc_bell_wait(w->job->bell, 1000);
	}
}

static int
initializing(struct work *w, struct dc_err *err)
{
	int rc = wait_for(w, DC_INSTANCE_INSTALLING, err);

	if (rc == 0)
		rc = say(w,
		    "All services have been initialized. Deploying code...",
		    err);
	return rc == 0 ? move(w, DC_DEPLOYMENT_INSTALLING, err) : rc;
}

static int
installing(struct work *w, struct dc_err *err)
{
	int rc = wait_for(w, DC_INSTANCE_LAUNCHING, err);

	return rc == 0 ? move(w, DC_DEPLOYMENT_LAUNCHING, err) : rc;
}

/* Until each new instance has answered, or waits for the ~/data of one that
 * serves, or for what migrates. */
static int
launching(struct work *w, struct dc_err *err)
{
	struct move m = {0};
	size_t late = 0;
	int rc;

	for (;;) {
		dc_bell_clear(w->job->bell);
		rc = check_ours(w, err);
		if (rc == 0)
			rc = move_look(&m, w->job, &w->d, err);
		if (rc == 0 && m.starting == 0)
			rc = move_late(&late, w->job, &w->d, err);
		if (rc < 0)
			return rc;
		if (m.starting == 0 && late == 0)
			break;
		if (late == 0)
			dc_bell_wait(w->job->bell, 1000);
	}
	if (m.waiting == 0 && !w->d.migrates)
		return move(w, DC_DEPLOYMENT_PROBING, err);
	rc = move_begin(w->job, &w->d, err);
	if (rc == 0)
		w->d.state = DC_DEPLOYMENT_MOVING;
	return rc;
}

/* The job before may have been killed, and the time have gone by: what waits
 * goes on waiting for what has to be done again. */
static int
go_on_holding(struct work *w, struct dc_err *err)
{
	int64_t n = 0, until = dc_now_ms() + HOLD_MS;
	int rc = dc_hold_extend(w->job->db, &n, w->d.application_id,
	    DC_HOLD_DEPLOYMENT, until, err);

	return rc < 0 || n == 0 ? rc
				: route_sync(w->job->conf, w->job->db, err);
}

/* The old instances make room, and before a migration also end what they have
 * to do, while requests wait. */
static int
moving(struct work *w, struct dc_err *err)
{
	int64_t begun = dc_mono_ms(), end = begun + MOVE_MS;
	struct move m = {0};
	long sessions = 0;
	int rc = go_on_holding(w, err);

	if (rc == 0)
		rc = route_sync(w->job->conf, w->job->db, err);
	while (rc == 0) {
		dc_bell_clear(w->job->bell);
		rc = check_ours(w, err);
		if (rc == 0)
			rc = move_look(&m, w->job, &w->d, err);
		if (rc == 0 && w->d.migrates)
			rc = migrate_sessions(&sessions, w->job, &w->d, err);
		if (dc_mono_ms() - begun > DC_HOLD_DRAIN_SECONDS * 1000L)
			sessions = 0; /* websockets and streams go on */
		if (rc == 0 && m.parking == 0 && sessions == 0)
			return move(w,
			    w->d.migrates ? DC_DEPLOYMENT_MIGRATING
					  : DC_DEPLOYMENT_PROBING,
			    err);
		if (rc == 0 && dc_mono_ms() > end)
			return dc_fail(err, DC_EUSER,
			    "~/data could not be moved within %ld seconds",
			    MOVE_MS / 1000);
		if (rc == 0)
			dc_bell_wait(w->job->bell,
			    sessions > 0 ? ASK_MS : 1000);
	}
	return rc;
}

/* The hold begins again with each job: the one before may have been killed, and
 * its migration with it. */
static int
migrating(struct work *w, struct dc_err *err)
{
	size_t unfinished = 0;
	int rc = migrate_hold(NULL, w->job, &w->d, err);

	if (rc == 0)
		rc = route_sync(w->job->conf, w->job->db, err);
	while (rc == 0) {
		dc_bell_clear(w->job->bell);
		rc = check_ours(w, err);
		if (rc == 0)
			rc = migrate_look(&unfinished, w->job, &w->d, err);
		if (rc == 0 && unfinished == 0)
			return move(w, DC_DEPLOYMENT_PROBING, err);
		if (rc == 0)
			dc_bell_wait(w->job->bell, 1000);
	}
	return rc;
}

/* Cancelled or live, never both: whoever writes first. */
static int
go_live(struct work *w, struct dc_err *err)
{
	int rc = dc_db_begin(w->job->db, err);

	if (rc < 0)
		return rc;
	rc = check_ours(w, err);
	if (rc == 0)
		rc = dc_deployment_move(w->job->db, w->d.id, (int)w->d.state,
		    DC_DEPLOYMENT_SWITCHING, w->job->claim, err);
	rc = dc_db_end(w->job->db, rc, err);
	if (rc == 0)
		w->d.state = DC_DEPLOYMENT_SWITCHING;
	return rc;
}

/* Those that answered first have waited for the last one. */
static int
check_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	dc_auto_free char *boxes = dc_conf_path(w->job->conf, "boxes");
	dc_auto_free char *box =
	    dc_asprintf("%s-i%" PRId64, w->job->conf->bridge, i->id);
	int rc = processes_check(boxes, box, err);

	return rc < 0 ? dc_wrap(err, rc, "%s.%" PRId64, i->service, i->number)
		      : 0;
}

static int
probing(struct work *w, struct dc_err *err)
{
	int rc = go_on_holding(w, err);

	if (rc == 0)
		rc = wait_for(w, DC_INSTANCE_READY, err);
	if (rc == 0)
		rc = dc_instance_each(w->job->db, w->d.id, 0,
		    DC_FROM(DC_INSTANCE_READY), check_instance, w, err);
	if (rc == 0)
		rc = scale_say_each(w->job, &w->d,
		    "Re-routing traffic to the new build...", err);
	return rc == 0 ? go_live(w, err) : rc;
}

/* One transaction says who serves; the router then follows the store. */
static int
switching(struct work *w, struct dc_err *err)
{
	dc_auto_free char *text =
	    dc_asprintf("Successfully deployed build revision %s",
		w->d.revision);
	int rc = scale_switch(w->job, &w->d, err);

	if (rc == 0)
		rc = route_sync(w->job->conf, w->job->db, err);
	if (rc == 0)
		rc = scale_say_each(w->job, &w->d, text, err);
	if (rc == 0)
		rc = say(w, "Deploy finished", err);
	if (rc == 0)
		rc = dc_deployment_end(w->job->db, w->d.id, (int)w->d.state,
		    DC_DEPLOYMENT_DONE, w->job->claim,
		    "Application fully deployed", err);
	if (rc == 0)
		w->d.state = DC_DEPLOYMENT_DONE;
	return rc;
}

static int (*const steps[DC_DEPLOYMENT_NSTATES])(struct work *,
    struct dc_err *) = {
    [DC_DEPLOYMENT_QUEUED] = queued,
    [DC_DEPLOYMENT_BUILDING] = building,
    [DC_DEPLOYMENT_INITIALIZING] = initializing,
    [DC_DEPLOYMENT_INSTALLING] = installing,
    [DC_DEPLOYMENT_LAUNCHING] = launching,
    [DC_DEPLOYMENT_MOVING] = moving,
    [DC_DEPLOYMENT_MIGRATING] = migrating,
    [DC_DEPLOYMENT_PROBING] = probing,
    [DC_DEPLOYMENT_SWITCHING] = switching,
};

/* Nothing was switched: what was started goes, what served goes on. */
static int
fail(struct work *w, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int to =
	    w->is_cancelled ? DC_DEPLOYMENT_CANCELLED : DC_DEPLOYMENT_FAILED;
	int rc;

	text = w->is_cancelled
		   ? dc_deployment_format_cancelled(w->d.cancelled_by)
		   : dc_asprintf("Deployment failed: %s", err->msg);
	log_info("deployment=%" PRId64 " app='%s' ended: %s", w->d.id,
	    w->d.application, text);
	rc = scale_undo(w->job, &w->d, text, err);
	if (rc == 0 && w->d.state >= DC_DEPLOYMENT_MOVING)
		rc = route_sync(w->job->conf, w->job->db, err);
	if (rc < 0)
		return rc;
	return dc_deployment_end(w->job->db, w->d.id, (int)w->d.state, to,
	    w->job->claim, text, err);
}

/* Trying again helps against a disk that was full for a moment, not against
 * what is missing or malformed, and not for ever. */
static bool
is_final(const struct work *w, int rc)
{
	if (w->d.state >= DC_DEPLOYMENT_SWITCHING || rc == DC_ESTALE)
		return false;
	if (rc == DC_EFAIL || rc == DC_EBUSY)
		return dc_now_ms() - w->d.created_at > RETRY_MS;
	return true;
}

int
deploy_run(struct dc_job *job, struct dc_err *err)
{
	struct work w = {.job = job};
	int rc = dc_deployment_load(job->db, &w.d, job->id, err);

	while (rc == 0 && steps[w.d.state] != NULL) {
		rc = check_ours(&w, err);
		if (rc == 0)
			rc = steps[w.d.state](&w, err);
	}
	if (rc < 0 && is_final(&w, rc))
		rc = fail(&w, err);
	dc_deployment_done(&w.d);
	return rc;
}
