/* uploader/deployment_api.c -- revisions, deployments and their logs. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/deployment.h"
#include "common/store/revision.h"
#include "common/store/service.h"
#include "uploader/date.h"
#include "uploader/follow.h"
#include "uploader/progress.h"
#include "uploader/submit.h"

#include <string.h>

#define BELL_MS 1000
#define KEEP_ALIVE_MS 15000
#define LINES_MAX 1000000
#define PROGRESS_MS 1000 /* of silence */

static struct dc_json *
new_revision(const struct dc_revision *r, int64_t running)
{
	struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "revision", r->name);
	dc_json_add_bool(j, "current", r->id == running);
	date_add(j, "created_at", r->created_at * 1000);
	date_add(j, "uploaded_at", r->uploaded_at * 1000);
	return j;
}

/* 0: nothing runs. */
static int
find_running(struct request *rq, int64_t *id, struct dc_err *err)
{
	dc_auto_revision struct dc_revision r = {0};
	int rc = dc_revision_find_running(rq->db, &r, rq->app.id, err);

	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	*id = r.id;
	return 0;
}

int
revision_show_running(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_revision struct dc_revision r = {0};
	int rc = dc_revision_find_running(rq->db, &r, rq->app.id, err);

	if (rc < 0)
		return rc;
	return reply_object(rp, 200, new_revision(&r, r.id), err);
}

struct revisions {
	struct dc_json *array;
	int64_t running;
};

static int
add_revision(const struct dc_revision *r, void *arg, struct dc_err *err)
{
	struct revisions *all = arg;

	(void)err;
	dc_json_add(all->array, NULL, new_revision(r, all->running));
	return 0;
}

int
revision_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *array = dc_json_new_array();
	struct revisions all = {.array = array};
	int rc;

	rc = find_running(rq, &all.running, err);
	if (rc == 0)
		rc = dc_revision_each(rq->db, rq->app.id, add_revision, &all,
		    err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&array), err);
}

int
revision_show(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_revision struct dc_revision r = {0};
	int64_t running = 0;
	int rc;

	rc = dc_revision_find(rq->db, &r, rq->app.id, rq->capture[1], err);
	if (rc == 0)
		rc = find_running(rq, &running, err);
	if (rc < 0)
		return rc;
	return reply_object(rp, 200, new_revision(&r, running), err);
}

static int
add_deployment(const struct dc_deployment *d, void *arg, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();

	(void)err;
	dc_json_add_str(j, "deploy_id", d->deploy_id);
	dc_json_add_str(j, "revision", d->revision);
	dc_json_add_str(j, "state",
	    dc_deployment_machine.states[d->state].name);
	dc_json_add_bool(j, "clean", d->clean);
	dc_json_add_str(j, "error", d->error);
	dc_json_add_bool(j, "is_rollback", d->rolls_back != 0);
	date_add_second(j, "created_at", d->created_at);
	dc_json_add(arg, NULL, j);
	return 0;
}

int
deployment_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	int rc;

	rc = dc_deployment_each(rq->db, rq->app.id, add_deployment, all, err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&all), err);
}

/* All services of an application are deployed together: that there is the one
 * which was asked for is all. */
static int
check_service(struct request *rq, const struct dc_json *body,
    struct dc_err *err)
{
	const char *name = dc_json_find_str(body, "service");
	int64_t id;
	int rc = name != NULL
		     ? dc_service_find(rq->db, &id, rq->app.id, name, err)
		     : 0;

	return rc == DC_ENOTFOUND
		   ? dc_fail(err, rc, "Service \"%.64s\" does not exist", name)
		   : rc;
}

int
deployment_add(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	submit_auto struct submit s = {.db = rq->db,
	    .conf = rq->conf,
	    .app = &rq->app,
	    .account_id = rq->account.id};
	const struct dc_json *revision;
	struct dc_json *j;
	int rc;

	rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	revision = dc_json_find(body, "revision");
	if (dc_json_type(revision) != DC_JSON_NULL &&
	    dc_json_type(revision) != DC_JSON_STRING)
		return reply_fail(rp, 400, err,
		    "revision must be a string or null");
	rc = check_service(rq, body, err);
	if (rc < 0)
		return rc;
	s.revision = dc_json_str(revision);
	s.clean = dc_json_has_true(body, "clean");
	rc = submit_run(&s, err);
	if (rc < 0)
		return rc;
	j = dc_json_new_object();
	dc_json_add_str(j, "deploy_id", s.deploy_id);
	dc_json_add_str(j, "revision", s.name);
	return reply_object(rp, 201, j, err);
}

static bool
has_ended(struct dc_db *db, int64_t id)
{
	dc_auto_deployment struct dc_deployment d = {0};

	return dc_deployment_load(db, &d, id, NULL) < 0 ||
	       d.state >= DC_DEPLOYMENT_DONE;
}

/* The answer waits for the deployer: what was begun has then been given up, and
 * the next push need not wait. */
int
deployment_cancel(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	struct dc_json *j;
	int64_t id;
	int rc;

	rc = dc_deployment_find(rq->db, &id, rq->app.id, rq->capture[1], err);
	if (rc == 0)
		rc = dc_deployment_cancel(rq->db, id, rq->account.id,
		    rq->account.name, err);
	if (rc == 0)
		rc = request_wait(rq, rp, has_ended, id, err);
	if (rc == 0)
		rc = dc_deployment_load(rq->db, &d, id, err);
	if (rc < 0)
		return rc;
	/* It may have gone live, or failed, before anybody saw the wish. */
	if (d.state == DC_DEPLOYMENT_DONE || d.state == DC_DEPLOYMENT_FAILED)
		return reply_fail(rp, 409, err, "Deployment %s %s", d.deploy_id,
		    d.state == DC_DEPLOYMENT_DONE ? "is live already"
						  : "has ended already");
	j = dc_json_new_object();
	dc_json_add_str(j, "deploy_id", d.deploy_id);
	dc_json_add_str(j, "revision", d.revision);
	dc_json_add_str(j, "state", dc_deployment_machine.states[d.state].name);
	return reply_object(rp, 200, j, err);
}

static void
add_line(const struct follow_line *line, void *arg)
{
	struct dc_json *j = dc_json_new_object();
	dc_auto_free char *text = NULL;

	dc_json_add_int(j, "id", line->id);
	date_add(j, "created_at", line->created_at);
	if (line->service != NULL)
		dc_json_add_str(j, "service", line->service);
	if (line->instance >= 0)
		dc_json_add_int(j, "instance", line->instance);
	dc_json_add_str(j, "level", line->error ? "ERROR" : "INFO");
	if (line->status != NULL)
		dc_json_add_str(j, "status", line->status);
	dc_json_add_str(j, "message", line->message);
	text = reply_format_line(j);
	dc_str_add(arg, text);
}

static int
send_meta(struct request *rq, struct reply *rp, int64_t id, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	struct dc_json *j;
	int rc = dc_deployment_load(rq->db, &d, id, err);

	if (rc == 0)
		rc = reply_stream(rp, err);
	if (rc < 0)
		return rc;
	j = dc_json_new_object();
	dc_json_add_str(j, "application", d.application);
	dc_json_add_str(j, "deploy_id", d.deploy_id);
	dc_json_add_str(j, "revision", d.revision);
	return reply_line(rp, j, err);
}

struct stream {
	struct reply *rp;
	struct follow *f;
	int bell;
	bool goes_on, has_progress;
	struct dc_str lines;
	int64_t spoken; /* something, and a line of the log */
	int64_t printed;
	char *shown; /* the progress behind that line */
};

/* A client that shows them writes such lines over each other. */
static int
send_progress(struct stream *s, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	dc_auto_json struct dc_json *j = NULL;
	int rc;

	if (!s->has_progress || dc_mono_ms() - s->printed < PROGRESS_MS)
		return 0;
	rc = progress_format(&text, s->f->db, s->f->deployment_id, err);
	if (rc < 0 || text == NULL ||
	    (s->shown != NULL && strcmp(s->shown, text) == 0))
		return rc;
	j = dc_json_new_object();
	dc_json_add_str(j, "level", "INFO");
	dc_json_add_bool(j, "partial", true);
	dc_json_add_str(j, "message", text);
	free(s->shown);
	s->shown = dc_steal_ptr(&text);
	s->spoken = dc_mono_ms();
	return reply_line(s->rp, j, err);
}

static int
send_lines(struct stream *s, struct dc_err *err)
{
	int rc = dc_fs_write_all(s->rp->fd, s->lines.data, s->lines.len, err);

	dc_str_done(&s->lines);
	free(s->shown);
	s->shown = NULL;
	s->spoken = s->printed = dc_mono_ms();
	return rc;
}

static int
send_more(struct stream *s, struct dc_err *err)
{
	int rc;

	if (s->lines.len > 0)
		return send_lines(s, err);
	rc = send_progress(s, err);
	if (rc < 0 || dc_mono_ms() - s->spoken < KEEP_ALIVE_MS)
		return rc;
	s->spoken = dc_mono_ms();
	return reply_keep_alive(s->rp, err);
}

static int
stream(struct stream *s, struct dc_err *err)
{
	int rc, more;

	s->spoken = s->printed = dc_mono_ms();
	s->f->fn = add_line;
	s->f->arg = &s->lines;
	for (;;) {
		dc_bell_clear(s->bell);
		more = follow_step(s->f, err);
		if (more < 0)
			return more;
		rc = send_more(s, err);
		if (rc == 0 && more == 0 && (s->f->has_ended || !s->goes_on))
			return 0;
		if (rc == 0 && more == 0)
			rc = reply_wait(s->rp, s->bell, BELL_MS, err);
		if (rc < 0)
			return rc;
	}
}

int
deployment_show_log(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(rq->conf, "state.db");
	struct follow f = {.db = rq->db};
	struct stream s = {.rp = rp,
	    .f = &f,
	    .goes_on = request_has_flag(rq, "stream") &&
		       request_has_flag(rq, "follow"),
	    .has_progress = request_has_flag(rq, "progress")};
	dc_auto_fd int bell = -1;
	int64_t n = -1;
	int rc;

	rc = dc_deployment_find(rq->db, &f.deployment_id, rq->app.id,
	    rq->capture[1], err);
	if (rc == 0)
		rc = request_number(rq, &n, "lines", 0, LINES_MAX, -1, err);
	if (rc == 0)
		rc = request_number(rq, &f.since, "since", 0, INT64_MAX / 2, 0,
		    err);
	if (rc == 0 && n >= 0 && f.since == 0)
		rc = follow_seek(&f, n, err);
	if (rc == 0)
		rc = dc_bell_open(&bell, path, err);
	if (rc == 0)
		rc = send_meta(rq, rp, f.deployment_id, err);
	if (rc < 0)
		return rc;
	s.bell = bell;
	rc = stream(&s, err);
	dc_str_done(&s.lines);
	free(s.shown);
	return rc;
}
