/* uploader/hold_api.c -- requests of services wait, and go on; instances are
 * started again. The deployer does what the rows say. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/hold.h"
#include "common/store/restart.h"
#include "common/store/service.h"
#include "uploader/act.h"
#include "uploader/service_json.h"

#include <string.h>

/* One request's work on some services. */
struct work {
	struct request *rq;
	const struct reply *rp;
	int64_t until;
	bool is_restart;
	int64_t *ids; /* those that have requests */
	size_t n;
	struct dc_json *shown;
};

static int
note_service(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct work *w = arg;
	int64_t slot;
	int rc = dc_service_find_slot(w->rq->db, &slot, s->id, NULL);

	if (rc == DC_ENOTFOUND)
		return 0;
	if (rc < 0)
		return dc_fail(err, rc, "service %lld", (long long)s->id);
	w->ids = dc_xrealloc(w->ids, (w->n + 1) * sizeof(*w->ids));
	w->ids[w->n++] = s->id;
	return 0;
}

/* The one that the path names, or all. */
static int
find_services(struct work *w, struct dc_err *err)
{
	dc_auto_service struct dc_service s = {0};
	int64_t id;
	int rc;

	if (w->rq->capture[1] == NULL)
		return dc_service_each(w->rq->db, w->rq->app.id, note_service,
		    w, err);
	rc = request_find_service(w->rq, &id, err);
	if (rc == 0)
		rc = dc_service_load(w->rq->db, &s, id, err);
	return rc == 0 ? note_service(&s, w, err) : rc;
}

static int
save_one(struct work *w, int64_t id, struct dc_err *err)
{
	int rc = dc_hold_save(w->rq->db, NULL, id, DC_HOLD_USER, w->until, err);

	if (rc == 0 && w->is_restart)
		rc = dc_restart_ask_suspended(w->rq->db, id, err);
	return rc;
}

static int
remove_one(struct work *w, int64_t id, struct dc_err *err)
{
	return dc_hold_release(w->rq->db, NULL, id, DC_HOLD_USER, err);
}

/* FN for all of them at the same moment, which is called ACTION. */
static int
change_all(struct work *w, const char *action,
    int (*fn)(struct work *w, int64_t id, struct dc_err *err),
    struct dc_err *err)
{
	const char *service = w->rq->capture[1];
	int rc = dc_db_begin(w->rq->db, err);

	if (rc < 0)
		return rc;
	for (size_t i = 0; rc == 0 && i < w->n; i++)
		rc = fn(w, w->ids[i], err);
	return act_end(w->rq, rc,
	    &(struct dc_activity){.service = service,
		.category = service != NULL ? "service" : "app",
		.action = action},
	    err);
}

static bool
is_settled(struct dc_db *db, int64_t id)
{
	bool settled = true;

	return dc_restart_is_settled(db, &settled, id, NULL) < 0 || settled;
}

/* The router obeys, what was under way has ended, instances are back. */
static int
wait_all(struct work *w, struct dc_err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < w->n; i++)
		rc = request_wait(w->rq, w->rp, is_settled, w->ids[i], err);
	return rc;
}

static int
show_all(struct work *w, struct dc_err *err)
{
	struct dc_json *j;
	int rc = 0;

	w->shown = dc_json_new_array();
	for (size_t i = 0; rc == 0 && i < w->n; i++) {
		rc = service_json(w->rq, &j, w->ids[i], err);
		if (rc == 0)
			dc_json_add(w->shown, NULL, j);
	}
	return rc;
}

static int
read_body(struct work *w, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	int64_t seconds;
	int rc = request_json(w->rq, &body, err);

	if (rc < 0)
		return rc;
	seconds = dc_json_find_int(body, "seconds", DC_SUSPEND_SECONDS);
	if (seconds < 1 || seconds > DC_MAX_SUSPEND_SECONDS)
		return reply_fail(rp, 422, err,
		    "seconds must be a number from 1 to %d",
		    DC_MAX_SUSPEND_SECONDS);
	w->until = dc_now_ms() + seconds * 1000;
	w->is_restart = dc_json_has_true(body, "restart");
	return 0;
}

int
hold_save(struct request *rq, struct reply *rp, struct dc_err *err)
{
	struct work w = {.rq = rq, .rp = rp};
	int rc = read_body(&w, rp, err);

	if (rc == 0)
		rc = find_services(&w, err);
	if (rc == 0 && w.n == 0)
		rc = reply_fail(rp, 422, err,
		    "there are no requests to hold: it has no http port, or"
		    " was never deployed");
	if (rc == 0)
		rc = change_all(&w, w.is_restart ? "restart" : "suspend",
		    save_one, err);
	if (rc == 0)
		rc = wait_all(&w, err);
	if (rc == 0)
		rc = show_all(&w, err);
	free(w.ids);
	if (rc == 0)
		return reply_objects(rp, w.shown, err);
	dc_json_free(w.shown);
	return rc;
}

int
hold_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	struct work w = {.rq = rq, .rp = rp};
	int rc = find_services(&w, err);

	if (rc == 0)
		rc = change_all(&w, "resume", remove_one, err);
	if (rc == 0)
		rc = wait_all(&w, err);
	free(w.ids);
	return rc < 0 ? rc : reply_empty(rp, err);
}

int
instance_save_status(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	dc_auto_free char *details = NULL;
	const char *status;
	long long number;
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	status = dc_json_find_str(body, "status");
	if (status == NULL || strcmp(status, "restart") != 0)
		return reply_fail(rp, 400, err, "status must be \"restart\"");
	if (!dc_is_number(rq->capture[2], 0, DC_MAX_INSTANCES, &number))
		return reply_fail(rp, 400, err,
		    "'%.64s' is not the number of an instance", rq->capture[2]);
	details = dc_asprintf("instance=%lld", number);
	rc = dc_db_begin(rq->db, err);
	if (rc == 0)
		rc = act_end(rq, dc_restart_ask(rq->db, id, number, err),
		    &(struct dc_activity){.service = rq->capture[1],
			.category = "service",
			.action = "restart",
			.details = details},
		    err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Service (%s) instance #%lld not found",
		    rq->capture[1], number);
	return rc < 0 ? rc : reply_empty(rp, err);
}
