/* deployer/retire.h -- the end of an instance. */
#ifndef RETIRE_H
#define RETIRE_H

#include "common/job/job.h"
#include "deployer/unit.h"

/* The job of an instance that is draining (its last requests end first) or
 * has failed: out of the router, SIGTERM, nothing of it left. */
int retire_run(struct dc_job *job, struct dc_err *err);

/* One that is restarting: the same, but all of it stays, for the start job. */
int retire_stop(struct unit *u, struct dc_err *err);

/* The job of one that is parking: the same, but its home stays, and its ~/data
 * goes to its successor. */
int retire_park(struct dc_job *job, struct dc_err *err);

#endif
