/* deployer/restart.h -- what `dcloud restart`, suspend and resume ask of what
 * runs. */
#ifndef RESTART_H
#define RESTART_H

#include "common/job/job.h"

/* The job of an instance that is up and wanted anew: from here on it is
 * RESTARTING, which is the start job's. Where nobody else serves requests wait
 * for it. */
int restart_begin(struct dc_job *job, struct dc_err *err);

/* The job of one whose workers wait, while requests do not any more. */
int restart_resume(struct dc_job *job, struct dc_err *err);

/* The router follows the holds of users; a hold has settled when the requests
 * that were under way have ended, or DC_HOLD_DRAIN_SECONDS have passed. *BUSY:
 * some have not yet. */
int restart_follow_holds(bool *busy, struct dc_job *job, struct dc_err *err);

#endif
