/* deployer/keptlog.h -- the logs of instances that no longer exist: of each
 * number of a service the last one's, as logs/<instance id>. */
#ifndef DEPLOYER_KEPTLOG_H
#define DEPLOYER_KEPTLOG_H

#include "deployer/unit.h"

/* Its container has stopped and is about to be removed. Twice is as once. */
int keptlog_save(const struct unit *u, struct dc_err *err);

/* What is not the last one's any more, or nobody's, goes. */
int keptlog_sweep(struct dc_job *job, struct dc_err *err);

#endif
