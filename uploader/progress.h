/* uploader/progress.h -- how far a deployment is, in one line. */
#ifndef UPLOADER_PROGRESS_H
#define UPLOADER_PROGRESS_H

#include "common/store/db.h"

/* "Building: 1 of 2 services built"; *OUT (the caller's) is NULL where nothing
 * takes long. */
int progress_format(char **out, struct dc_db *db, int64_t deployment_id,
    struct dc_err *err);

#endif
