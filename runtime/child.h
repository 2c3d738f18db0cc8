/* runtime/child.h -- the forked side: from settings to a running program. */
#ifndef DC_CHILD_H
#define DC_CHILD_H

#include "common/base/err.h"
#include "runtime/settings.h"

#include <sys/types.h>

struct child_options {
	const struct dc_strv *env; /* of every program */
	int out_fd, err_fd;        /* become 1 and 2 */
	bool has_no_new_privs;
	bool is_application; /* not somebody's who must not trust it */
	bool dies_with_us;   /* SIGTERM when the supervisor is killed */
	int channel_fd;      /* its end of a channel; < 0: none */
	bool is_suspended;   /* to wait for our word; see worker.h */
};

/* Starts P in a session of its own. What fails before its program runs goes to
 * its stderr, and it exits with status 127. */
int child_start(pid_t *pid, const struct program_settings *p,
    const struct child_options *options, struct dc_err *err);

/* In a forked child: a session of its own, and no signal handled or blocked. */
void child_begin(void);

/* Every process of session SID that has not ended, but ourselves. */
typedef void child_session_fn(pid_t pid, void *arg);
void child_each_in_session(pid_t sid, child_session_fn *fn, void *arg);

/* SIGKILL for what a dead process, once the leader of session SID, has left. */
void child_kill_session(pid_t sid);

#define CHILD_SYSTEM_PATH                                                      \
	"/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* With the application's own programs first, as /etc/profile.d/dcloud.sh has
 * it; the caller's to free. */
char *child_format_path(const char *home);

#endif
