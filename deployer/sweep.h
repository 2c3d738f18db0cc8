/* deployer/sweep.h -- makes the machine match the store, once a minute and
 * whenever something is to be destroyed. */
#ifndef SWEEP_H
#define SWEEP_H

#include "common/job/job.h"

/* Removes containers, layers, blobs, revisions and uploads that no row owns;
 * ends what destroyed applications and services still have; keeps the last
 * DC_KEPT_SNAPSHOTS builds of each service; brings the router in line. */
int sweep_run(struct dc_job *job, struct dc_err *err);

/* The operator's "down": stops every container of this machine and removes
 * the network. The rows stay, so the next start brings all of it back. */
int sweep_down(const struct dc_conf *conf, struct dc_err *err);

#endif
