/* cli/links.h -- links of a directory that lead out of it. */
#ifndef CLI_LINKS_H
#define CLI_LINKS_H

#include "common/base/err.h"
#include "common/base/str.h"

/* Warns of links below DIRFD that a push leaves out, as rsync's --safe-links
 * does: absolute ones, and those that climb above the root. What is not pushed
 * (.git, .hg) is not looked at, nor is more than may be pushed. */
int links_check(struct dc_strv *warnings, int dirfd, struct dc_err *err);

#endif
