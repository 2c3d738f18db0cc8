/* cli/rsync.h -- uploading a directory with rsync over ssh. */
#ifndef CLI_RSYNC_H
#define CLI_RSYNC_H

#include "cli/config.h"
#include "cli/endpoint.h"
#include "common/base/str.h"

#include <stdbool.h>

enum rsync_output {
	RSYNC_QUIET,
	RSYNC_TOTAL, /* bytes, percent and speed of all, on a terminal */
	RSYNC_FILES, /* each file */
};

/* DIR (absolute) to E. rsync's own output goes to the terminal. *REVISION, the
 * caller's, is what the server says has come of it; NULL: it says nothing. */
int rsync_run(const struct config *config, const struct endpoint *e,
    const char *dir, bool verbose, char **revision, struct dc_err *err);

/* "ssh -i KEY -o ...", for who runs ssh through a command of its own: QUOTE is
 * how a quote is written within quotes there. The caller's. */
char *rsync_format_ssh(const struct config *config, const char *quote);

/* The command line of it. */
void rsync_format(struct dc_strv *argv, const struct config *config,
    const struct endpoint *e, const char *dir, enum rsync_output output);

#endif
