/* deployer/watch.h -- notices at once when an instance's container ends. */
#ifndef WATCH_H
#define WATCH_H

#include "common/job/job.h"

/* A job without a row, which runs as long as the deployer: instances whose
 * container has ended by itself are moved from up to down, and so brought
 * back by start_run; what users destroy is ended (destroy.h). */
int watch_run(struct dc_job *job, struct dc_err *err);

#endif
