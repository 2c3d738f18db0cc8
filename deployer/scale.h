/* deployer/scale.h -- the instances of a deployment, all together: making
 * their rows, switching to them, taking them back. */
#ifndef SCALE_H
#define SCALE_H

#include "common/job/job.h"
#include "common/store/deployment.h"

/* Rows for as many instances of each service as it is scaled to, with routes
 * for those that speak http. Doing it again adds nothing. */
int scale_add_instances(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* One line of the log for each of its instances. */
int scale_say_each(struct dc_job *job, const struct dc_deployment *d,
    const char *text, struct dc_err *err);

/* The new ones are up, all others of the same services drain, and requests wait
 * no more: one transaction. */
int scale_switch(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* What was begun for a deployment that failed: its builds are cancelled, its
 * instances failed, and those that had made room for them come back. WHY stays
 * with them: it is all that a job knows that begins here again. */
int scale_undo(struct dc_job *job, const struct dc_deployment *d,
    const char *why, struct dc_err *err);

#endif
