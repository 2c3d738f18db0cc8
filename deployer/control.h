/* deployer/control.h -- a word with an instance's pid 1 over its socket. */
#ifndef CONTROL_H
#define CONTROL_H

#include "common/base/err.h"

#include <stdbool.h>

/* One command ("launch", "status"); *ANSWER (may be NULL) is the caller's.
 * Waits for a container that has just been started to open its socket. */
int control_ask(char **answer, const char *box_dir, const char *command,
    struct dc_err *err);

/* A descriptor that gives a line per change of a process's state, beginning
 * with all as they are: "NAME STATE pid=N crashes=N ...". Its end is the end
 * of the container. It WAITS as above, or there is one at once or none, and no
 * call on it blocks. */
int control_watch(int *out, const char *box_dir, bool waits,
    struct dc_err *err);

#endif
