/* uploader/act.c -- see act.h. */
#include "uploader/act.h"

#include "common/base/auto.h"
#include "common/base/str.h"

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

int
act_end_domain(struct request *rq, int rc, const char *action, const char *host,
    struct dc_err *err)
{
	dc_auto_free char *details = dc_asprintf("domain=%s", host);

	return act_end(rq, rc,
	    &(struct dc_activity){.service = rq->capture[1],
		.category = "domain",
		.action = action,
		.details = details},
	    err);
}
