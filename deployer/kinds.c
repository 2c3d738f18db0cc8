/* deployer/kinds.c -- see kinds.h. */
#include "deployer/kinds.h"

#include "common/base/limits.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "common/store/restart.h"
#include "deployer/checker.h"
#include "deployer/deploy.h"
#include "deployer/metrics.h"
#include "deployer/restart.h"
#include "deployer/retire.h"
#include "deployer/rollback.h"
#include "deployer/start.h"
#include "deployer/sweep.h"
#include "deployer/watch.h"

#include <stddef.h>

#define UNFINISHED (DC_FROM(DC_DEPLOYMENT_DONE) - 1)
#define TO_START                                                               \
	(DC_FROM(DC_INSTANCE_CREATING) | DC_FROM(DC_INSTANCE_INSTALLING) |     \
	    DC_FROM(DC_INSTANCE_LAUNCHING) | DC_FROM(DC_INSTANCE_DOWN) |       \
	    DC_FROM(DC_INSTANCE_RESTARTING))
/* Those of one deployment wait for each other, and are claimed in their order:
 * fewer than it has would wait for ever. */
#define STARTS (DC_MAX_APP_INSTANCES + 56)
#define TO_END (DC_FROM(DC_INSTANCE_DRAINING) | DC_FROM(DC_INSTANCE_FAILED))

/* One deployment of an application at a time, in order. */
#define FIRST_OF_ITS_APPLICATION                                               \
	"NOT EXISTS (SELECT 1 FROM deployments o"                              \
	" WHERE o.application_id = t.application_id AND o.id < t.id"           \
	" AND o.state NOT IN ('done', 'failed', 'cancelled'))"

const struct dc_job_kind kinds[] = {
    {.name = "watch", .every = 1, .run = watch_run},
    {.name = "check", .every = 1, .run = checker_run},
    {.name = "rollback", .every = 1, .run = rollback_run},
    {.name = "sweep", .every = 60, .run = sweep_run},
    {.name = "metrics", .every = 60, .run = metrics_run},
    {.name = "deployment",
	.machine = &dc_deployment_machine,
	.in = UNFINISHED,
	.where = FIRST_OF_ITS_APPLICATION,
	.limit = 16,
	.run = deploy_run},
    {.name = "start",
	.machine = &dc_instance_machine,
	.in = TO_START,
	.limit = STARTS,
	.run = start_run},
    {.name = "restart",
	.machine = &dc_instance_machine,
	.in = DC_FROM(DC_INSTANCE_UP),
	.where = DC_RESTART_WANTED,
	.limit = 64,
	.run = restart_begin},
    {.name = "resume",
	.machine = &dc_instance_machine,
	.in = DC_FROM(DC_INSTANCE_UP),
	.where = DC_RESTART_RESUMABLE,
	.limit = 64,
	.run = restart_resume},
    {.name = "park",
	.machine = &dc_instance_machine,
	.in = DC_FROM(DC_INSTANCE_PARKING),
	.limit = 64,
	.run = retire_park},
    {.name = "retire",
	.machine = &dc_instance_machine,
	.in = TO_END,
	.limit = 64,
	.run = retire_run},
    {.name = NULL},
};
