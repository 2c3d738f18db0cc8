/* uploader/act.c -- see act.h. */
#include "uploader/act.h"

int
act_end(struct request *rq, int rc, const struct dc_activity *row,
    struct dc_err *err)
{
	struct dc_activity full = *row;

	full.application_id = rq->app.id;
	if (rc == 0)
		rc = dc_activity_add(rq->db, rq->account.id, &full, err);
	return dc_db_end(rq->db, rc, err);
}
