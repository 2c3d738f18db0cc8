/* uploader/applog_api.c -- the logs of an application: what its instances
 * write below /var/log/supervisor. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/instance.h"
#include "uploader/tail.h"

#include <inttypes.h>
#include <string.h>
#include <sys/inotify.h>

#define WAIT_MS 1000
#define KEEP_ALIVE_MS 15000
#define LINES_DEFAULT 100
#define LINES_MAX 10000
#define TAILS_MAX 256

#define SHOWN                                                                  \
	(DC_FROM(DC_INSTANCE_INSTALLING) | DC_FROM(DC_INSTANCE_LAUNCHING) |    \
	    DC_FROM(DC_INSTANCE_READY) | DC_FROM(DC_INSTANCE_UP) |             \
	    DC_FROM(DC_INSTANCE_DOWN) | DC_FROM(DC_INSTANCE_RESTARTING) |      \
	    DC_FROM(DC_INSTANCE_PARKING) | DC_FROM(DC_INSTANCE_PARKED) |       \
	    DC_FROM(DC_INSTANCE_DRAINING))

struct source {
	int64_t id, number;
	char service[DC_MAX_SERVICE_NAME + 1];
	struct tail *tail;
	bool is_listed; /* still an instance of the application */
};

struct applog {
	struct request *rq;
	struct reply *rp;
	const char *filter; /* "www,db.1" or NULL */
	struct source sources[TAILS_MAX];
	size_t n;
	int64_t lines; /* to begin with */
	int inotify;
	int64_t spoken, listed;
	struct source *now; /* whose lines are being read */
};

static bool
is_wanted(const char *filter, const struct dc_instance *i)
{
	dc_auto_free char *name =
	    dc_asprintf("%s.%" PRId64, i->service, i->number);
	size_t len;

	if (filter == NULL || *filter == '\0')
		return true;
	for (;; filter += len + 1) {
		len = strcspn(filter, ",");
		if ((strlen(i->service) == len &&
			strncmp(filter, i->service, len) == 0) ||
		    (strlen(name) == len && strncmp(filter, name, len) == 0))
			return true;
		if (filter[len] == '\0')
			return false;
	}
}

static int
add_source(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct applog *a = arg;
	dc_auto_free char *dir = NULL;
	struct source *s;
	size_t k;

	(void)err;
	if (i->application_id != a->rq->app.id || !is_wanted(a->filter, i))
		return 0;
	for (k = 0; k < a->n; k++)
		if (a->sources[k].id == i->id) {
			a->sources[k].is_listed = true;
			return 0;
		}
	if (a->n == TAILS_MAX || strlen(i->service) > DC_MAX_SERVICE_NAME)
		return 0;
	dir = dc_conf_path(a->rq->conf, "boxes/%s-i%" PRId64 "/log",
	    a->rq->conf->bridge, i->id);
	s = &a->sources[a->n];
	*s = (struct source){.id = i->id,
	    .number = i->number,
	    .is_listed = true};
	(void)stpcpy(s->service, i->service);
	/* Its container may just be coming or going. */
	if (tail_open(&s->tail, dir, a->lines, a->inotify, NULL) == 0)
		a->n++;
	return 0;
}

static int
on_line(const char *name, const char *line, void *arg, struct dc_err *err)
{
	dc_auto_free char *file = dc_asprintf("/var/log/supervisor/%s", name);
	struct dc_json *j = dc_json_new_object();
	struct applog *a = arg;

	dc_json_add_str(j, "service", a->now->service);
	dc_json_add_int(j, "instance", a->now->number);
	dc_json_add_str(j, "filename", file);
	dc_json_add_str(j, "message", line);
	a->spoken = dc_mono_ms();
	return reply_line(a->rp, j, err);
}

static int
read_all(struct applog *a, bool at_end, struct dc_err *err)
{
	struct source *s;
	size_t i;
	int rc = 0;

	for (i = 0; i < a->n && rc >= 0; i++) {
		s = a->now = &a->sources[i];
		rc = tail_read(s->tail, at_end || !s->is_listed, on_line, a,
		    err);
		if (rc < 0 || s->is_listed)
			continue;
		tail_close(s->tail);
		a->sources[i--] = a->sources[--a->n];
	}
	return rc;
}

/* At most once a second, however much is written. */
static int
list(struct applog *a, struct dc_err *err)
{
	size_t i;
	int rc;

	if (a->listed != 0 && dc_mono_ms() - a->listed < WAIT_MS)
		return 0;
	for (i = 0; i < a->n; i++)
		a->sources[i].is_listed = false;
	rc = dc_instance_each(a->rq->db, 0, 0, SHOWN, add_source, a, err);
	a->listed = dc_mono_ms();
	/* Instances that come later are shown from their first line. */
	a->lines = -1;
	return rc;
}

static int
follow(struct applog *a, struct dc_err *err)
{
	char events[4096];
	int rc;

	for (;;) {
		rc = reply_wait(a->rp, a->inotify, WAIT_MS, err);
		if (rc < 0)
			return rc;
		while (read(a->inotify, events, sizeof(events)) > 0)
			;
		rc = list(a, err);
		if (rc == 0)
			rc = read_all(a, false, err);
		if (rc == 0 && dc_mono_ms() - a->spoken > KEEP_ALIVE_MS) {
			rc = reply_keep_alive(a->rp, err);
			a->spoken = dc_mono_ms();
		}
		if (rc < 0)
			return rc;
	}
}

static int
begin(struct applog *a, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();
	int rc = reply_stream(a->rp, err);

	dc_json_add_str(j, "application", a->rq->app.name);
	if (rc == 0)
		return reply_line(a->rp, j, err);
	dc_json_free(j);
	return rc;
}

int
application_show_log(struct request *rq, struct reply *rp, struct dc_err *err)
{
	bool goes_on =
	    request_has_flag(rq, "stream") && request_has_flag(rq, "follow");
	struct applog *a = dc_xcalloc(1, sizeof(*a));
	int rc;

	a->rq = rq;
	a->rp = rp;
	a->filter = params_find(&rq->query, "filter");
	a->spoken = dc_mono_ms();
	a->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	rc = request_number(rq, &a->lines, "lines", 0, LINES_MAX, LINES_DEFAULT,
	    err);
	if (rc == 0)
		rc = begin(a, err);
	if (rc == 0)
		rc = list(a, err);
	if (rc == 0)
		rc = read_all(a, !goes_on, err);
	if (rc == 0 && goes_on)
		rc = follow(a, err);
	while (a->n > 0)
		tail_close(a->sources[--a->n].tail);
	if (a->inotify >= 0)
		(void)close(a->inotify);
	free(a);
	return rc;
}
