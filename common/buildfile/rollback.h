/* common/buildfile/rollback.h -- `rollback:` of a build file: when does a new
 * version fail so badly that the one before it comes back? */
#ifndef DC_ROLLBACK_H
#define DC_ROLLBACK_H

#include "common/buildfile/service_def.h"

struct dc_rollback {
	bool is_wanted;
	int within;  /* seconds after the switch it is watched */
	int errors;  /* percent of its answers that are 5xx */
	int crashes; /* of one instance: processes or its container */
};

struct dc_fields;
struct dc_yaml_node;

/* Points at what is wrong with V. */
int dc_rollback_check(const struct dc_fields *f, const struct dc_yaml_node *v);

/* What a definition that was checked says; or nothing is wanted. */
struct dc_rollback dc_rollback_of(const struct dc_service_def *def);

#endif
