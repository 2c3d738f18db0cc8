/* deployer/sockets.h -- where the router finds the sockets of an instance whose
 * service says `listen: unix`; see common/box/boxlisten.h. */
#ifndef SOCKETS_H
#define SOCKETS_H

#include "common/conf/conf.h"
#include "common/store/instance.h"

/* The directory, and the socket of worker I; the caller's. */
char *sockets_dir(const struct dc_conf *conf, int64_t instance_id);
char *sockets_path(const struct dc_conf *conf, int64_t instance_id, int i);

/* How many there are; 0: it listens on a port. */
int sockets_count(int *n, const struct dc_instance *instance,
    struct dc_err *err);

/* Is each path short enough for an address? If not, the operator is told. */
int sockets_check(const struct dc_conf *conf, int64_t instance_id,
    struct dc_err *err);

#endif
