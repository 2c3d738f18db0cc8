/* common/store/variable.h -- what `dcloud env set` has set. */
#ifndef DC_VARIABLE_H
#define DC_VARIABLE_H

#include "common/store/db.h"

#include <stddef.h>

struct dc_variable {
	const char *name;
	const char *value; /* NULL: unset it */
};

/* A letter or _, then letters, digits and _, at most DC_MAX_VARIABLE_NAME
 * bytes, and none of the platform's own: DOTCLOUD_*, PORT_*, HOME. */
bool dc_variable_is_name(const char *name);

/* All of them or none. DC_EINVAL: a bad name or value, or too many. */
int dc_variable_save(struct dc_db *db, int64_t application_id,
    const struct dc_variable *vars, size_t n, struct dc_err *err);

/* By name. FN returns < 0 to stop. */
typedef int dc_variable_fn(const struct dc_variable *v, void *arg,
    struct dc_err *err);
int dc_variable_each(struct dc_db *db, int64_t application_id,
    dc_variable_fn *fn, void *arg, struct dc_err *err);

#endif
