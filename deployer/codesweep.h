/* deployer/codesweep.h -- the sweep of the code store: revisions that nobody
 * needs, trees that nobody owns. */
#ifndef CODESWEEP_H
#define CODESWEEP_H

#include "common/job/job.h"

/* Removes PATH below code/, as the unprivileged user that it belongs to: what
 * that user may have put in the way leads nowhere. */
int codesweep_remove(const struct dc_conf *conf, const char *path,
    struct dc_err *err);

int codesweep_run(struct dc_job *job, struct dc_err *err);

#endif
