/* deployer/patient.h -- one instance that is up, as the checker sees it: what
 * is asked when, and what its answers say. */
#ifndef PATIENT_H
#define PATIENT_H

#include "common/base/limits.h"
#include "common/box/place.h"
#include "common/job/job.h"
#include "common/store/instance.h"
#include "deployer/check.h"
#include "deployer/environment.h"
#include "deployer/health.h"

#include <poll.h>

struct patient {
	struct dc_job *job;
	struct dc_instance row; /* health, health_at, replaced: as last saved */
	struct dc_service_def def;
	struct health how;
	struct dc_place place;
	struct probe probe;
	struct dc_strv sockets; /* instead of the port, one after the other */
	size_t socket;
	bool is_checked;   /* there is something to ask */
	bool may_be_quiet; /* a worker, until it has answered once */

	struct check check;
	char *boxes, *box; /* for the command */
	struct environment env;
	pid_t pid;
	int pidfd;

	/* Monotonic milliseconds. */
	int64_t next;  /* it is asked again */
	int64_t begun; /* the question under way, 0: none */
	int64_t until; /* the rest of an answer is read; a pause ends */
	int64_t alive; /* its last good answer, in time or late */
	bool is_late;
	int goods; /* in a row */
	char seen[200];
	int said;           /* lines in its log lately */
	int64_t said_since; /* monotonic */
	bool is_there;      /* the last look at the rows has found it */
};

/* Takes ROW over. */
struct patient *patient_new(struct dc_job *job, struct dc_instance *row);
/* What there is to ask; after a failure nothing is. */
int patient_load(struct patient *p, struct dc_err *err);
void patient_free(struct patient *p);

/* What to poll; fd -1: only time matters. */
struct pollfd patient_poll(const struct patient *p);
/* When patient_step is due whatever happens. */
int64_t patient_due(const struct patient *p);

/* Goes on as far as that is possible now. A verdict, or DC_HEALTH_UNKNOWN when
 * there is none. */
enum dc_instance_health patient_step(struct patient *p, short revents);

/* Has it been ill for so long that it must be replaced? *SECONDS is how long
 * that is. */
bool patient_is_lost(const struct patient *p, int64_t *seconds);

#endif
