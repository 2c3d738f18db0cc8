/* deployer/packages.c -- see packages.h. */
#include "deployer/packages.h"

#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/packages/packages.h"

static int
still_ours(void *arg, struct dc_err *err)
{
	const struct unit *u = arg;
	dc_auto_instance struct dc_instance now = {0};
	int rc = dc_instance_load(u->job->db, &now, u->row.id, err);

	if (rc == 0 && now.state != u->row.state)
		return dc_fail(err, DC_ESTALE, "the instance is not wanted");
	return rc;
}

static int
load(char **layer, struct unit *u, const struct dc_packages *packages,
    struct dc_err *err)
{
	struct dc_step step = {.boxes = u->boxes,
	    .bell = u->job->bell,
	    .deadline = dc_mono_ms() + DC_BUILD_SECONDS * 1000L,
	    .late = "the system packages took longer than 15 minutes",
	    .still_ours = still_ours,
	    .arg = u};
	int rc = dc_log_buffer_new(&step.log, u->job->db, u->row.deployment_id,
	    u->row.service, u->row.number);

	if (rc < 0)
		return rc;
	rc = dc_packages_load(layer, packages, u->job->conf, u->row.address,
	    &step, err);
	(void)dc_log_buffer_end(step.log, NULL);
	return rc;
}

int
packages_restore(char **layer, struct unit *u, struct dc_err *err)
{
	dc_auto_packages struct dc_packages packages = {0};
	int rc = dc_packages_init(&packages, u->job->conf->image,
	    &u->type.packages, &u->def.systempackages, err);

	if (rc < 0 || packages.names.n == 0)
		return rc;
	return load(layer, u, &packages, err);
}
