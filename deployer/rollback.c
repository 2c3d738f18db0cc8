/* deployer/rollback.c -- see rollback.h. */
#include "deployer/rollback.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/buildfile/rollback.h"
#include "common/store/instance.h"
#include "common/store/rollback.h"
#include "deployer/control.h"
#include "deployer/route.h"
#include "deployer/verdict.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_MS 1000
/* The longest `within`. */
#define OLDEST_MS (3600 * INT64_C(1000))
/* A pid 1 that does not listen is not asked each time. */
#define AGAIN_MS 5000

/* One instance of a version that is watched. */
struct subject {
	int64_t id;
	struct verdict_window window;
	struct verdict_crashes crashes;
	struct dc_str pending; /* of its pid 1's words */
	int fd;                /* to it, -1: none */
	int64_t again;         /* not before that, monotonic */
	bool is_there;
};

/* The service whose instances are looked at; its answers together. */
struct service {
	int64_t id;
	size_t n;
	int64_t answers, errors;
	int percent;
	char name[128]; /* www, or www.0 when that is all there is */
};

struct looking {
	struct dc_job *job;
	struct subject **v;
	size_t n;
	/* The version in hand. */
	const struct dc_rollback_row *row;
	struct service service;
	char *why; /* it has to go; NULL: not that we know */
};

static void
hang_up(struct subject *s)
{
	if (s->fd >= 0)
		(void)close(s->fd);
	s->fd = -1;
	dc_str_done(&s->pending);
	verdict_restart(&s->crashes);
}

static void
subject_free(struct subject *s)
{
	hang_up(s);
	free(s);
}

static struct subject *
subject_of(struct looking *l, int64_t id)
{
	struct subject *s;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->v[i]->id == id)
			return l->v[i];
	s = dc_xcalloc(1, sizeof(*s));
	s->id = id;
	s->fd = -1;
	l->v = dc_xrealloc(l->v, (l->n + 1) * sizeof(struct subject *));
	l->v[l->n++] = s;
	return s;
}

static void
read_lines(struct subject *s, char *chunk, size_t n)
{
	char *nl;

	dc_str_addn(&s->pending, chunk, n);
	while (s->pending.len > 0 &&
	       (nl = memchr(s->pending.data, '\n', s->pending.len)) != NULL) {
		*nl = '\0';
		verdict_read(&s->crashes, s->pending.data);
		dc_str_shift(&s->pending, (size_t)(nl - s->pending.data) + 1);
	}
	if (s->pending.len > 4096) /* no line of dcinit's */
		dc_str_shift(&s->pending, s->pending.len);
}

/* What its pid 1 has said since the last look. The other end is a stranger's:
 * no more than there is now, and not without end. */
static void
listen_to(struct looking *l, struct subject *s)
{
	dc_auto_free char *dir = dc_conf_path(l->job->conf,
	    "boxes/%s-i%" PRId64, l->job->conf->bridge, s->id);
	char chunk[4096];
	ssize_t n;
	int i;

	if (s->fd < 0 && dc_mono_ms() >= s->again &&
	    control_watch(&s->fd, dir, false, NULL) < 0)
		s->again = dc_mono_ms() + AGAIN_MS;
	for (i = 0; s->fd >= 0 && i < 16; i++) {
		n = recv(s->fd, chunk, sizeof(chunk), MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0)
			hang_up(s);
		else
			read_lines(s, chunk, (size_t)n);
	}
}

static int
judge_crashes(struct looking *l, const struct dc_instance *i,
    const struct subject *s, int limit, struct dc_err *err)
{
	int64_t ends = 0, all;
	int rc = dc_rollback_count_ends(l->job->db, &ends, i->id, l->row->since,
	    err);

	all = ends + verdict_crashes(&s->crashes);
	if (rc == 0 && all >= limit && l->why == NULL)
		l->why = dc_asprintf("%s.%" PRId64 " has ended %" PRId64
				     " time%s by itself",
		    i->service, i->number, all, all == 1 ? "" : "s");
	return rc;
}

static void
judge_service(struct looking *l)
{
	const struct service *s = &l->service;

	if (s->n > 0 && l->why == NULL &&
	    verdict_is_bad(s->answers, s->errors, s->percent))
		l->why = dc_asprintf("%s answered %" PRId64 " of %" PRId64
				     " requests with 5xx",
		    s->name, s->errors, s->answers);
}

static void
add_answers(struct looking *l, const struct dc_instance *i,
    const struct subject *subject, int percent)
{
	struct service *s = &l->service;
	int64_t answers, errors;

	if (s->id != i->service_id) {
		judge_service(l);
		*s = (struct service){.id = i->service_id, .percent = percent};
	}
	verdict_sum(&subject->window, &answers, &errors);
	s->answers += answers;
	s->errors += errors;
	if (s->n++ == 0)
		(void)snprintf(s->name, sizeof(s->name), "%s.%" PRId64,
		    i->service, i->number);
	else
		(void)snprintf(s->name, sizeof(s->name), "%s", i->service);
}

static int
look_at_answers(struct looking *l, const struct dc_instance *i,
    struct subject *s, struct dc_err *err)
{
	int64_t answers, errors;
	int rc =
	    route_answers(&answers, &errors, l->job->conf, l->job->db, i, err);

	if (rc == 0)
		verdict_add(&s->window, dc_mono_ms(), answers, errors);
	return rc == DC_EBUSY ? 0 : rc;
}

static int
look_at(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct looking *l = arg;
	dc_auto_service_def struct dc_service_def def = {0};
	struct dc_rollback rule;
	struct subject *s;
	int rc = dc_service_from_json(&def, i->definition, err);

	if (rc < 0)
		return rc;
	rule = dc_rollback_of(&def);
	if (!rule.is_wanted ||
	    dc_now_ms() - l->row->since > rule.within * INT64_C(1000))
		return 0;
	s = subject_of(l, i->id);
	s->is_there = true;
	if (i->state == DC_INSTANCE_UP)
		listen_to(l, s);
	rc = judge_crashes(l, i, s, rule.crashes, err);
	if (rc == 0)
		rc = look_at_answers(l, i, s, err);
	if (rc == 0)
		add_answers(l, i, s, rule.errors);
	return rc;
}

/* Another deployment may have begun: then that is what comes. */
static int
take_back(struct looking *l, struct dc_err *err)
{
	bool added = false;
	int rc = dc_rollback_begin(l->job->db, &added, l->row, l->why, err);

	if (rc == 0)
		log_warn("deployment=%" PRId64 " %s: %s", l->row->deployment_id,
		    added ? "is rolled back"
			  : "fails, and there is no version before it",
		    l->why);
	return rc == DC_ESTALE ? 0 : rc;
}

static int
look_at_version(const struct dc_rollback_row *row, void *arg,
    struct dc_err *err)
{
	struct looking *l = arg;
	int rc;

	l->row = row;
	l->service = (struct service){0};
	rc = dc_instance_each(l->job->db, row->deployment_id, 0, DC_SERVING,
	    look_at, l, err);
	if (rc == 0)
		judge_service(l);
	if (rc == 0 && l->why != NULL)
		rc = take_back(l, err);
	free(l->why);
	l->why = NULL;
	return rc;
}

static int
look(struct looking *l, struct dc_err *err)
{
	size_t i, n = 0;
	int rc;

	for (i = 0; i < l->n; i++)
		l->v[i]->is_there = false;
	rc = dc_rollback_each(l->job->db, dc_now_ms() - OLDEST_MS,
	    look_at_version, l, err);
	for (i = 0; i < l->n; i++)
		if (l->v[i]->is_there)
			l->v[n++] = l->v[i];
		else
			subject_free(l->v[i]);
	l->n = n;
	return rc;
}

int
rollback_run(struct dc_job *job, struct dc_err *err)
{
	struct looking l = {.job = job};
	size_t i;
	int rc;

	do {
		rc = look(&l, err);
		(void)poll(NULL, 0, LOOK_MS);
	} while (rc == 0);
	for (i = 0; i < l.n; i++)
		subject_free(l.v[i]);
	free(l.v);
	return rc;
}
