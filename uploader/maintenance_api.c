/* uploader/maintenance_api.c -- closes an application, with a page of its own,
 * and opens it again. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/store/maintenance.h"
#include "uploader/act.h"

#include <string.h>

int
maintenance_save(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	struct dc_json *page;
	const char *text;
	int rc = request_json(rq, &body, err);

	if (rc < 0)
		return rc;
	page = dc_json_find(body, "page");
	text = dc_json_str(page);
	if (page != NULL && dc_json_type(page) != DC_JSON_NULL &&
	    (text == NULL || *text == '\0'))
		return reply_fail(rp, 422, err,
		    "page must be HTML, and not empty");
	if (text != NULL && strlen(text) > DC_MAX_PAGE)
		return reply_fail(rp, 422, err,
		    "the page may have %d bytes, this one has %zu", DC_MAX_PAGE,
		    strlen(text));
	rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	rc = act_end(rq,
	    dc_maintenance_save(rq->db, rq->app.id, text != NULL ? text : "",
		err),
	    &(struct dc_activity){.category = "app", .action = "close"}, err);
	return rc < 0 ? rc : reply_empty(rp, err);
}

int
maintenance_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int rc = dc_db_begin(rq->db, err);

	if (rc == 0)
		rc = act_end(rq, dc_maintenance_remove(rq->db, rq->app.id, err),
		    &(struct dc_activity){.category = "app", .action = "open"},
		    err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
