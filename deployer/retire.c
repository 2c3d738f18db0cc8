/* deployer/retire.c -- see retire.h. CONTRACT 1.6, step 16. */
#include "deployer/retire.h"

#include "common/base/fs.h"
#include "common/box/box.h"
#include "common/store/data.h"
#include "common/store/hold.h"
#include "deployer/data.h"
#include "deployer/route.h"
#include "deployer/unit.h"

#include <poll.h>

/* How often HAProxy is asked whether the last request has ended. */
#define ASK_MS 50

static int
drain(struct unit *u, int seconds, struct dc_err *err)
{
	int64_t end = dc_mono_ms() + seconds * 1000L;
	long n = 1;
	int rc = route_sync(u->job->conf, u->job->db, err);

	while (rc == 0 && n > 0 && dc_mono_ms() < end) {
		rc = route_sessions(&n, u->job->conf, u->job->db, &u->row, err);
		if (rc == 0 && n > 0)
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
	int rc =
	    drain(u, waits ? DC_HOLD_DRAIN_SECONDS : DC_DRAIN_SECONDS, err);

	return rc == 0 ? dc_box_stop(u->boxes, u->box, DC_STOP_SECONDS, err)
		       : rc;
}

int
retire_run(struct dc_job *job, struct dc_err *err)
{
	struct unit u = {0};
	bool was_up;
	int rc = unit_load(&u, job, err);

	was_up = rc == 0 && u.row.state == DC_INSTANCE_DRAINING;
	if (was_up)
		rc = drain(&u, DC_DRAIN_SECONDS, err);
	if (rc == 0 && was_up)
		rc = dc_box_stop(u.boxes, u.box, DC_STOP_SECONDS, err);
	if (rc == 0)
		rc = data_keep(&u, err);
	if (rc == 0)
		rc = dc_box_destroy(u.boxes, u.box, err);
	if (rc == 0)
		rc = dc_instance_end(job->db, job->id, (int)u.row.state,
		    job->claim, err);
	if (rc == 0 && was_up)
		rc = route_sync(job->conf, job->db, err);
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

int
retire_park(struct dc_job *job, struct dc_err *err)
{
	struct unit u = {0};
	int rc = unit_load(&u, job, err);

	if (rc == 0)
		rc = drain(&u, DC_HOLD_DRAIN_SECONDS, err);
	if (rc == 0)
		rc = dc_box_stop(u.boxes, u.box, DC_STOP_SECONDS, err);
	if (rc == 0)
		rc = data_give(&u, err);
	if (rc == 0)
		rc = be_parked(&u, err);
	unit_done(&u);
	return rc;
}
