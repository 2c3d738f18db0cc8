/* deployer/postinstall.h -- the hook that runs in every new instance. */
#ifndef POSTINSTALL_H
#define POSTINSTALL_H

#include "deployer/environment.h"
#include "deployer/unit.h"

/* Runs it, if there is one: CONTRACT 1.6, step 11. A status that is not 0, or
 * more than DC_POSTINSTALL_SECONDS, is DC_EUSER. */
int postinstall_run(struct unit *u, struct environment *env,
    struct dc_err *err);

#endif
