/* common/store/deployment.h -- the life of one deployment: a revision on its
 * way to serve traffic. It ends when the traffic has moved or nothing more will
 * happen; what it replaced is retired by the instances' own states. */
#ifndef DC_DEPLOYMENT_H
#define DC_DEPLOYMENT_H

#include "common/store/machine.h"

enum dc_deployment_state {
	DC_DEPLOYMENT_QUEUED,
	DC_DEPLOYMENT_BUILDING,
	DC_DEPLOYMENT_INITIALIZING,
	DC_DEPLOYMENT_INSTALLING,
	DC_DEPLOYMENT_LAUNCHING,
	DC_DEPLOYMENT_MOVING,    /* ~/data, from the old to the new instances */
	DC_DEPLOYMENT_MIGRATING, /* `migrate:`, while requests wait */
	DC_DEPLOYMENT_PROBING,
	DC_DEPLOYMENT_SWITCHING,
	DC_DEPLOYMENT_DONE,
	DC_DEPLOYMENT_FAILED,
	DC_DEPLOYMENT_CANCELLED,
	DC_DEPLOYMENT_NSTATES
};

extern const struct dc_machine dc_deployment_machine;

/* With the names that its log lines need. dc_deployment_done frees them. */
struct dc_deployment {
	int64_t id, application_id, revision_id, account_id, uid_range;
	bool clean;
	bool migrates; /* `migrate:` runs before its processes start */
	enum dc_deployment_state state;
	int64_t created_at;
	int64_t rolls_back; /* that deployment, by the platform; 0: none */
	char *deploy_id, *application, *account, *email, *revision, *error;
	char *cancelled_by; /* who wants it to end; NULL: nobody */
};

void dc_deployment_done(struct dc_deployment *d);
#define dc_auto_deployment __attribute__((cleanup(dc_deployment_done)))

/* A queued deployment that ACCOUNT_ID asks for, with its first log line and
 * the activity, in one transaction. The caller has filled revision_services.
 * DEPLOY_ID (may be NULL) is the caller's. */
int dc_deployment_add(struct dc_db *db, int64_t *id, char **deploy_id,
    int64_t application_id, int64_t revision_id, int64_t account_id, bool clean,
    struct dc_err *err);

int dc_deployment_load(struct dc_db *db, struct dc_deployment *out, int64_t id,
    struct dc_err *err);

/* By its public name, or "latest". */
int dc_deployment_find(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *deploy_id, struct dc_err *err);

/* All of an application, oldest first. FN returns < 0 to stop. */
typedef int dc_deployment_fn(const struct dc_deployment *d, void *arg,
    struct dc_err *err);
int dc_deployment_each(struct dc_db *db, int64_t application_id,
    dc_deployment_fn *fn, void *arg, struct dc_err *err);

int dc_deployment_move(struct dc_db *db, int64_t id, int from, int to,
    const char *me, struct dc_err *err);

int dc_deployment_set_migrates(struct dc_db *db, int64_t id,
    struct dc_err *err);

/* The end of it: DONE, FAILED or CANCELLED, with MESSAGE as the last line of
 * the log (and the error's text when it failed). */
int dc_deployment_end(struct dc_db *db, int64_t id, int from, int to,
    const char *me, const char *message, struct dc_err *err);

/* WHO, which is ACCOUNT_ID, wants it to end: at once when nothing was begun,
 * else the deployer does. DC_EBUSY: it has ended, or switches already. */
int dc_deployment_cancel(struct dc_db *db, int64_t id, int64_t account_id,
    const char *who, struct dc_err *err);
/* The last line of its log; the caller's. */
char *dc_deployment_format_cancelled(const char *who);

#endif
