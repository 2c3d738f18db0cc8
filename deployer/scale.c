/* deployer/scale.c -- see scale.h. */
#include "deployer/scale.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/buildfile/service_def.h"
#include "common/buildfile/type.h"
#include "common/store/build.h"
#include "common/store/hold.h"
#include "common/store/instance.h"
#include "common/store/log_entry.h"
#include "common/store/revision.h"
#include "common/store/service.h"
#include "deployer/migrate.h"
#include "deployer/move.h"
#include "deployer/ports.h"
#include "deployer/publish.h"
#include "deployer/reserve.h"

#include <inttypes.h>
#include <string.h>

struct work {
	struct dc_job *job;
	const struct dc_deployment *d;
	const char *text;
	int count;
	int64_t instances; /* of all services */
};

static int
count_one(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	(void)i;
	(void)err;
	(*(int64_t *)arg)++;
	return 0;
}

static int
say_scaling(struct work *w, const struct dc_service *s, int64_t n,
    struct dc_err *err)
{
	dc_auto_free char *text =
	    dc_asprintf("Using %s scaling for service %s (%" PRId64
			" instance(s)).",
		s->instance_count == 0 ? "default" : "the chosen", s->name, n);

	return dc_log_entry_add(w->job->db, w->d->id, NULL, -1, DC_LOG_INFO,
	    text, err);
}

/* A service that speaks http needs its place in the router, one that speaks
 * tcp or udp its public ports. */
static int
add_routes(struct work *w, int64_t id, const struct dc_service_def *def,
    int64_t instances, struct dc_err *err)
{
	struct dc_port ports[DC_MAX_INSTANCE_PORTS];
	struct dc_type type = {0};
	size_t n;
	int rc = dc_type_load(&type, w->job->conf->types, def->type, err);

	if (rc < 0)
		return rc;
	n = ports_list(ports, def, &type);
	dc_type_done(&type);
	rc = publish_claim(w->job, id, ports, n, instances, err);
	if (rc < 0 || ports_find(ports, n, "http") == NULL)
		return rc;
	return dc_service_add_route(w->job->db, id, w->job->conf->domain, err);
}

/* From the reserve where there is one, else anew; nothing of a version that
 * migrates may run before that has ended. */
static int
add_row(struct work *w, const struct reserve_wish *wish, struct dc_err *err)
{
	bool taken = false;
	int64_t id;
	int rc = w->d->migrates ? 0 : reserve_take(&taken, w->job, wish, err);

	if (rc < 0 || taken)
		return rc;
	return dc_instance_add(w->job->db, &id, w->d->id, wish->service_id,
	    wish->snapshot_id, wish->definition, wish->number, wish->memory,
	    w->job->node_id, err);
}

static int
add_rows(struct work *w, const struct dc_service *s, const char *definition,
    int64_t snapshot_id, int64_t first, int64_t n, struct dc_err *err)
{
	struct reserve_wish wish = {.deployment_id = w->d->id,
	    .service_id = s->id,
	    .snapshot_id = snapshot_id,
	    .number = first,
	    .memory = s->memory > 0 ? s->memory : DC_DEFAULT_MEMORY,
	    .definition = definition};
	int rc = 0;

	for (; rc == 0 && wish.number < n; wish.number++)
		rc = add_row(w, &wish, err);
	return rc;
}

/* How many: `dcloud scale`, else the build file's old key, else 1. */
static int64_t
wanted(const struct dc_service *s, const struct dc_service_def *def)
{
	if (s->instance_count > 0)
		return s->instance_count;
	if (def->instances > 1 && def->instances <= DC_MAX_INSTANCES)
		return def->instances;
	return 1;
}

static int
add_service(const struct dc_revision_service *r, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	dc_auto_service struct dc_service s = {0};
	dc_auto_service_def struct dc_service_def def = {0};
	struct dc_snapshot snapshot = {0};
	int64_t id, have = 0, n;
	int rc;

	rc = dc_service_find(w->job->db, &id, w->d->application_id, r->name,
	    err);
	if (rc == 0)
		rc = dc_service_load(w->job->db, &s, id, err);
	if (rc == 0)
		rc = dc_service_from_json(&def, r->definition, err);
	if (rc == 0)
		rc = dc_snapshot_find(w->job->db, &snapshot, id,
		    w->d->revision_id, err);
	if (rc == DC_ENOTFOUND) /* trying again would not bring it back */
		rc = dc_fail(err, DC_EUSER,
		    "there is no build of service %s for revision %s any"
		    " more: please push again",
		    r->name, w->d->revision);
	if (rc == 0)
		rc = add_routes(w, id, &def, wanted(&s, &def), err);
	if (rc == 0)
		rc = dc_instance_each(w->job->db, w->d->id, id, UINT32_MAX,
		    count_one, &have, err);
	if (rc < 0)
		return rc;
	n = wanted(&s, &def);
	w->instances += n;
	if (have == 0)
		rc = say_scaling(w, &s, n, err);
	return rc == 0
		   ? add_rows(w, &s, r->definition, snapshot.id, have, n, err)
		   : rc;
}

/* FN in one transaction. */
static int
in_transaction(struct work *w, int (*fn)(struct work *, struct dc_err *),
    struct dc_err *err)
{
	int rc = dc_db_begin(w->job->db, err);

	if (rc < 0)
		return rc;
	rc = fn(w, err);
	return dc_db_end(w->job->db, rc, err);
}

static int
add_all(struct work *w, struct dc_err *err)
{
	int rc = dc_revision_each_service(w->job->db, w->d->revision_id,
	    add_service, w, err);

	if (rc == 0 && w->instances > DC_MAX_APP_INSTANCES)
		return dc_fail(err, DC_EUSER,
		    "the services have %" PRId64 " instances together; %d are"
		    " possible: dcloud scale SERVICE=N",
		    w->instances, DC_MAX_APP_INSTANCES);
	return rc;
}

int
scale_add_instances(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};

	return in_transaction(&w, add_all, err);
}

static int
say_one(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	return dc_log_entry_add(w->job->db, w->d->id, i->service, i->number,
	    DC_LOG_INFO, w->text, err);
}

int
scale_say_each(struct dc_job *job, const struct dc_deployment *d,
    const char *text, struct dc_err *err)
{
	struct work w = {.job = job, .d = d, .text = text};

	return dc_instance_each(job->db, d->id, 0, UINT32_MAX, say_one, &w,
	    err);
}

static int
drain_old(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	if (i->deployment_id == w->d->id)
		return 0;
	return dc_instance_move(w->job->db, i->id, (int)i->state,
	    DC_INSTANCE_DRAINING, NULL, err);
}

static int
put_up(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int rc = dc_instance_move(w->job->db, i->id, DC_INSTANCE_READY,
	    DC_INSTANCE_UP, NULL, err);

	if (rc < 0)
		return rc;
	rc = dc_instance_each(w->job->db, 0, i->service_id, DC_SERVING,
	    drain_old, w, err);
	return rc == 0 ? move_end(w->job, w->d, i, err) : rc;
}

static int
switch_all(struct work *w, struct dc_err *err)
{
	int rc = dc_instance_each(w->job->db, w->d->id, 0,
	    DC_FROM(DC_INSTANCE_READY), put_up, w, err);

	/* Those of services that D does not have. */
	return rc == 0 ? dc_hold_release_all(w->job->db, w->d->application_id,
			     DC_HOLD_DEPLOYMENT, err)
		       : rc;
}

int
scale_switch(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d};

	return in_transaction(&w, switch_all, err);
}

static int
cancel_build(const struct dc_build *b, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int rc;

	if (b->state >= DC_BUILD_DONE)
		return 0;
	rc = dc_build_fail(w->job->db, b->id, (int)b->state, DC_BUILD_CANCELLED,
	    NULL, w->text, err);
	return rc == DC_ESTALE ? 0 : rc;
}

static int
fail_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int rc = dc_instance_fail(w->job->db, i->id, (int)i->state, NULL,
	    w->text, err);

	return rc == DC_ESTALE ? 0 : rc;
}

static int
undo(struct work *w, struct dc_err *err)
{
	return move_undo(w->job, w->d, err);
}

int
scale_undo(struct dc_job *job, const struct dc_deployment *d, const char *why,
    struct dc_err *err)
{
	struct work w = {.job = job, .d = d, .text = why};
	int rc = dc_build_each(job->db, d->id, cancel_build, &w, err);

	if (rc == 0)
		rc = dc_instance_each(job->db, d->id, 0,
		    DC_FROM(DC_INSTANCE_CREATING) |
			DC_FROM(DC_INSTANCE_INSTALLING) |
			DC_FROM(DC_INSTANCE_LAUNCHING) |
			DC_FROM(DC_INSTANCE_READY),
		    fail_instance, &w, err);
	if (rc == 0)
		rc = migrate_stop(job, d, err);
	return rc == 0 ? in_transaction(&w, undo, err) : rc;
}
