/* uploader/applog_api.c -- the logs of an application: what its instances
 * write below /var/log/supervisor. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/last.h"
#include "uploader/date.h"
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
	int64_t id, number, ended_at;
	char service[DC_MAX_SERVICE_NAME + 1];
	struct tail *tail;
	bool is_listed; /* still an instance of the application */
};

/* "ID/FILE/INODE/OFFSET": where a reader who comes back goes on. */
struct place {
	int64_t id;
	struct tail_mark mark;
};

struct applog {
	struct request *rq;
	struct reply *rp;
	const char *filter; /* "www,db.1" or NULL */
	struct source sources[TAILS_MAX];
	size_t n;
	int64_t lines; /* to begin with */
	bool tells;    /* the client wants places */
	/* It has been here before: text, and the places cut out of it. */
	bool is_back;
	struct dc_strv text;
	struct place *places;
	struct tail_mark *marks; /* of one instance, for tail_open */
	size_t nplaces;
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

/* Those of instance ID go to the marks. */
static size_t
pick_marks(struct applog *a, int64_t id)
{
	size_t i, n = 0;

	for (i = 0; i < a->nplaces; i++)
		if (a->places[i].id == id)
			a->marks[n++] = a->places[i].mark;
	return n;
}

static void
open_source(struct applog *a, const struct dc_instance *i, const char *dir)
{
	struct tail_start start = {.marks = a->marks, .n = a->lines};
	bool is_gone = i->state == DC_INSTANCE_GONE;
	struct source *s = &a->sources[a->n];

	if (a->n == TAILS_MAX || strlen(i->service) > DC_MAX_SERVICE_NAME)
		return;
	start.nmarks = pick_marks(a, i->id);
	/* Whoever comes back has seen the others' ends already. */
	if (is_gone && a->is_back && start.nmarks == 0)
		return;
	if (start.nmarks > 0)
		start.n = -1;
	*s = (struct source){.id = i->id,
	    .number = i->number,
	    .ended_at = is_gone ? i->ended_at : 0,
	    .is_listed = !is_gone};
	(void)stpcpy(s->service, i->service);
	/* Its container may just be coming or going. */
	if (tail_open(&s->tail, dir, &start, is_gone ? -1 : a->inotify, NULL) ==
	    0)
		a->n++;
}

static int
add_source(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct applog *a = arg;
	dc_auto_free char *dir = NULL;
	size_t k;

	(void)err;
	if (i->application_id != a->rq->app.id || !is_wanted(a->filter, i))
		return 0;
	for (k = 0; k < a->n; k++)
		if (a->sources[k].id == i->id) {
			a->sources[k].is_listed = true;
			return 0;
		}
	dir = dc_conf_path(a->rq->conf, "boxes/%s-i%" PRId64 "/log",
	    a->rq->conf->bridge, i->id);
	open_source(a, i, dir);
	return 0;
}

static int
add_gone(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct applog *a = arg;
	dc_auto_free char *dir =
	    dc_conf_path(a->rq->conf, "logs/%" PRId64, i->id);

	(void)err;
	if (is_wanted(a->filter, i))
		open_source(a, i, dir);
	return 0;
}

static int
on_line(const struct tail_mark *mark, const char *line, void *arg,
    struct dc_err *err)
{
	dc_auto_free char *file =
	    dc_asprintf("/var/log/supervisor/%s", mark->name);
	struct dc_json *j = dc_json_new_object();
	dc_auto_free char *place = NULL;
	struct applog *a = arg;

	if (line != NULL) {
		dc_json_add_str(j, "service", a->now->service);
		dc_json_add_int(j, "instance", a->now->number);
		dc_json_add_str(j, "filename", file);
		if (a->now->ended_at != 0)
			date_add(j, "ended_at", a->now->ended_at * 1000);
		dc_json_add_str(j, "message", line);
	}
	if (a->tells) {
		place = dc_asprintf("%" PRId64 "/%s/%" PRIu64 "/%" PRId64,
		    a->now->id, mark->name, mark->inode, mark->offset);
		dc_json_add_str(j, "place", place);
	}
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

/* Where each file begins to be read: one may have nothing to print for long. */
static int
tell_all(struct applog *a, struct dc_err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; a->tells && i < a->n && rc >= 0; i++) {
		a->now = &a->sources[i];
		rc = tail_tell(a->now->tail, on_line, a, err);
	}
	return rc;
}

/* At most once a second, however much is written. */
static int
list(struct applog *a, struct dc_err *err)
{
	bool is_first = a->listed == 0;
	size_t i;
	int rc = 0;

	if (!is_first && dc_mono_ms() - a->listed < WAIT_MS)
		return 0;
	for (i = 0; i < a->n; i++)
		a->sources[i].is_listed = false;
	if (is_first)
		rc = dc_last_each(a->rq->db, a->rq->app.id, add_gone, a, err);
	if (rc == 0)
		rc = dc_instance_each(a->rq->db, 0, 0, SHOWN, add_source, a,
		    err);
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

/* Cuts TEXT, which the place then points into. */
static bool
has_place(struct place *p, char *text)
{
	char *offset = strrchr(text, '/'), *inode, *file;
	long long id, node, at;

	if (offset == NULL)
		return false;
	*offset++ = '\0';
	inode = strrchr(text, '/');
	file = strchr(text, '/');
	if (inode == NULL || file == inode)
		return false;
	*inode++ = '\0';
	*file++ = '\0';
	if (!dc_is_number(text, 1, INT64_MAX, &id) ||
	    !dc_is_number(inode, 0, INT64_MAX, &node) ||
	    !dc_is_number(offset, 0, INT64_MAX / 2, &at) ||
	    strchr(file, '/') != NULL)
		return false;
	*p = (struct place){id, {file, (uint64_t)node, at}};
	return true;
}

/* {"since": [place, ...]}, the last one of each file. */
static int
load_places(struct applog *a, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	const struct dc_json *since;
	size_t i;
	int rc;

	rc = request_json(a->rq, &body, err);
	if (rc < 0)
		return rc;
	since = dc_json_find(body, "since");
	a->is_back = since != NULL;
	for (i = 0; i < dc_json_size(since); i++)
		dc_strv_add(&a->text, dc_json_str(dc_json_at(since, i)) != NULL
					  ? dc_json_str(dc_json_at(since, i))
					  : "");
	a->places = dc_xcalloc(a->text.n + 1, sizeof(*a->places));
	a->marks = dc_xcalloc(a->text.n + 1, sizeof(*a->marks));
	for (i = 0; i < a->text.n; i++)
		if (!has_place(&a->places[a->nplaces++], a->text.v[i]))
			return dc_fail(err, DC_EINVAL,
			    "since must be a list of places, as lines have"
			    " them");
	if (a->is_back)
		a->lines = -1;
	return 0;
}

static int
run(struct applog *a, bool goes_on, struct dc_err *err)
{
	int rc;

	rc = request_number(a->rq, &a->lines, "lines", 0, LINES_MAX,
	    LINES_DEFAULT, err);
	if (rc == 0)
		rc = load_places(a, err);
	if (rc == 0)
		rc = begin(a, err);
	if (rc == 0)
		rc = list(a, err);
	if (rc == 0)
		rc = tell_all(a, err);
	if (rc == 0)
		rc = read_all(a, !goes_on, err);
	return rc == 0 && goes_on ? follow(a, err) : rc;
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
	a->tells = request_has_flag(rq, "places");
	a->spoken = dc_mono_ms();
	a->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	rc = run(a, goes_on, err);
	while (a->n > 0)
		tail_close(a->sources[--a->n].tail);
	if (a->inotify >= 0)
		(void)close(a->inotify);
	dc_strv_done(&a->text);
	free(a->places);
	free(a->marks);
	free(a);
	return rc;
}
