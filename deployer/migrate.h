/* deployer/migrate.h -- `migrate:` of a build file: one command for each
 * service that has one, in its new instance 0, while nobody's request is
 * answered. */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "common/store/deployment.h"
#include "deployer/environment.h"
#include "deployer/unit.h"

/* Says in the row whether D migrates: a service has the key, and what serves of
 * it is not of D's revision. Before its instances are added, in the caller's
 * transaction. */
int migrate_decide(struct dc_job *job, struct dc_deployment *d,
    struct dc_err *err);

/* Where something serves, requests for all services of the application wait for
 * as long as D may take from here on. *HELD (may be NULL) says. */
int migrate_hold(bool *held, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* How many requests old instances are at work on. */
int migrate_sessions(long *n, struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* How many services of D have not ended theirs. One whose instance has failed
 * is DC_EUSER, and why. */
int migrate_look(size_t *unfinished, struct dc_job *job,
    const struct dc_deployment *d, struct dc_err *err);

/* Ends what may still run of the migrations of a deployment whose instances
 * have failed: the version before is about to serve. */
int migrate_stop(struct dc_job *job, const struct dc_deployment *d,
    struct dc_err *err);

/* What a new instance whose processes have not started has to do first. */
enum migrate_turn {
	MIGRATE_OVER, /* nothing (more) */
	MIGRATE_DATA, /* take the ~/data of the one that serves */
	MIGRATE_RUN,  /* migrate_run: it is its service's turn */
};

/* Waits until there is something. DC_ESTALE: it was given up. */
int migrate_wait(enum migrate_turn *turn, struct unit *u, struct dc_err *err);

/* DC_EUSER: a status that is not 0, or the deadline has passed; nothing of it
 * runs any more. */
int migrate_run(struct unit *u, struct environment *env, struct dc_err *err);

#endif
