/* deployer/move.c -- see move.h. */
#include "deployer/move.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/buildfile/service_def.h"
#include "common/store/data.h"
#include "common/store/hold.h"
#include "common/store/log_entry.h"
#include "common/store/service.h"
#include "deployer/data.h"
#include "deployer/health.h"
#include "deployer/migrate.h"

#include <inttypes.h>

#define SERVES                                                                 \
	(DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_DOWN) |                 \
	    DC_FROM(DC_INSTANCE_RESTARTING))

struct work {
	struct dc_job *job;
	const struct dc_deployment *d;
	struct move m;
	size_t n;
};

/* The instance of the same number that serves; its id is 0 when there is
 * none. */
struct before {
	const struct dc_instance *of;
	int64_t id;
	enum dc_instance_state state;
	enum dc_instance_data data;
	bool is_carried;
	const struct dc_conf *conf;
};

static int
note_before(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct before *b = arg;

	(void)err;
	if (i->number != b->of->number || i->id == b->of->id)
		return 0;
	b->id = i->id;
	b->state = i->state;
	b->data = i->data;
	b->is_carried = data_is_carried(b->conf, i);
	return 0;
}

static int
find_before(struct before *b, struct work *w, const struct dc_instance *of,
    struct dc_err *err)
{
	*b = (struct before){.of = of, .conf = w->job->conf};
	return dc_instance_each(w->job->db, 0, of->service_id, SERVES,
	    note_before, b, err);
}

/* Somebody who serves has the ~/data that I waits for. */
static int
has_to_wait(bool *out, struct work *w, const struct dc_instance *i,
    struct before *b, struct dc_err *err)
{
	int rc = 0;

	*out = false;
	if (i->state != DC_INSTANCE_LAUNCHING || i->data != DC_DATA_WANTED)
		return 0;
	rc = find_before(b, w, i, err);
	if (rc == 0)
		*out = b->id != 0 && b->data != DC_DATA_OWN;
	return rc;
}

static int
look_at(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	struct before b;
	bool waits;
	int rc;

	if (i->state == DC_INSTANCE_FAILED || i->state == DC_INSTANCE_GONE)
		return dc_fail(err, DC_EUSER, "%s.%" PRId64 ": %s", i->service,
		    i->number, i->error != NULL ? i->error : "it has ended");
	rc = has_to_wait(&waits, w, i, &b, err);
	if (rc < 0)
		return rc;
	w->m.waiting += waits;
	w->m.starting +=
	    !waits && i->state < (w->d->migrates ? DC_INSTANCE_LAUNCHING
						 : DC_INSTANCE_READY);
	return 0;
}

/* One deployment of an application runs at a time: what parks, parks for it. */
static int
note_parking(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	if (i->application_id != w->d->application_id)
		return 0;
	if (i->error != NULL)
		return dc_fail(err, DC_EUSER, "%s.%" PRId64 ": %s", i->service,
		    i->number, i->error);
	w->m.parking++;
	return 0;
}

int
move_look(struct move *out, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc =
	    dc_instance_each(job->db, d->id, 0, UINT32_MAX, look_at, &w, err);

	if (rc == 0)
		rc = dc_instance_each(job->db, 0, 0,
		    DC_FROM(DC_INSTANCE_PARKING), note_parking, &w, err);
	if (rc == 0)
		*out = w.m;
	return rc;
}

static int
save_late(struct work *w, const struct dc_instance *i, const struct before *b,
    struct dc_err *err)
{
	int rc =
	    b->data == DC_DATA_OWN ? dc_data_mark(w->job->db, b->id, err) : 0;

	if (rc == 0)
		rc = dc_data_want(w->job->db, i->id, err);
	/* Before a migration it has not been launched, and waits. */
	if (rc == 0 && i->state == DC_INSTANCE_READY)
		rc = dc_instance_move(w->job->db, i->id, DC_INSTANCE_READY,
		    DC_INSTANCE_LAUNCHING, NULL, err);
	return rc;
}

static int
check_late(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	struct before b;
	int rc;

	if (i->data != DC_DATA_OWN)
		return 0;
	rc = find_before(&b, w, i, err);
	if (rc < 0 || b.id == 0 || !b.is_carried)
		return rc;
	rc = dc_db_begin(w->job->db, err);
	if (rc < 0)
		return rc;
	rc = dc_db_end(w->job->db, save_late(w, i, &b, err), err);
	w->n += rc == 0;
	return rc == DC_ESTALE ? 0 : rc;
}

int
move_late(size_t *n, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc = dc_instance_each(job->db, d->id, 0,
	    DC_FROM(d->migrates ? DC_INSTANCE_LAUNCHING : DC_INSTANCE_READY),
	    check_late, &w, err);

	if (rc == 0)
		*n = w.n;
	return rc;
}

/* After all that may happen until I has ~/data and answers. */
static int
find_end(int64_t *until, const struct dc_instance *i, struct dc_err *err)
{
	dc_auto_service_def struct dc_service_def def = {0};
	struct health health;
	int64_t seconds =
	    DC_HOLD_DRAIN_SECONDS + DC_STOP_SECONDS + DC_HOLD_SECONDS;
	int rc = dc_service_from_json(&def, i->definition, err);

	if (rc == 0)
		rc = health_load(&health, &def, err);
	if (rc == 0)
		*until = dc_now_ms() + (seconds + health.deadline) * 1000;
	return rc;
}

static int
hold(struct work *w, const struct dc_instance *i, struct dc_err *err)
{
	int64_t until = 0;
	bool held = false;
	int rc = find_end(&until, i, err);

	if (rc == 0)
		rc = dc_hold_save(w->job->db, &held, i->service_id,
		    DC_HOLD_DEPLOYMENT, until, err);
	if (rc < 0)
		return rc;
	return dc_log_entry_add(w->job->db, w->d->id, i->service, i->number,
	    DC_LOG_INFO,
	    held ? "Moving ~/data to the new instance (requests wait)..."
		 : "Moving ~/data to the new instance...",
	    err);
}

static int
begin_one(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	struct before b;
	bool waits;
	int rc = has_to_wait(&waits, w, i, &b, err);

	if (rc < 0 || !waits)
		return rc;
	rc = dc_instance_move(w->job->db, b.id, (int)b.state,
	    DC_INSTANCE_PARKING, NULL, err);
	if (rc == 0)
		rc = dc_instance_set_error(w->job->db, b.id, NULL, err);
	return rc == 0 ? hold(w, i, err) : rc;
}

static int
begin_migration(struct work *w, struct dc_err *err)
{
	bool held = false;
	int rc = migrate_hold(&held, w->job, w->d, err);

	if (rc < 0 || !held)
		return rc;
	return dc_log_entry_add(w->job->db, w->d->id, NULL, -1, DC_LOG_INFO,
	    "Requests wait for what migrates...", err);
}

static int
begin_all(struct work *w, struct dc_err *err)
{
	int rc = dc_instance_each(w->job->db, w->d->id, 0,
	    DC_FROM(DC_INSTANCE_LAUNCHING), begin_one, w, err);

	/* Behind ~/data's, which would not be long enough. */
	if (rc == 0 && w->d->migrates)
		rc = begin_migration(w, err);

	return rc == 0 ? dc_deployment_move(w->job->db, w->d->id,
			     DC_DEPLOYMENT_LAUNCHING, DC_DEPLOYMENT_MOVING,
			     w->job->claim, err)
		       : rc;
}

int
move_begin(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc = dc_db_begin(job->db, err);

	if (rc < 0)
		return rc;
	return dc_db_end(job->db, begin_all(&w, err), err);
}

int
move_end(struct dc_job *job, const struct dc_deployment *d,
    const struct dc_instance *i, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int64_t ms = 0;
	int rc = dc_hold_release(job->db, &ms, i->service_id,
	    DC_HOLD_DEPLOYMENT, err);

	/* An old one that was being started again does not come back. */
	if (rc == 0)
		rc = dc_hold_release(job->db, NULL, i->service_id,
		    DC_HOLD_INSTANCE, err);
	if (rc < 0 || ms == 0)
		return rc;
	text = dc_asprintf("Requests have waited for %" PRId64 ".%" PRId64
			   " s while %s",
	    ms / 1000, ms % 1000 / 100,
	    d->migrates ? "it migrated" : "~/data moved");
	return dc_log_entry_add(job->db, d->id, i->service, -1, DC_LOG_INFO,
	    text, err);
}

/* What was parked is not there yet: its requests go on waiting, for it. */
static int
undo_one(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int64_t until = 0;
	int rc;

	if (i->application_id != w->d->application_id)
		return 0;
	rc = dc_instance_move(w->job->db, i->id, (int)i->state,
	    DC_INSTANCE_DOWN, NULL, err);
	if (rc == 0)
		rc = find_end(&until, i, err);
	if (rc == 0)
		rc = dc_hold_save(w->job->db, NULL, i->service_id,
		    DC_HOLD_INSTANCE, until, err);
	if (rc == 0)
		rc = dc_log_entry_add(w->job->db, w->d->id, i->service,
		    i->number, DC_LOG_INFO,
		    "Moving ~/data back to the version before...", err);
	return rc;
}

int
move_undo(struct dc_job *job, const struct dc_deployment *d, struct dc_err *err)
{
	struct work w = {.job = job, .d = d};
	int rc = dc_hold_release_all(job->db, d->application_id,
	    DC_HOLD_DEPLOYMENT, err);

	return rc == 0 ? dc_instance_each(job->db, 0, 0,
			     DC_FROM(DC_INSTANCE_PARKING) |
				 DC_FROM(DC_INSTANCE_PARKED),
			     undo_one, &w, err)
		       : rc;
}
