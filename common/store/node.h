/* common/store/node.h -- this machine in the store, and the addresses of the
 * containers on it. */
#ifndef DC_NODE_H
#define DC_NODE_H

#include "common/store/db.h"

/* Inserts it when it is new. */
int dc_node_save(struct dc_db *db, int64_t *id, const char *name,
    struct dc_err *err);

/* A host number in the node's subnet that nobody has, from 2 to
 * DC_MAX_ADDRESS, for a build or (BUILD_ID 0) an instance, which keeps the one
 * it has. Numbers go round, so that a freed one is not reused at once. Call
 * it inside a transaction. */
int dc_address_claim(struct dc_db *db, int64_t *number, int64_t node_id,
    int64_t build_id, int64_t instance_id, struct dc_err *err);
int dc_address_release(struct dc_db *db, int64_t build_id, int64_t instance_id,
    struct dc_err *err);

/* Those of builds that have ended, whose containers are gone. */
int dc_address_release_ended(struct dc_db *db, struct dc_err *err);

#define DC_MAX_ADDRESS 65000

#endif
