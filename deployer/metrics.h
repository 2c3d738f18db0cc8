/* deployer/metrics.h -- a look at what instances and the router are doing. */
#ifndef METRICS_H
#define METRICS_H

#include "common/job/job.h"

/* Once a minute. Whatever does not answer is left out this time. */
int metrics_run(struct dc_job *job, struct dc_err *err);

#endif
