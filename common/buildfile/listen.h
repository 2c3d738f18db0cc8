/* common/buildfile/listen.h -- the keys that say where a service's processes
 * listen: ports, listen, listen_var, workers. Used by fields.c only. */
#ifndef DC_LISTEN_H
#define DC_LISTEN_H

#include "common/buildfile/fields.h"

#define DC_LISTEN_VAR "LISTEN_ON" /* nodesockd's */

struct dc_field;

int dc_listen_set_ports(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field);
int dc_listen_set(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field);
int dc_listen_set_var(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field);
int dc_listen_set_workers(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *v, const struct dc_field *field);

/* What concerns several of them. */
int dc_listen_check(const struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict);

#endif
