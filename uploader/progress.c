/* uploader/progress.c -- see progress.h. */
#include "uploader/progress.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"

/* Of ALL that there are. */
struct count {
	int n, all;
};

static int
count_build(const struct dc_build *b, void *arg, struct dc_err *err)
{
	struct count *c = arg;

	(void)err;
	c->n += b->state == DC_BUILD_DONE;
	c->all++;
	return 0;
}

static int
count_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct count *c = arg;

	(void)err;
	c->n += i->state == DC_INSTANCE_READY || i->state == DC_INSTANCE_UP;
	c->all++;
	return 0;
}

int
progress_format(char **out, struct dc_db *db, int64_t deployment_id,
    struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	struct count c = {0};
	int rc = dc_deployment_load(db, &d, deployment_id, err);

	if (rc < 0)
		return rc;
	*out = NULL;
	if (d.cancelled_by != NULL || d.state >= DC_DEPLOYMENT_SWITCHING)
		return 0;
	if (d.state == DC_DEPLOYMENT_QUEUED) {
		*out = dc_strdup("Waiting for the deployment before...");
		return 0;
	}
	if (d.state == DC_DEPLOYMENT_BUILDING) {
		rc = dc_build_each(db, d.id, count_build, &c, err);
		if (rc == 0)
			*out =
			    dc_asprintf("Building: %d of %d service%s built...",
				c.n, c.all, c.all == 1 ? "" : "s");
		return rc;
	}
	rc = dc_instance_each(db, d.id, 0, UINT32_MAX, count_instance, &c, err);
	if (rc == 0)
		*out = dc_asprintf("%s: %d of %d instance%s up...",
		    d.state == DC_DEPLOYMENT_INSTALLING  ? "Installing"
		    : d.state == DC_DEPLOYMENT_MOVING    ? "Moving ~/data"
		    : d.state == DC_DEPLOYMENT_MIGRATING ? "Migrating"
							 : "Starting",
		    c.n, c.all, c.all == 1 ? "" : "s");
	return rc;
}
