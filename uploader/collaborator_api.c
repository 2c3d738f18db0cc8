/* uploader/collaborator_api.c -- who works on an application besides its owner:
 * list, add, remove. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/collaborator.h"
#include "uploader/act.h"
#include "uploader/date.h"

#include <string.h>

static int
add_one(const struct dc_collaborator *c, void *arg, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();

	(void)err;
	dc_json_add_str(j, "username", c->account);
	date_add(j, "created_at", c->created_at * 1000);
	dc_json_add(arg, NULL, j);
	return 0;
}

int
collaborator_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	int rc;

	rc = dc_collaborator_each(rq->db, rq->app.id, add_one, all, err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&all), err);
}

static int
save(struct request *rq, bool *is_new, const char *name, struct dc_err *err)
{
	dc_auto_free char *details = dc_asprintf("collaborator=%s", name);
	int rc = dc_db_begin(rq->db, err);

	if (rc < 0)
		return rc;
	rc = dc_collaborator_add(rq->db, is_new, rq->app.id, name, err);
	if (rc == 0 && !*is_new)
		return dc_db_end(rq->db, rc, err);
	return act_end(rq, rc,
	    &(struct dc_activity){.category = "collaborator",
		.action = "add",
		.details = details},
	    err);
}

int
collaborator_add(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	struct dc_json *j;
	const char *name;
	bool is_new = false;
	int rc = request_json(rq, &body, err);

	if (rc < 0)
		return rc;
	name = dc_json_find_str(body, "username");
	if (name == NULL)
		return reply_fail(rp, 422, err, "username is needed");
	/* By name alone: addresses are nobody else's business. */
	if (!dc_account_is_name(name))
		return reply_fail(rp, 422, err, "'%.64s' is no user name",
		    name);
	rc = save(rq, &is_new, name, err);
	if (rc == DC_ENOTFOUND)
		return reply_fail(rp, 422, err, "There is no user \"%s\"",
		    name);
	if (rc == DC_EINVAL)
		rp->status = 422;
	if (rc < 0)
		return rc;
	j = dc_json_new_object();
	dc_json_add_str(j, "username", name);
	return reply_object(rp, is_new ? 201 : 200, j, err);
}

/* The owner anybody, a collaborator himself. */
int
collaborator_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	const char *name = rq->capture[1];
	dc_auto_free char *details = NULL;
	int rc;

	if (rq->app.account_id != rq->account.id &&
	    strcmp(name, rq->account.name) != 0)
		return route_refuse(rq, err);
	details = dc_asprintf("collaborator=%.64s", name);
	rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	rc = act_end(rq, dc_collaborator_remove(rq->db, rq->app.id, name, err),
	    &(struct dc_activity){.category = "collaborator",
		.action = "remove",
		.details = details},
	    err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
