/* uploader/watch.h -- a plain git push deploys: asks for it and shows how it
 * goes, to the end. */
#ifndef UPLOADER_WATCH_H
#define UPLOADER_WATCH_H

#include "uploader/receive.h"

/* The log to stderr, as it comes. Exit status: 0 deployed, 1 failed. */
int watch_deploy(struct receive *r, const char *revision, struct dc_err *err);

#endif
