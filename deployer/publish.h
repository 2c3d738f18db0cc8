/* deployer/publish.h -- tcp and udp ports of services, made public: allotted
 * in the store, led to containers by HAProxy (route.h) and nftables. */
#ifndef PUBLISH_H
#define PUBLISH_H

#include "common/job/job.h"
#include "common/store/instance.h"

/* Allots what a service with these PORTS and so many instances lacks; ssh only
 * while there are free ones. In the transaction that adds the instances. */
int publish_claim(struct dc_job *job, int64_t service_id,
    const struct dc_port *ports, size_t n, int64_t instances,
    struct dc_err *err);

/* Makes the kernel's rules what the store says: udp ports lead to instances
 * that are up, containers reach the tcp ports. Any time, any number of times;
 * one at a time. */
int publish_sync(const struct dc_conf *conf, struct dc_db *db,
    struct dc_err *err);

/* The next publish_sync does not trust that its rules are still there. */
int publish_forget(const struct dc_conf *conf, struct dc_err *err);

#endif
