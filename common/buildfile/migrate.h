/* common/buildfile/migrate.h -- the key migrate: a command, or a dictionary of
 * command and deadline. Used by fields.c only. */
#ifndef DC_MIGRATE_H
#define DC_MIGRATE_H

#include "common/buildfile/fields.h"

struct dc_field;

int dc_migrate_set(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field);

#endif
