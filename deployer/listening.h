/* deployer/listening.h -- where the programs of a container listen. */
#ifndef LISTENING_H
#define LISTENING_H

#include "common/base/str.h"
#include "common/store/instance.h"

#include <stdbool.h>
#include <sys/types.h>

/* Any tcp port in the network of process PID, whatever its address, but those
 * that PORTS has as tcp. */
bool listening_elsewhere(pid_t pid, const struct dc_port *ports, size_t n);

/* "127.0.0.1:8080, port 3000": in words what listens there, but for the
 * platform's own; nothing when nothing does. */
void listening_format(struct dc_str *out, pid_t pid);

#endif
