/* common/job/main.h -- the one main function of builder and deployer: the same
 * arguments, in the same order of start. */
#ifndef DC_JOB_MAIN_H
#define DC_JOB_MAIN_H

#include "common/job/job.h"

/* -f FILE (configuration), -n (check it), -d (debug), -j KIND ID CLAIM (one
 * job). PREPARE (may be NULL) runs before the daemon's loop, EXTRA (may be
 * NULL) for other arguments: an operator's command. The exit status. */
int dc_daemon_main(int argc, char **argv, const char *name,
    const struct dc_job_kind *kinds,
    int (*prepare)(const struct dc_conf *conf, struct dc_err *err),
    int (*extra)(const struct dc_conf *conf, const char *command,
	struct dc_err *err));

#endif
