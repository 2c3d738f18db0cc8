/* cli/child.h -- rsync and hg: programs that share our terminal, or are asked.
 */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include "common/base/err.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

/* Its output is ours, and Ctrl-C ends both; stdin is empty. Returns the exit
 * status. */
int child_run(char *const argv[], struct dc_err *err);

/* The same, but each line of its stderr is given to ON_LINE. */
int child_run_heard(char *const argv[], dc_line_fn *on_line, void *arg,
    struct dc_err *err);

/* What it prints to stdout, MAX bytes at the most (more is DC_EINVAL); its
 * stderr goes nowhere. Returns the exit status. */
int child_load(struct dc_str *out, size_t max, char *const argv[],
    struct dc_err *err);

#endif
