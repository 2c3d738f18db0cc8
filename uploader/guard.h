/* uploader/guard.h -- a program that ends with us, and its children with it: by
 * SIGKILL, at whatever moment, whether we are killed, or it is, or the guard.
 *
 * A signal at the parent's death is not inherited, and bubblewrap's first child
 * waits for its parent before it asks for one: it would wait for ever, and the
 * developer's ssh with it, whose pipes it holds. */
#ifndef UPLOADER_GUARD_H
#define UPLOADER_GUARD_H

#include "common/base/err.h"
#include "common/base/spawn.h"

#include <sys/types.h>

/* In a child from dc_spawn_job: runs ARGV with ENVP in our process group and
 * ends with its exit status. SIGTERM to the group is the program's to handle;
 * 127, and a line on stderr, when it cannot be run. */
_Noreturn void guard_run(char *const argv[], char *const envp[]);

/* As dc_spawn_run, with ENVP, no input, and lines of 4 KB at most. */
int guard_load(char *const argv[], char *const envp[], dc_line_fn *on_line,
    void *arg, struct dc_err *err);

/* Waits for the guard PID and kills what is left of its group; the program's
 * exit status, or 128 + the number of the signal that ended it. */
int guard_wait(pid_t pid, struct dc_err *err);

#endif
