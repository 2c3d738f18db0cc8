/* common/step/step.h -- one command of a stranger's, run inside a container
 * with its output going to the deployment's log: build steps and hooks. */
#ifndef DC_STEP_H
#define DC_STEP_H

#include "common/base/str.h"
#include "common/store/log_entry.h"

#include <stdbool.h>

struct dc_step {
	const char *boxes, *box;
	char *const *env;          /* all of it */
	bool as_root;              /* of the container; else as dotcloud */
	struct dc_log_buffer *log; /* where its output goes */
	int bell;                  /* wakes still_ours */
	const char *room;          /* directory not to be filled, or NULL */
	int64_t deadline;          /* monotonic ms */
	const char *late;          /* the error when it has passed */
	const char *killed;        /* hint when it got SIGKILL, or NULL */
	/* DC_ESTALE: the row was taken away or cancelled, stop. */
	int (*still_ours)(void *arg, struct dc_err *err);
	void *arg;
};

/* SCRIPT (shell text) in directory CWD, as user dotcloud; WHAT names it in
 * errors. A status other than 0 and the deadline are DC_EUSER. After any
 * failure what the command has started may still run: its container has to be
 * stopped. */
int dc_step_run(const struct dc_step *s, const char *what, const char *cwd,
    const char *script, struct dc_err *err);

#endif
