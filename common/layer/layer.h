/* common/layer/layer.h -- snapshots as directories: what a HOME is mounted
 * from. A layer is read-only from its birth, in the application's uid range;
 * layers/<snapshot id> holds what the build changed over its parent's layer,
 * layers/<snapshot id>.full a whole snapshot unpacked from its blob. */
#ifndef DC_LAYER_H
#define DC_LAYER_H

#include "common/base/str.h"
#include "common/conf/conf.h"
#include "common/store/build.h"

#include <stdbool.h>

/* Longer chains are not adopted: a mount of 16 directories is still fast. */
#define DC_LAYER_MAX_DEPTH 15

/* The directories of SNAPSHOT's HOME, topmost first, all of which exist when
 * it returns: what is missing on this machine is unpacked from the blob. */
int dc_layer_load(struct dc_strv *out, const struct dc_conf *conf,
    struct dc_db *db, const struct dc_snapshot *snapshot, uid_t first_id,
    struct dc_err *err);

/* DIR, a HOME that a build has left, becomes layers/ID by rename. */
int dc_layer_adopt(const struct dc_conf *conf, const char *dir, int64_t id,
    struct dc_err *err);

/* Removes layers/ID in both forms. */
int dc_layer_remove(const struct dc_conf *conf, int64_t id, struct dc_err *err);

#endif
