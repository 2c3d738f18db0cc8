/* deployer/health.h -- `healthcheck:` of a build file: when is an instance
 * responsive, and when is it well? CONTRACT A and 1.9. */
#ifndef HEALTH_H
#define HEALTH_H

#include "common/buildfile/service_def.h"

#include <stdbool.h>

struct health {
	const char *path; /* borrowed from the definition; NULL: the default */
	int status;       /* the only one that is good; 0: any below 500 */
	int deadline;     /* seconds from the launch, 1 to 600 */
	int interval;     /* seconds from check to check, 1 to 600 */
	int timeout;      /* seconds for an answer, 1 to 60 */
	const char *command; /* shell text, asks instead of us; NULL: none */
};

/* What DEF says, or the defaults. Anything else in it is DC_EUSER. */
int health_load(struct health *out, const struct dc_service_def *def,
    struct dc_err *err);

/* Has the author said that the service answers? A type's own http port need
 * not be used. */
bool health_is_expected(const struct dc_service_def *def);

#endif
