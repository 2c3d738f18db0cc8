/* common/store/instance.h -- the life of one instance, and so of one
 * container: www.0 of one deployment. */
#ifndef DC_INSTANCE_H
#define DC_INSTANCE_H

#include "common/store/health.h"
#include "common/store/machine.h"
#include "common/store/port.h"

enum dc_instance_state {
	DC_INSTANCE_CREATING,   /* mounts, container                      */
	DC_INSTANCE_INSTALLING, /* initialized; environment, postinstall  */
	DC_INSTANCE_LAUNCHING,  /* its processes start; probed            */
	DC_INSTANCE_READY,      /* has answered; not routed yet           */
	DC_INSTANCE_UP,         /* routed                                 */
	DC_INSTANCE_DOWN,       /* its container has ended; comes back    */
	DC_INSTANCE_RESTARTING, /* no new requests; stops, and comes back */
	DC_INSTANCE_PARKING,    /* no new requests; it stops, gives ~/data */
	DC_INSTANCE_PARKED,     /* stopped, without ~/data; may come back */
	DC_INSTANCE_DRAINING,   /* no new requests; then it goes          */
	DC_INSTANCE_RESERVED,   /* frozen, for the way back               */
	DC_INSTANCE_FAILED,     /* never served; goes                     */
	DC_INSTANCE_GONE,       /* nothing of it is left                  */
	DC_INSTANCE_NSTATES
};

extern const struct dc_machine dc_instance_machine;

/* Those that serve, or will again when they are back. */
#define DC_SERVING                                                             \
	(DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_DOWN) |                 \
	    DC_FROM(DC_INSTANCE_RESTARTING) | DC_FROM(DC_INSTANCE_PARKING) |   \
	    DC_FROM(DC_INSTANCE_PARKED))

/* Whose ~/data it has; see common/store/data.h. */
enum dc_instance_data {
	DC_DATA_OWN,    /* whatever is in its home            */
	DC_DATA_WANTED, /* none until it gets its number's    */
	DC_DATA_HELD,   /* its number's, or the right to it   */
	DC_DATA_N
};

struct dc_instance {
	int64_t id, deployment_id, service_id, snapshot_id, number, memory;
	int64_t application_id, uid_range, created_at;
	int64_t ended_at;      /* 0: it is not gone */
	int64_t wanted_memory; /* as `dcloud scale` says now; 0: the default */
	int64_t address;       /* host number in the node's subnet; 0: none */
	bool installed, migrated; /* postinstall, `migrate:` has ended well */
	bool suspended;           /* its workers wait for our "resume" */
	enum dc_instance_state state;
	enum dc_instance_data data;
	enum dc_instance_health health;
	int64_t health_at, replaced; /* since when; times since long well */
	int64_t reserved_until;      /* see common/store/reserve.h */
	char *definition;            /* JSON of struct dc_service_def */
	char *service, *application, *account, *email, *revision;
	char *deploy_id, *error, *node, *fingerprint;
	char *image; /* that its snapshot's build began on; "": not known */
};

void dc_instance_done(struct dc_instance *i);
#define dc_auto_instance __attribute__((cleanup(dc_instance_done)))

/* Creating, with an address of its own on NODE_ID. */
int dc_instance_add(struct dc_db *db, int64_t *id, int64_t deployment_id,
    int64_t service_id, int64_t snapshot_id, const char *definition,
    int64_t number, int64_t memory, int64_t node_id, struct dc_err *err);

int dc_instance_load(struct dc_db *db, struct dc_instance *out, int64_t id,
    struct dc_err *err);

/* Those of one DEPLOYMENT, one SERVICE (0: any) in one of the states of the
 * bit set IN, ordered by service and number. FN returns < 0 to stop. */
typedef int dc_instance_fn(const struct dc_instance *i, void *arg,
    struct dc_err *err);
int dc_instance_each(struct dc_db *db, int64_t deployment, int64_t service,
    uint32_t in, dc_instance_fn *fn, void *arg, struct dc_err *err);

int dc_instance_move(struct dc_db *db, int64_t id, int from, int to,
    const char *me, struct dc_err *err);
/* From any state before UP to FAILED, with why. */
int dc_instance_fail(struct dc_db *db, int64_t id, int from, const char *me,
    const char *error, struct dc_err *err);
/* Why it cannot do what its state is for; NULL: it can. */
int dc_instance_set_error(struct dc_db *db, int64_t id, const char *error,
    struct dc_err *err);
/* What its container is limited to, in bytes. */
int dc_instance_set_memory(struct dc_db *db, int64_t id, int64_t bytes,
    struct dc_err *err);
int dc_instance_set_installed(struct dc_db *db, int64_t id, struct dc_err *err);
int dc_instance_set_migrated(struct dc_db *db, int64_t id, struct dc_err *err);
/* One more job tries to start it; *ATTEMPTS counts them. */
int dc_instance_count_attempt(struct dc_db *db, int64_t *attempts, int64_t id,
    struct dc_err *err);
/* To GONE: its address is free again. */
int dc_instance_end(struct dc_db *db, int64_t id, int from, const char *me,
    struct dc_err *err);

#endif
