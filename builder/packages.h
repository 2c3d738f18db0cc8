/* builder/packages.h -- the start of a build: the Debian packages of its type
 * and of its build file. */
#ifndef PACKAGES_H
#define PACKAGES_H

#include "common/buildfile/service_def.h"
#include "common/job/job.h"
#include "common/step/step.h"
#include "common/store/build.h"

/* *LAYER is the directory that belongs between image and container, NULL:
 * none, the caller's. The type's configuration is checked before, and its
 * defaults are in DEF afterwards. ADDRESS is the build's; STEP has everything
 * but box, env and log. */
int packages_load(char **layer, struct dc_job *job,
    const struct dc_build *build, struct dc_service_def *def, int64_t address,
    const struct dc_step *step, struct dc_err *err);

#endif
