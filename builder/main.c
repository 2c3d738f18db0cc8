/* builder/main.c -- the builder: revisions in, snapshots out. */
#include "common/job/main.h"
#include "builder/build.h"
#include "common/store/build.h"

#include <stddef.h>

#define ACTIVE                                                                 \
	(DC_FROM(DC_BUILD_QUEUED) | DC_FROM(DC_BUILD_PREPARING) |              \
	    DC_FROM(DC_BUILD_BUILDING) | DC_FROM(DC_BUILD_SNAPSHOTTING))

int
main(int argc, char **argv)
{
	static const struct dc_job_kind kinds[] = {
	    {.name = "build",
		.machine = &dc_build_machine,
		.in = ACTIVE,
		.run = build_run},
	    {.name = NULL},
	};

	return dc_daemon_main(argc, argv, "builder", kinds, build_prepare,
	    NULL);
}
