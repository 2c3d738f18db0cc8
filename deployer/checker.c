/* deployer/checker.c -- see checker.h. One loop, no threads: nothing in it
 * waits for an instance. */
#include "deployer/checker.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/store/health.h"
#include "deployer/healthlog.h"
#include "deployer/patient.h"
#include "deployer/route.h"

#include <inttypes.h>
#include <poll.h>

/* Rows are looked at when the bell rings, but not more often than this. */
#define LOOK_MS 250
/* One that is well and ill in turns does not fill its log. */
#define MOST_SAID 20
#define SAID_MS 600000

struct checker {
	struct dc_job *job;
	struct patient **v; /* by id */
	size_t n;
	struct pollfd *fds; /* v[i] is fds[i + 1]; fds[0] is the bell */
	int64_t looked;
	bool is_rung, is_changed; /* the bell; the router has to follow */
};

static struct patient *
find(const struct checker *c, int64_t id)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i]->row.id == id)
			return c->v[i];
	return NULL;
}

static int
add(struct checker *c, int64_t id, struct dc_err *err)
{
	struct dc_instance row = {0};
	struct patient *p;
	int rc = dc_instance_load(c->job->db, &row, id, err);

	if (rc < 0)
		return rc == DC_ENOTFOUND ? 0 : rc;
	p = patient_new(c->job, &row);
	p->is_there = true;
	c->v = dc_xrealloc(c->v, (c->n + 1) * sizeof(struct patient *));
	c->v[c->n++] = p;
	rc = patient_load(p, err);
	if (rc == DC_EFAIL || rc == DC_EBUSY)
		return rc;
	if (rc < 0)
		log_warn("instance=%" PRId64 " is not checked: %s", id,
		    err->msg);
	return 0;
}

static int
note(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct checker *c = arg;
	struct patient *p = find(c, i->id);

	if (i->node == NULL || strcmp(i->node, c->job->conf->node) != 0 ||
	    i->suspended)
		return 0;
	if (p == NULL)
		return add(c, i->id, err);
	p->is_there = true;
	p->row.health = i->health;
	p->row.health_at = i->health_at;
	p->row.replaced = i->replaced;
	return 0;
}

/* Those that are up, and answer. One that was away meanwhile begins anew. */
static int
look(struct checker *c, struct dc_err *err)
{
	size_t i, n = 0;
	int rc;

	c->is_rung = false;
	c->looked = dc_mono_ms();
	dc_bell_clear(c->job->bell);
	for (i = 0; i < c->n; i++)
		c->v[i]->is_there = false;
	rc = dc_instance_each(c->job->db, 0, 0, DC_FROM(DC_INSTANCE_UP), note,
	    c, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < c->n; i++)
		if (c->v[i]->is_there)
			c->v[n++] = c->v[i];
		else
			patient_free(c->v[i]);
	c->n = n;
	return 0;
}

static void
say(struct patient *p, const char *text)
{
	struct dc_err err = DC_ERR_INIT;
	int64_t now = dc_mono_ms();

	if (p->said == 0 || now - p->said_since > SAID_MS) {
		p->said_since = now;
		p->said = 0;
	}
	if (++p->said > MOST_SAID)
		return;
	log_info("instance=%" PRId64 " app='%s' %s.%" PRId64 ": %s", p->row.id,
	    p->row.application, p->row.service, p->row.number, text);
	if (healthlog_add(p->boxes, p->box, text, &err) < 0)
		log_debug("instance=%" PRId64 " %s, ignoring", p->row.id,
		    err.msg);
}

static void
say_verdict(struct patient *p, enum dc_instance_health health)
{
	dc_auto_free char *text = NULL;

	if (health == DC_HEALTH_SILENT)
		text = dc_asprintf("It does not answer (%s): it gets no"
				   " requests while another instance is well.",
		    p->seen);
	else if (health == DC_HEALTH_FAILING)
		text = dc_asprintf("It is not well (%s): it gets no requests"
				   " until it is.",
		    p->seen);
	else if (dc_health_is_ill(p->row.health))
		text = dc_strdup("It answers again.");
	if (text != NULL)
		say(p, text);
}

static int
note_verdict(struct checker *c, struct patient *p,
    enum dc_instance_health health, struct dc_err *err)
{
	bool changed = false;
	int rc;

	if (health == DC_HEALTH_UNKNOWN || health == p->row.health)
		return 0;
	rc = dc_health_save(c->job->db, &changed, p->row.id, health, err);
	if (rc < 0 || !changed)
		return rc;
	say_verdict(p, health);
	if (!dc_health_is_ill(health) || !dc_health_is_ill(p->row.health))
		p->row.health_at = dc_now_ms();
	p->row.health = health;
	c->is_changed = true;
	return 0;
}

/* The router follows by the job that makes its container again. */
static int
replace(struct patient *p, int64_t seconds, struct dc_err *err)
{
	dc_auto_free char *text =
	    dc_asprintf("It has not been well for %" PRId64
			" s (%s): it is started again in a new container.",
		seconds, p->seen);
	int rc = dc_health_replace(p->job->db, p->row.id, err);

	if (rc == DC_ESTALE)
		return 0;
	if (rc == 0)
		say(p, text);
	return rc;
}

static int
step_one(struct checker *c, size_t i, int64_t now, struct dc_err *err)
{
	struct patient *p = c->v[i];
	short revents = c->fds[i + 1].revents;
	int64_t seconds;
	int rc;

	if (!p->is_checked || (revents == 0 && now < patient_due(p)))
		return 0;
	rc = note_verdict(c, p, patient_step(p, revents), err);
	if (rc < 0 || !patient_is_lost(p, &seconds))
		return rc;
	/* The next look forgets it; when it is up again it is another one. */
	rc = replace(p, seconds, err);
	p->is_checked = false;
	p->row.id = 0;
	c->is_rung = true;
	return rc;
}

static int64_t
fill_fds(struct checker *c)
{
	int64_t due = c->looked + (c->is_rung ? LOOK_MS : 1000);
	size_t i;

	c->fds = dc_xrealloc(c->fds, (c->n + 1) * sizeof(*c->fds));
	c->fds[0] = (struct pollfd){.fd = c->is_rung ? -1 : c->job->bell,
	    .events = POLLIN};
	for (i = 0; i < c->n; i++) {
		c->fds[i + 1] = (struct pollfd){.fd = -1};
		if (!c->v[i]->is_checked)
			continue;
		c->fds[i + 1] = patient_poll(c->v[i]);
		if (patient_due(c->v[i]) < due)
			due = patient_due(c->v[i]);
	}
	return due;
}

static int
turn(struct checker *c, struct dc_err *err)
{
	int64_t due = fill_fds(c), now = dc_mono_ms();
	size_t i;
	int rc = 0;

	if (poll(c->fds, c->n + 1, due > now ? (int)(due - now) : 0) < 0)
		return 0;
	c->is_rung |= c->fds[0].revents != 0;
	now = dc_mono_ms();
	for (i = 0; rc == 0 && i < c->n; i++)
		rc = step_one(c, i, now, err);
	if (rc == 0 && c->is_changed) {
		c->is_changed = false;
		rc = route_sync(c->job->conf, c->job->db, err);
	}
	if (rc == 0 && now - c->looked >= (c->is_rung ? LOOK_MS : 1000))
		rc = look(c, err);
	return rc;
}

int
checker_run(struct dc_job *job, struct dc_err *err)
{
	struct checker c = {.job = job};
	size_t i;
	int rc = look(&c, err);

	/* The last one may have been killed before the router had followed. */
	if (rc == 0)
		rc = route_sync(job->conf, job->db, err);
	while (rc == 0)
		rc = turn(&c, err);
	for (i = 0; i < c.n; i++)
		patient_free(c.v[i]);
	free(c.v);
	free(c.fds);
	return rc;
}
