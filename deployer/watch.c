/* deployer/watch.c -- see watch.h. */
#include "deployer/watch.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/box/box.h"
#include "common/store/account.h"
#include "common/store/domain.h"
#include "common/store/instance.h"
#include "deployer/destroy.h"
#include "deployer/reserve.h"
#include "deployer/restart.h"
#include "deployer/route.h"
#include "deployer/ssh.h"

#include <inttypes.h>
#include <poll.h>
#include <sys/pidfd.h>

/* How often HAProxy is asked whether the last request has ended. */
#define ASK_MS 50
#define MEMORY_AGAIN_MS 10000

struct watched {
	int64_t id;
	/* A memory limit that the kernel did not take, and when it is tried
	 * again: each try makes it look for pages to give up. */
	int64_t refused, again_at;
	bool is_up; /* the last look at the rows has found it */
};

/* What is watched; fds[0] is the bell, fds[i + 1] belongs to v[i]. */
struct watching {
	struct dc_job *job;
	char *boxes;
	struct pollfd *fds;
	struct watched *v;
	size_t n;
	int64_t domains; /* as the router was last told */
	int64_t keys;    /* as the containers were; -1: not all of them */
	bool has_new_keys;
};

static struct watched *
find_watched(const struct watching *w, int64_t id)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (w->v[i].id == id)
			return &w->v[i];
	return NULL;
}

static int
note_down(struct watching *w, int64_t id, struct dc_err *err)
{
	int rc = dc_instance_move(w->job->db, id, DC_INSTANCE_UP,
	    DC_INSTANCE_DOWN, NULL, err);

	if (rc == 0)
		log_warn("instance=%" PRId64 " its container has ended: it is"
			 " brought back",
		    id);
	return rc == DC_ESTALE ? 0 : rc;
}

/* `dcloud scale www:memory=1G` changes running containers. One that uses more
 * than it is to have keeps its limit until it uses less (cgroup v1). */
static int
follow_memory(struct watching *w, struct watched *x,
    const struct dc_instance *i, const char *box, struct dc_err *err)
{
	struct dc_err e = DC_ERR_INIT;
	bool is_said = x->refused == i->wanted_memory;
	int rc;

	if (i->wanted_memory == 0 || i->wanted_memory == i->memory ||
	    (is_said && dc_mono_ms() < x->again_at))
		return 0;
	rc = dc_box_set_memory(box, i->wanted_memory, &e);
	if (rc < 0 && !is_said)
		log_warn("instance=%" PRId64 " memory: %s, ignoring until it"
			 " uses less or is started again",
		    i->id, e.msg);
	if (rc == 0 || rc == DC_ENOTFOUND)
		return dc_instance_set_memory(w->job->db, i->id,
		    i->wanted_memory, err);
	x->refused = i->wanted_memory;
	x->again_at = dc_mono_ms() + MEMORY_AGAIN_MS;
	return 0;
}

/* Who has got a key, or lost one, since the container was made: sshd reads the
 * file each time. */
static void
follow_keys(struct watching *w, const struct dc_instance *i, const char *box,
    bool is_new)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", w->boxes, box);
	struct dc_err e = DC_ERR_INIT;

	if (!w->has_new_keys && !is_new)
		return;
	if (ssh_save_keys(w->job->db, dir, i->application_id, &e) == 0)
		return;
	log_warn("instance=%" PRId64 " keys: %s, trying again", i->id, e.msg);
	w->keys = -1;
}

static int
add(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct watching *w = arg;
	dc_auto_free char *box = NULL;
	struct watched *x;
	pid_t pid;
	int fd;

	box = dc_asprintf("%s-i%" PRId64, w->job->conf->bridge, i->id);
	x = find_watched(w, i->id);
	follow_keys(w, i, box, x == NULL);
	if (x != NULL) {
		x->is_up = true;
		return follow_memory(w, x, i, box, err);
	}
	pid = dc_box_pid(w->boxes, box);
	fd = pid > 0 ? pidfd_open(pid, 0) : -1;
	if (fd < 0)
		return note_down(w, i->id, err);
	w->v = dc_xrealloc(w->v, (w->n + 1) * sizeof(*w->v));
	w->fds = dc_xrealloc(w->fds, (w->n + 2) * sizeof(*w->fds));
	x = &w->v[w->n];
	*x = (struct watched){.id = i->id, .is_up = true};
	w->fds[w->n + 1] = (struct pollfd){.fd = fd, .events = POLLIN};
	w->n++;
	return follow_memory(w, x, i, box, err);
}

static void
forget(struct watching *w, size_t i)
{
	(void)close(w->fds[i + 1].fd);
	w->n--;
	w->fds[i + 1] = w->fds[w->n + 1];
	w->v[i] = w->v[w->n];
}

static int
handle_ends(struct watching *w, struct dc_err *err)
{
	size_t i;
	int rc = 0;

	for (i = w->n; rc == 0 && i > 0; i--) {
		if ((w->fds[i].revents & POLLIN) == 0)
			continue;
		rc = note_down(w, w->v[i - 1].id, err);
		forget(w, i - 1);
	}
	return rc;
}

/* `dcloud domain add` and rm change the router at once. */
static int
follow_domains(struct watching *w, struct dc_err *err)
{
	int64_t now;
	int rc = dc_domain_find_version(w->job->db, &now, err);

	if (rc < 0 || now == w->domains)
		return rc;
	rc = route_sync(w->job->conf, w->job->db, err);
	if (rc == 0)
		w->domains = now;
	return rc;
}

/* One that has left, as for the reserve, is new when it is back: its container
 * may be the same, but knows of no key that has changed meanwhile. */
static int
follow_instances(struct watching *w, struct dc_err *err)
{
	int64_t now;
	size_t i;
	int rc = dc_key_find_version(w->job->db, &now, err);

	if (rc < 0)
		return rc;
	w->has_new_keys = now != w->keys;
	w->keys = now;
	for (i = 0; i < w->n; i++)
		w->v[i].is_up = false;
	rc = dc_instance_each(w->job->db, 0, 0, DC_FROM(DC_INSTANCE_UP), add, w,
	    err);
	for (i = w->n; rc == 0 && i > 0; i--)
		if (!w->v[i - 1].is_up)
			forget(w, i - 1);
	return rc;
}

int
watch_run(struct dc_job *job, struct dc_err *err)
{
	struct watching w = {.job = job,
	    .boxes = dc_conf_path(job->conf, "boxes"),
	    .fds = dc_xcalloc(1, sizeof(*w.fds)),
	    .keys = -1};
	bool busy = false;
	int rc;

	w.fds[0] = (struct pollfd){.fd = job->bell, .events = POLLIN};
	for (;;) {
		dc_bell_clear(job->bell);
		rc = follow_instances(&w, err);
		if (rc == 0)
			rc = destroy_step(job, err);
		if (rc == 0)
			rc = reserve_step(job, err);
		if (rc == 0)
			rc = follow_domains(&w, err);
		if (rc == 0)
			rc = restart_follow_holds(&busy, job, err);
		if (rc < 0)
			break;
		(void)poll(w.fds, w.n + 1, busy ? ASK_MS : 1000);
		rc = handle_ends(&w, err);
		if (rc < 0)
			break;
	}
	free(w.boxes);
	free(w.fds);
	free(w.v);
	return rc;
}
