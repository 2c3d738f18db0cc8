/* common/store/build.h -- the life of one build, as kept in the builds table.
 */
#ifndef DC_BUILD_H
#define DC_BUILD_H

#include "common/store/machine.h"
#include "common/store/snapshot.h"

enum dc_build_state {
	DC_BUILD_QUEUED,
	DC_BUILD_PREPARING,    /* mounts, container */
	DC_BUILD_BUILDING,     /* hooks and the type's build */
	DC_BUILD_SNAPSHOTTING, /* $HOME -> blob and layer */
	DC_BUILD_DONE,
	DC_BUILD_FAILED,
	DC_BUILD_CANCELLED,
	DC_BUILD_NSTATES
};

extern const struct dc_machine dc_build_machine;

struct dc_build {
	int64_t id, deployment_id, service_id, application_id, revision_id;
	int64_t uid_range, snapshot_id, attempts, account_id;
	bool clean;
	enum dc_build_state state;
	char *definition; /* JSON of struct dc_service_def */
	char *service, *application, *account, *revision, *error;
};

void dc_build_done(struct dc_build *b);
#define dc_auto_build __attribute__((cleanup(dc_build_done)))

/* Queued, unless the deployment has one for this service already. */
int dc_build_add(struct dc_db *db, int64_t deployment_id, int64_t service_id,
    const char *definition, struct dc_err *err);
int dc_build_load(struct dc_db *db, struct dc_build *out, int64_t id,
    struct dc_err *err);

typedef int dc_build_fn(const struct dc_build *b, void *arg,
    struct dc_err *err);
int dc_build_each(struct dc_db *db, int64_t deployment_id, dc_build_fn *fn,
    void *arg, struct dc_err *err);

int dc_build_move(struct dc_db *db, int64_t id, int from, int to,
    const char *me, struct dc_err *err);
/* To FAILED or CANCELLED, with why. */
int dc_build_fail(struct dc_db *db, int64_t id, int from, int to,
    const char *me, const char *error, struct dc_err *err);

/* The snapshot, its blob's row, and the build's move to DONE: one
 * transaction. */
int dc_build_finish(struct dc_db *db, int64_t build_id,
    const struct dc_snapshot *snapshot, int64_t node_id, const char *me,
    struct dc_err *err);

#endif
