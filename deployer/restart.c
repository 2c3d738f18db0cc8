/* deployer/restart.c -- see restart.h. */
#include "deployer/restart.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/store/hold.h"
#include "common/store/restart.h"
#include "deployer/control.h"
#include "deployer/health.h"
#include "deployer/route.h"
#include "deployer/unit.h"

#include <inttypes.h>
#include <string.h>

/* All that may happen until it is up again. */
static int
find_end(int64_t *until, const struct unit *u, struct dc_err *err)
{
	struct health health = {0};
	int64_t seconds =
	    DC_HOLD_DRAIN_SECONDS + DC_STOP_SECONDS + DC_HOLD_SECONDS;
	int rc = health_load(&health, &u->def, err);

	if (rc == 0)
		*until = dc_now_ms() + (seconds + health.deadline) * 1000;
	return rc;
}

int
restart_begin(struct dc_job *job, struct dc_err *err)
{
	struct unit u = {0};
	int64_t until = 0;
	int rc = unit_load(&u, job, err);

	if (rc == 0)
		rc = find_end(&until, &u, err);
	if (rc == 0)
		rc =
		    dc_restart_begin(job->db, u.row.id, until, job->claim, err);
	if (rc == 0)
		log_info("instance=%" PRId64 " app='%s' %s.%" PRId64
			 " is started again",
		    u.row.id, u.row.application, u.row.service, u.row.number);
	unit_done(&u);
	return rc;
}

/* The row comes after: a word that comes twice is no harm. */
int
restart_resume(struct dc_job *job, struct dc_err *err)
{
	struct unit u = {0};
	int rc = unit_load(&u, job, err);

	if (rc == 0)
		rc = control_ask(NULL, u.box_dir, "resume all", err);
	if (rc == 0)
		rc = dc_restart_resume(job->db, u.row.id, err);
	unit_done(&u);
	return rc;
}

/* The holds of users that have not settled, and the requests of a service. */
struct following {
	struct dc_job *job;
	bool is_synced, busy;
	long sessions;
};

static int
add_sessions(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct following *f = arg;
	long n = 0;
	int rc = route_sessions(&n, f->job->conf, f->job->db, i, err);

	f->sessions += n;
	return rc;
}

static int
follow_one(const struct dc_hold *h, void *arg, struct dc_err *err)
{
	struct following *f = arg;
	int64_t now = dc_now_ms();
	int rc = 0;

	if (!f->is_synced)
		rc = route_sync(f->job->conf, f->job->db, err);
	f->is_synced = true;
	f->sessions = 0;
	if (rc == 0 && h->until > now &&
	    now - h->since < DC_HOLD_DRAIN_SECONDS * 1000L)
		rc = dc_instance_each(f->job->db, 0, h->service_id,
		    DC_SERVING | DC_FROM(DC_INSTANCE_DRAINING), add_sessions, f,
		    err);
	if (rc < 0)
		return rc;
	f->busy |= f->sessions > 0;
	return f->sessions > 0 ? 0 : dc_hold_settle(f->job->db, h, err);
}

int
restart_follow_holds(bool *busy, struct dc_job *job, struct dc_err *err)
{
	struct following f = {.job = job};
	int rc = dc_hold_each_unsettled(job->db, follow_one, &f, err);

	*busy = f.busy;
	return rc;
}
