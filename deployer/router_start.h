/* deployer/router_start.h -- a sync with a HAProxy that may be starting. */
#ifndef DEPLOYER_ROUTER_START_H
#define DEPLOYER_ROUTER_START_H

#include "deployer/router.h"

/* router_sync, for which HAProxy has two seconds to answer: one that starts may
 * have read the files of before. One that does not come is not waited for
 * again until it has been there. */
int router_start_sync(struct router_report *r, const struct router_conf *c,
    const struct router_table *t, struct dc_err *err);

#endif
