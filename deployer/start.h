/* deployer/start.h -- brings an instance up: container, environment,
 * postinstall, processes, first answer. */
#ifndef START_H
#define START_H

#include "common/job/job.h"

/* The job of an instance that is creating, installing, launching or down.
 * What is the application's fault fails the instance. */
int start_run(struct dc_job *job, struct dc_err *err);

#endif
