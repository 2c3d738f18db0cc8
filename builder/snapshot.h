/* builder/snapshot.h -- the end of a build: $HOME as a blob and as a layer. */
#ifndef SNAPSHOT_H
#define SNAPSHOT_H

#include "common/job/job.h"
#include "common/store/build.h"

/* HOME, the build's home directory as its container saw it, goes into the
 * blob store; UPPER, what lies on top of PARENT's layer (NULL: all of it),
 * becomes the layer of the new snapshot. The container has been stopped.
 * Fills *OUT, whose row is the caller's to write. BOX is unmounted. */
int snapshot_make(struct dc_snapshot *out, struct dc_job *job,
    const struct dc_build *build, const struct dc_snapshot *parent,
    const char *box_dir, struct dc_err *err);

#endif
