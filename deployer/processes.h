/* deployer/processes.h -- what an instance's pid 1 says of its processes, read
 * until something has come. */
#ifndef PROCESSES_H
#define PROCESSES_H

#include "deployer/unit.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* The message of DC_ENOTFOUND. */
#define PROCESSES_QUIET "nothing listens"

/* What ends the reading, but a process that keeps crashing. */
struct processes_wait {
	bool steady;      /* all stay up */
	int64_t limit;    /* monotonic ms; then it is too late */
	int seconds;      /* the same for people */
	int64_t quiet_ms; /* and nothing listens for so long; 0: never */
	bool once;        /* the deadline is that of one check */
	pid_t pid;        /* of the container */
	const struct unit *u;
};

/* Reads FD, of control_watch, until what W says has come: 0. DC_ENOTFOUND: it
 * is quiet. */
int processes_wait(int fd, const struct processes_wait *w, struct dc_err *err);

/* Reads until the limit: 0. DC_ESTALE: meanwhile one has crashed, and is named.
 */
int processes_settle(int fd, const struct processes_wait *w,
    struct dc_err *err);

/* Now: 0, or DC_EUSER where the container is gone or a process has crashed and
 * is not back. */
int processes_check(const char *boxes, const char *box, struct dc_err *err);

/* What serves and nothing else: one program, or workers of one group, or nginx
 * and what stands behind it. FD is of control_watch, just opened. */
bool processes_is_one(int fd, const char *service);

#endif
