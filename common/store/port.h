/* common/store/port.h -- where an instance listens, inside its container. */
#ifndef DC_PORT_H
#define DC_PORT_H

#include "common/store/db.h"

#include <stddef.h>

struct dc_port {
	char name[33], kind[8];
	int port;
};

/* The platform's own tcp port of every instance, where sshd answers. */
#define DC_SSH_NAME "ssh"
#define DC_SSH_PORT 22

/* Replaces them. */
int dc_instance_save_ports(struct dc_db *db, int64_t id,
    const struct dc_port *ports, size_t n, struct dc_err *err);
/* At most MAX; *N is how many. */
int dc_instance_load_ports(struct dc_db *db, int64_t id, struct dc_port *ports,
    size_t max, size_t *n, struct dc_err *err);

#endif
