/* cli/push.h -- how a push decides what to do. */
#ifndef CLI_PUSH_H
#define CLI_PUSH_H

#include "cli/config.h"
#include "cli/opts.h"

/* Flag, else what was saved, else git for the root of a git work tree with a
 * commit and rsync for everything else. *WHY, the caller's, is half a sentence
 * which also says how to override the choice. DC_EINVAL: Mercurial. */
int push_find_protocol(enum protocol *out, char **why, const struct opts *o,
    enum protocol saved, const char *dir, struct dc_err *err);

#endif
