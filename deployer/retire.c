/* deployer/retire.c -- see retire.h. CONTRACT 1.6, step 16. */
#include "deployer/retire.h"

#include "common/base/fs.h"
#include "common/box/box.h"
#include "common/store/data.h"
#include "common/store/hold.h"
#include "deployer/data.h"
#include "deployer/keptlog.h"
#include "deployer/reserve.h"
#include "deployer/route.h"
#include "deployer/unit.h"

#include <poll.h>
#include <stdio.h>

/* How often HAProxy is asked whether the last request has ended. */
#define ASK_MS 50

/* *N is how many requests are left then. */
static int
drain(long *n, struct unit *u, int64_t seconds, struct dc_err *err)
{
	int64_t end = dc_mono_ms() + seconds * 1000;
	int rc = route_sync(u->job->conf, u->job->db, err);

	*n = 1;
	while (rc == 0 && *n > 0 && dc_mono_ms() < end) {
		rc = route_sessions(n, u->job->conf, u->job->db, &u->row, err);
		if (rc == 0 && *n > 0)
			(void)poll(NULL, 0, ASK_MS);
	}
	return rc;
}

/* Not as long where requests wait for it. */
int
retire_stop(struct unit *u, struct dc_err *err)
{
	struct dc_hold hold;
	bool waits = dc_hold_find(u->job->db, &hold, u->row.service_id,
			 DC_HOLD_INSTANCE, NULL) == 0 ||
		     dc_hold_find(u->job->db, &hold, u->row.service_id,
			 DC_HOLD_USER, NULL) == 0;
	long n;
	int rc = drain(&n, u,
	    waits ? DC_HOLD_DRAIN_SECONDS : u->job->conf->drain_seconds, err);

	return rc == 0 ? dc_box_stop(u->boxes, u->box,
			     waits ? DC_STOP_SECONDS : DC_STOP_MAX_SECONDS, err)
		       : rc;
}

/* One that was in reserve has been drained for long. */
static int
leave(bool *kept, struct unit *u, struct dc_err *err)
{
	int64_t until = u->row.reserved_until;
	long n = 0;
	int rc;

	if (until != 0 && until <= dc_now_ms())
		return 0;
	rc = drain(&n, u, u->job->conf->drain_seconds, err);
	return rc == 0 && n == 0 ? reserve_keep(kept, u, err) : rc;
}

static int
end(struct unit *u, bool was_up, struct dc_err *err)
{
	struct dc_job *job = u->job;
	/* Its pid 1 obeys each stopwaitsecs, and ends when they have passed. */
	int rc = dc_box_stop(u->boxes, u->box, was_up ? DC_STOP_MAX_SECONDS : 0,
	    err);

	if (rc == 0)
		rc = data_keep(u, err);
	if (rc == 0)
		rc = keptlog_save(u, err);
	if (rc == 0)
		rc = dc_box_destroy(u->boxes, u->box, err);
	if (rc == 0)
		rc = dc_instance_end(job->db, job->id, (int)u->row.state,
		    job->claim, err);
	if (rc == 0 && was_up)
		rc = route_sync(job->conf, job->db, err);
	return rc;
}

int
retire_run(struct dc_job *job, struct dc_err *err)
{
	struct unit u = {0};
	bool was_up, kept = false;
	int rc = unit_load(&u, job, err);

	was_up = rc == 0 && u.row.state == DC_INSTANCE_DRAINING;
	if (was_up)
		rc = leave(&kept, &u, err);
	if (rc == 0 && !kept)
		rc = end(&u, was_up, err);
	unit_done(&u);
	return rc;
}

static int
be_parked(struct unit *u, struct dc_err *err)
{
	int rc = dc_db_begin(u->job->db, err);

	if (rc < 0)
		return rc;
	rc = dc_instance_move(u->job->db, u->row.id, DC_INSTANCE_PARKING,
	    DC_INSTANCE_PARKED, u->job->claim, err);
	if (rc == 0)
		rc = dc_data_want(u->job->db, u->row.id, err);
	return dc_db_end(u->job->db, rc, err);
}

/* The deployment that waits for it fails, with why. */
static int
refuse(struct unit *u, struct dc_err *err)
{
	char why[DC_ERR_MAX];
	struct dc_err e = DC_ERR_INIT;

	(void)snprintf(why, sizeof(why), "%s", err->msg);
	if (dc_instance_set_error(u->job->db, u->row.id, why, &e) < 0)
		return dc_fail(err, e.code, "%s; %s", why, e.msg);
	return DC_EUSER;
}

int
retire_park(struct dc_job *job, struct dc_err *err)
{
	struct unit u = {0};
	long n;
	int rc = unit_load(&u, job, err);

	if (rc == 0)
		rc = drain(&n, &u, DC_HOLD_DRAIN_SECONDS, err);
	if (rc == 0)
		rc = dc_box_stop(u.boxes, u.box, DC_STOP_SECONDS, err);
	if (rc == 0)
		rc = data_give(&u, err);
	if (rc == DC_EUSER)
		rc = refuse(&u, err);
	if (rc == 0)
		rc = be_parked(&u, err);
	unit_done(&u);
	return rc;
}
