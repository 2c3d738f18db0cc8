/* deployer/health.h -- `healthcheck:` of a build file: when is an instance
 * responsive? CONTRACT A. */
#ifndef HEALTH_H
#define HEALTH_H

#include "common/buildfile/service_def.h"

struct health {
	const char *path; /* borrowed from the definition; NULL: the default */
	int status;       /* the only one that is good; 0: any below 500 */
	int deadline;     /* seconds from the launch, 1 to 600 */
};

/* What DEF says, or the defaults. Anything else in it is DC_EUSER. */
int health_load(struct health *out, const struct dc_service_def *def,
    struct dc_err *err);

#endif
