/* common/store/snapshot.h -- what builds have left: rows of snapshots and of
 * the blobs that hold them. */
#ifndef DC_SNAPSHOT_H
#define DC_SNAPSHOT_H

#include "common/store/db.h"

struct dc_snapshot {
	int64_t id, application_id, service_id, revision_id;
	int64_t parent_id, depth, size;
	char hash[65];  /* of the blob, SHA-256 in hex */
	char image[65]; /* that the build began on; "": not known */
};

/* Where a new snapshot's layer belongs: an id that nobody else gets. */
int dc_snapshot_new_id(struct dc_db *db, int64_t *id, struct dc_err *err);

/* Its row and its blob's. Inside a transaction. */
int dc_snapshot_add(struct dc_db *db, const struct dc_snapshot *s,
    int64_t node_id, struct dc_err *err);

int dc_snapshot_load(struct dc_db *db, struct dc_snapshot *out, int64_t id,
    struct dc_err *err);
/* The newest of a service; of a revision of it (REVISION_ID not 0). Or
 * DC_ENOTFOUND. */
int dc_snapshot_find(struct dc_db *db, struct dc_snapshot *out,
    int64_t service_id, int64_t revision_id, struct dc_err *err);

/* Those of a service (0: of all) that nothing needs any more: not of an
 * instance, not the layer below another's, and not among the newest KEEP of
 * their service. */
typedef int dc_snapshot_fn(const struct dc_snapshot *s, void *arg,
    struct dc_err *err);
int dc_snapshot_each_idle(struct dc_db *db, int64_t service_id, int64_t keep,
    dc_snapshot_fn *fn, void *arg, struct dc_err *err);
/* Those made at or after that time, milliseconds since the epoch. */
int dc_snapshot_each_since(struct dc_db *db, int64_t when, dc_snapshot_fn *fn,
    void *arg, struct dc_err *err);
/* When the first of those that are left was built on IMAGE; DC_ENOTFOUND. */
int dc_snapshot_find_image(struct dc_db *db, int64_t *since, const char *image,
    struct dc_err *err);
int dc_snapshot_remove(struct dc_db *db, int64_t id, struct dc_err *err);

/* Has a row: SQL-free questions of the sweep. */
bool dc_snapshot_is_known(struct dc_db *db, int64_t id);
/* A build is at it: files may be there whose rows come later. */
bool dc_snapshot_is_packing(struct dc_db *db);
/* Is the blob of any snapshot; forgets its row when it is not. */
bool dc_snapshot_needs_blob(struct dc_db *db, const char *hash);

#endif
