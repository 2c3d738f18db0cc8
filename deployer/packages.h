/* deployer/packages.h -- the Debian packages that an instance's build had. */
#ifndef DEPLOYER_PACKAGES_H
#define DEPLOYER_PACKAGES_H

#include "deployer/unit.h"

/* *LAYER is the directory that belongs between image and container, NULL:
 * none, the caller's. As a rule the build has left it; an old snapshot's, or
 * one for a new base image, is made again, into the deployment's log. */
int packages_restore(char **layer, struct unit *u, struct dc_err *err);

#endif
