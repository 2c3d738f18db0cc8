/* builder/packages.c -- see packages.h. */
#include "builder/packages.h"

#include "common/buildfile/type.h"
#include "common/packages/packages.h"

static int
load(char **layer, struct dc_job *job, const struct dc_build *build,
    const struct dc_packages *packages, int64_t address,
    const struct dc_step *step, struct dc_err *err)
{
	struct dc_step mine = *step;
	int rc, ended;

	rc = dc_log_buffer_new(&mine.log, job->db, build->deployment_id,
	    build->service, -1);
	if (rc < 0)
		return rc;
	rc = dc_packages_load(layer, packages, job->conf, address, &mine, err);
	ended = dc_log_buffer_end(mine.log, rc == 0 ? err : NULL);
	return rc < 0 ? rc : ended;
}

int
packages_load(char **layer, struct dc_job *job, const struct dc_build *build,
    struct dc_service_def *def, int64_t address, const struct dc_step *step,
    struct dc_err *err)
{
	dc_auto_packages struct dc_packages packages = {0};
	struct dc_type type = {0};
	int rc = dc_type_load(&type, job->conf->types, def->type, err);

	if (rc < 0)
		return rc;
	rc = dc_type_apply(&type, def, err);
	if (rc == 0)
		rc = dc_packages_init(&packages, job->conf->image,
		    &type.packages, &def->systempackages, err);
	dc_type_done(&type);
	if (rc < 0 || packages.names.n == 0)
		return rc;
	return load(layer, job, build, &packages, address, step, err);
}
