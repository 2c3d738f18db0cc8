/* deployer/launch.h -- waiting until launched processes do their work. */
#ifndef LAUNCH_H
#define LAUNCH_H

#include "deployer/unit.h"

/* CONTRACT A, "instance counts as responsive". ONCE: it has been so before, and
 * has no longer than a single check. DC_EUSER: it does not. */
int launch_wait(struct unit *u, bool once, struct dc_err *err);

#endif
