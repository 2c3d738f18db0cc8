/* deployer/move.h -- a deployment's part in moving ~/data: who has to wait for
 * it, the old instances that make room, the requests that wait meanwhile. */
#ifndef MOVE_H
#define MOVE_H

#include "common/job/job.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"

struct move {
	size_t starting; /* new ones of which more is to come by itself */
	size_t waiting;  /* that wait for the ~/data of one that serves */
	size_t parking;  /* old ones that have not made room yet */
};

/* How far the instances of D are. One that has failed is DC_EUSER, and why. */
int move_look(struct move *out, struct dc_job *job,
    const struct dc_deployment *d, struct dc_err *err);

/* A ~/data that an old instance has made after its successor looked: that one
 * begins again at LAUNCHING. *N is how many. */
int move_late(size_t *n, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* To MOVING, in one transaction: requests for the services of those that wait
 * are held, the instances before them park. */
int move_begin(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* I is up: requests for its service go on. The caller's transaction. */
int move_end(struct dc_job *job, const struct dc_deployment *d,
    const struct dc_instance *i, struct dc_err *err);

/* The old instances come back; requests wait for them. The caller's
 * transaction. */
int move_undo(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

#endif
