/* deployer/checker.h -- the health of every instance that is up. CONTRACT
 * 1.9. */
#ifndef CHECKER_H
#define CHECKER_H

#include "common/job/job.h"

/* A job without a row, which runs as long as the deployer. One that does not
 * answer, or badly, gets no requests until it does; one that does not for long
 * goes from up to down, and so into a new container by start_run. What it knows
 * is in the rows: killed at any line, the next one goes on. */
int checker_run(struct dc_job *job, struct dc_err *err);

#endif
