/* tests/support/jobtest.c -- see jobtest.h. */
#include "tests/support/jobtest.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/job/main.h"
#include "common/store/build.h"
#include "common/store/log_entry.h"

static int
run(struct dc_job *job, struct dc_err *err)
{
	dc_auto_build struct dc_build b = {0};
	int rc = dc_build_load(job->db, &b, job->id, err);

	if (rc == 0)
		rc = dc_log_entry_add(job->db, b.deployment_id, NULL, -1,
		    DC_LOG_INFO, "at work", err);
	if (rc < 0)
		return rc;
	if (strcmp(b.definition, "crash") == 0)
		(void)raise(SIGKILL);
	while (strcmp(b.definition, "wait") == 0)
		(void)pause();
	return dc_build_move(job->db, job->id, DC_BUILD_QUEUED,
	    DC_BUILD_PREPARING, job->claim, err);
}

int
jobtest_main(int argc, char **argv)
{
	static const struct dc_job_kind kinds[] = {
	    {.name = "build",
		.machine = &dc_build_machine,
		.in = DC_FROM(DC_BUILD_QUEUED),
		.limit = 2,
		.run = run},
	    {.name = NULL},
	};

	return dc_daemon_main(argc, argv, JOBTEST_NAME, kinds, NULL, NULL);
}
