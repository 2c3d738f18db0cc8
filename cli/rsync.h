/* cli/rsync.h -- uploading a directory with rsync over ssh. */
#ifndef CLI_RSYNC_H
#define CLI_RSYNC_H

#include "cli/config.h"
#include "cli/endpoint.h"
#include "common/base/str.h"

#include <stdbool.h>

/* DIR (absolute) to E. rsync's own output goes to the terminal. */
int rsync_run(const struct config *config, const struct endpoint *e,
    const char *dir, bool verbose, struct dc_err *err);

/* The command line of it. */
void rsync_format(struct dc_strv *argv, const struct config *config,
    const struct endpoint *e, const char *dir, bool verbose);

#endif
