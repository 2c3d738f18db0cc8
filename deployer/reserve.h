/* deployer/reserve.h -- the version before, frozen for `reserve_seconds`: the
 * way back to it is a swap. common/store/reserve.h says what the rows say. */
#ifndef RESERVE_H
#define RESERVE_H

#include "deployer/environment.h"
#include "deployer/unit.h"

/* Remembers what U's processes are started with: another start would give the
 * same as long as nothing of it has changed. */
int reserve_note(struct unit *u, const struct environment *env,
    struct dc_err *err);

/* U has served and its last request has ended: is it frozen and kept (then that
 * is done), or has it to end? */
int reserve_keep(bool *kept, struct unit *u, struct dc_err *err);

/* What a deployment would start. */
struct reserve_wish {
	int64_t deployment_id, service_id, snapshot_id, number, memory;
	const char *definition;
};

/* In the caller's transaction: an instance in reserve which is just that goes
 * to the deployment, if there is one. */
int reserve_take(bool *taken, struct dc_job *job, const struct reserve_wish *w,
    struct dc_err *err);

/* U was taken: it is thawed and asked once, and READY. DC_ENOTFOUND: it is of
 * no use, and has to be created like any other. */
int reserve_wake(struct unit *u, struct dc_err *err);

/* Those whose time is over, and all when the machine needs their memory. */
int reserve_step(struct dc_job *job, struct dc_err *err);

#endif
