/* deployer/command.h -- `healthcheck: command:`, run in the instance as its
 * processes are. */
#ifndef COMMAND_H
#define COMMAND_H

#include "common/base/err.h"

#include <sys/types.h>

struct command {
	const char *boxes, *box;
	char *const *env;
	const char *text; /* shell text of the user's */
};

/* A child of ours; what it prints is nobody's. */
int command_begin(pid_t *pid, const struct command *c, struct dc_err *err);
/* Ends it, and what it has started in its session. */
void command_kill(pid_t pid);

/* Until it has ended well, each time within TIMEOUT seconds: DC_EUSER when that
 * was not within DEADLINE seconds. */
int command_wait(const struct command *c, int timeout, int deadline,
    struct dc_err *err);

#endif
