/* cli/tree.h -- a build file beside the code it speaks of: what a push would
 * find missing. */
#ifndef CLI_TREE_H
#define CLI_TREE_H

#include "common/base/err.h"
#include "common/buildfile/buildfile.h"

/* Looks for all that FILE names in the directory DIRFD. What makes a push fail
 * goes into ERRORS; what may, or will be left out of it, into WARNINGS. */
int tree_check(struct dc_strv *errors, struct dc_strv *warnings,
    const struct dc_buildfile *file, int dirfd, struct dc_err *err);

#endif
