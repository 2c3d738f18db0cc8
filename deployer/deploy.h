/* deployer/deploy.h -- one deployment, from its rows to its end. */
#ifndef DEPLOY_H
#define DEPLOY_H

#include "common/job/job.h"

/* The job of a deployment. It only coordinates: builds and instances are rows
 * that other jobs work on. All or nothing over the services. */
int deploy_run(struct dc_job *job, struct dc_err *err);

#endif
