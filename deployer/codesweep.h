/* deployer/codesweep.h -- the sweep of the code store: revisions that nobody
 * needs, trees that nobody owns. */
#ifndef CODESWEEP_H
#define CODESWEEP_H

#include "common/job/job.h"

int codesweep_run(struct dc_job *job, struct dc_err *err);

#endif
