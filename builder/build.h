/* builder/build.h -- one build: from a revision to a snapshot. */
#ifndef BUILD_H
#define BUILD_H

#include "common/job/job.h"

/* Once, at the daemon's start: the containers' network. */
int build_prepare(const struct dc_conf *conf, struct dc_err *err);

/* The job. What the user's code does wrong fails the build, with a reason in
 * its row and log; what the platform does wrong is tried again. */
int build_run(struct dc_job *job, struct dc_err *err);

#endif
