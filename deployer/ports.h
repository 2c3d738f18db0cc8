/* deployer/ports.h -- which ports an instance of a service has. */
#ifndef PORTS_H
#define PORTS_H

#include "common/buildfile/service_def.h"
#include "common/buildfile/type.h"
#include "common/store/instance.h"

/* The type's own http port (a custom service that names none gets "www"), those
 * of `ports:` in order from 42800 up, and ssh. PORTS holds
 * DC_MAX_INSTANCE_PORTS. */
size_t ports_list(struct dc_port *ports, const struct dc_service_def *def,
    const struct dc_type *type);

/* The first of KIND that is the application's, or NULL. */
const struct dc_port *ports_find(const struct dc_port *ports, size_t n,
    const char *kind);

#endif
