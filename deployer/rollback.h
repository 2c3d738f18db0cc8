/* deployer/rollback.h -- a version that fails within its first minutes is taken
 * back, where the build file asks for it. */
#ifndef ROLLBACK_H
#define ROLLBACK_H

#include "common/job/job.h"

/* The job that looks at the newest versions, once a second; it ends never. What
 * it has counted is lost with it, what it decides is a row. */
int rollback_run(struct dc_job *job, struct dc_err *err);

#endif
