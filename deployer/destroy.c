/* deployer/destroy.c -- see destroy.h. */
#include "deployer/destroy.h"

#include "common/base/auto.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/layer/layer.h"
#include "common/store/application.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "common/store/reserve.h"
#include "common/store/service.h"
#include "deployer/codesweep.h"
#include "deployer/data.h"
#include "deployer/route.h"
#include "deployer/scale.h"

#include <inttypes.h>

#define NEW                                                                    \
	(DC_FROM(DC_INSTANCE_CREATING) | DC_FROM(DC_INSTANCE_INSTALLING) |     \
	    DC_FROM(DC_INSTANCE_LAUNCHING) | DC_FROM(DC_INSTANCE_READY))

/* One application's or service's end under way. */
struct work {
	struct dc_job *job;
	bool busy; /* something of it is still there */
};

/* Another job may be faster: then that is the newer truth. */
static int
let_go(int rc)
{
	return rc == DC_ESTALE ? 0 : rc;
}

static int
end_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	w->busy = true;
	if ((NEW & DC_FROM(i->state)) != 0)
		return let_go(dc_instance_fail(w->job->db, i->id, (int)i->state,
		    NULL, "it was destroyed", err));
	if ((DC_SERVING & DC_FROM(i->state)) != 0)
		return let_go(dc_instance_move(w->job->db, i->id, (int)i->state,
		    DC_INSTANCE_DRAINING, NULL, err));
	if (i->state == DC_INSTANCE_RESERVED)
		return let_go(dc_reserve_end(w->job->db, i->id, err));
	return 0;
}

static int
end_instances(struct work *w, int64_t service_id, struct dc_err *err)
{
	return dc_instance_each(w->job->db, 0, service_id,
	    UINT32_MAX & ~DC_FROM(DC_INSTANCE_GONE), end_instance, w, err);
}

static int
end_deployment(const struct dc_deployment *d, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int rc;

	if (d->state >= DC_DEPLOYMENT_DONE)
		return 0;
	w->busy = true;
	if (d->state == DC_DEPLOYMENT_SWITCHING)
		return 0;
	/* First the deployment: or its job would take the cancelled builds for
	 * a failure, and say so. */
	rc = dc_deployment_end(w->job->db, d->id, (int)d->state,
	    DC_DEPLOYMENT_CANCELLED, NULL, "The application was destroyed.",
	    err);
	if (rc < 0)
		return let_go(rc);
	return let_go(
	    scale_undo(w->job, d, "the application was destroyed", err));
}

static int
remove_snapshot(const struct dc_snapshot *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int rc = dc_layer_remove(w->job->conf, s->id, err);

	w->busy = true; /* its parent may be idle now: another round */
	return rc < 0 ? rc : dc_snapshot_remove(w->job->db, s->id, err);
}

static int
step_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct dc_job *job = arg;
	struct work w = {.job = job};
	int rc = end_instances(&w, s->id, err);

	if (rc == 0 && !w.busy)
		rc = dc_snapshot_each_idle(job->db, s->id, 0, remove_snapshot,
		    &w, err);
	if (rc < 0 || w.busy)
		return rc;
	log_info("app='%s' service='%s' destroyed", s->application, s->name);
	rc = data_remove(job->conf, s->id, err);
	if (rc == 0)
		rc = dc_service_remove(job->db, s->id, err);
	return rc == 0 ? route_sync(job->conf, job->db, err) : rc;
}

static int
end_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;

	w->busy = true;
	return dc_service_destroy(w->job->db, s->id, err);
}

static int
note_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	const int64_t *application_id = ((void **)arg)[0];
	struct work *w = ((void **)arg)[1];

	(void)err;
	if (s->application_id == *application_id)
		w->busy = true;
	return 0;
}

static int
remove_application(struct dc_job *job, const struct dc_application *a,
    struct dc_err *err)
{
	dc_auto_free char *code =
	    dc_conf_path(job->conf, "code/%" PRId64, a->id);
	int rc = codesweep_remove(job->conf, code, err);

	if (rc == 0)
		rc = dc_application_remove(job->db, a->id, err);
	if (rc == 0)
		log_info("app='%s' destroyed", a->name);
	return rc;
}

/* Deployments end first, then the services one by one, then what is left. */
static int
step_application(const struct dc_application *a, void *arg, struct dc_err *err)
{
	struct dc_job *job = arg;
	struct work w = {.job = job};
	int64_t id = a->id;
	void *note[] = {&id, &w};
	int rc = dc_deployment_each(job->db, a->id, end_deployment, &w, err);

	if (rc == 0 && !w.busy)
		rc = dc_service_each(job->db, a->id, end_service, &w, err);
	if (rc == 0)
		rc = dc_service_each_destroying(job->db, note_service, note,
		    err);
	if (rc < 0 || w.busy)
		return rc;
	return remove_application(job, a, err);
}

int
destroy_step(struct dc_job *job, struct dc_err *err)
{
	int rc =
	    dc_application_each_destroying(job->db, step_application, job, err);

	if (rc < 0)
		return rc;
	return dc_service_each_destroying(job->db, step_service, job, err);
}
