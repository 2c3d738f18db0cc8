/* common/job/job.h -- a daemon's work: claimed rows, one process for each.
 *
 * The daemon itself only claims, waits and reaps. A job is the same program
 * started again as "-j KIND ID CLAIM", so that it has its own connection to
 * the store, is seen in ps, and can be killed without harm. */
#ifndef DC_JOB_H
#define DC_JOB_H

#include "common/conf/conf.h"
#include "common/store/machine.h"

/* What a job works with. */
struct dc_job {
	const struct dc_conf *conf;
	struct dc_db *db;
	int64_t id; /* of the row */
	int64_t node_id;
	const char *claim; /* its claimed_by */
	int bell;          /* dc_bell_wait on it */
};

/* One kind of job: which rows it takes and what it does with one. A result
 * < 0, or a crash, puts the row off for DC_JOB_RETRY_SECONDS. */
struct dc_job_kind {
	const char *name;
	const struct dc_machine *machine; /* NULL: not of a row, see every */
	uint32_t in;                      /* states it takes rows in */
	const char *where;                /* SQL condition on row t, or NULL */
	int limit;                        /* processes at once */
	int every;                        /* seconds: runs by itself, ID 0 */
	int (*run)(struct dc_job *job, struct dc_err *err);
};

#define DC_JOB_RETRY_SECONDS 3

struct dc_daemon {
	const char *name; /* "builder" */
	const struct dc_conf *conf;
	const char *conf_path;
	const struct dc_job_kind *kinds; /* ended by one without a name */
};

/* Until SIGTERM or SIGINT; then its jobs are killed and their claims given
 * back, as after a crash. One daemon of a name runs on a machine: a second is
 * DC_EBUSY. */
int dc_daemon_run(const struct dc_daemon *d, struct dc_err *err);

/* The process of one job; its result is the exit status. */
int dc_daemon_run_job(const struct dc_daemon *d, const char *kind,
    const char *id, const char *claim);

#endif
