/* deployer/destroy.h -- the end of applications and services that their owner
 * has destroyed. */
#ifndef DESTROY_H
#define DESTROY_H

#include "common/job/job.h"

/* One step for each that is being destroyed: what runs is ended, and once
 * nothing is left of it, its files and then its rows go. Cheap when there is
 * nothing to do; called again until there is not. */
int destroy_step(struct dc_job *job, struct dc_err *err);

#endif
