/* common/base/spawn.h -- child processes: other people's programs, and our
 * own jobs. No shell is ever involved. */
#ifndef DC_SPAWN_H
#define DC_SPAWN_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <sys/types.h>

/* Called for each line (no newline, NUL-terminated) a child prints. */
typedef void dc_line_fn(const char *line, void *arg);

/* Runs ARGV (argv[0] looked up in PATH; ENVP NULL = ours) with stdin from
 * INPUT (NULL = /dev/null) and gives each line of stdout and stderr to ON_LINE
 * (NULL: kept for the error message only). 0 when it exited 0; otherwise
 * DC_EFAIL with "NAME: exit status N: last lines". The child dies with us. */
int dc_spawn_run(char *const argv[], char *const envp[], const char *input,
    dc_line_fn *on_line, void *arg, struct dc_err *err);

/* fork() for a job of ours: own process group, default signal handlers,
 * nothing blocked, SIGKILL when the parent dies. Returns 0 in the child, the
 * pid in the parent, < 0 on failure. The child ends with _exit(). */
pid_t dc_spawn_job(struct dc_err *err);

/* waitpid without EINTR; the exit status, or 128 + the signal's number. */
int dc_spawn_wait(pid_t pid, struct dc_err *err);

/* "exited with status 3", "was ended by signal 9 (Killed)" for a status as
 * dc_spawn_wait returns it; the caller's to free. */
char *dc_spawn_describe(int status);

#endif
