/* deployer/reserve.c -- see reserve.h. */
#include "deployer/reserve.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/box/box.h"
#include "common/crypto/crypto.h"
#include "common/store/reserve.h"
#include "deployer/control.h"
#include "deployer/data.h"
#include "deployer/launch.h"
#include "deployer/ports.h"
#include "deployer/processes.h"
#include "deployer/route.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Of the machine's memory, what has to be free for anything to be kept. */
#define FREE_PERCENT 15
#define MEMINFO_MAX 65536

static long long
meminfo(const char *text, const char *key)
{
	const char *line = strstr(text, key);

	return line != NULL ? strtoll(line + strlen(key), NULL, 10) : 0;
}

/* Not knowing keeps nothing. */
static bool
has_memory(void)
{
	dc_auto_free char *text = NULL;

	if (dc_fs_load(&text, NULL, "/proc/meminfo", MEMINFO_MAX, NULL) < 0)
		return false;
	return meminfo(text, "MemAvailable:") * 100 >=
		   meminfo(text, "MemTotal:") * FREE_PERCENT &&
	       meminfo(text, "MemTotal:") > 0;
}

static void
add_text(struct dc_sha256 *h, const char *text)
{
	dc_sha256_add(h, text, strlen(text) + 1);
}

/* Memory is not in it: that of a running container changes. */
static void
format_fingerprint(char hex[DC_SHA256_HEX], const struct unit *u,
    const struct environment *env)
{
	dc_auto_free char *image = realpath(u->job->conf->image, NULL);
	dc_auto_free char *snapshot =
	    dc_asprintf("%" PRId64, u->row.snapshot_id);
	struct dc_sha256 h;
	size_t i;

	dc_sha256_init(&h);
	add_text(&h, image != NULL ? image : "");
	add_text(&h, snapshot);
	add_text(&h, u->row.definition);
	for (i = 0; i < env->unix_env.n; i++)
		add_text(&h, env->unix_env.v[i]);
	dc_sha256_format(&h, hex);
}

int
reserve_note(struct unit *u, const struct environment *env, struct dc_err *err)
{
	char hex[DC_SHA256_HEX];

	format_fingerprint(hex, u, env);
	return dc_reserve_save_fingerprint(u->job->db, u->row.id, hex, err);
}

/* Would U be started with the same today? */
static int
is_as_started(bool *same, struct unit *u, struct dc_err *err)
{
	char hex[DC_SHA256_HEX];
	struct environment env = {0};
	int rc = environment_load(&env, u->job->conf, u->job->db, &u->row,
	    &u->def, u->ports, u->nports, err);

	if (rc < 0)
		return rc;
	format_fingerprint(hex, u, &env);
	environment_done(&env);
	*same = strcmp(hex, u->row.fingerprint) == 0;
	return 0;
}

/* Its own supervisord.conf may name workers, and cron may run. */
static bool
has_one_program(const struct unit *u)
{
	dc_auto_fd int watch = -1;

	return control_watch(&watch, u->box_dir, false, NULL) == 0 &&
	       processes_is_one(watch, u->row.service);
}

/* A worker may hold a job or a lock, and one that is ill would be so again. */
static bool
may_be_kept(const struct unit *u)
{
	return u->job->conf->reserve_seconds > 0 &&
	       ports_find(u->ports, u->nports, "http") != NULL &&
	       u->def.processes.n <= 1 && u->row.health == DC_HEALTH_GOOD &&
	       u->row.data == DC_DATA_OWN && !u->row.suspended &&
	       u->def.migrate == NULL &&
	       !data_is_carried(u->job->conf, &u->row) &&
	       dc_box_is_running(u->boxes, u->box) && has_one_program(u) &&
	       has_memory();
}

/* Out of the router first: what would be asked of it then, nobody answers. */
static int
freeze(bool *frozen, struct unit *u, struct dc_err *err)
{
	long n = 0;
	int rc = dc_reserve_begin(u->job->db, u->row.id,
	    dc_now_ms() + u->job->conf->reserve_seconds * 1000, err);

	if (rc == 0)
		rc = route_sync(u->job->conf, u->job->db, err);
	if (rc == 0)
		rc = route_sessions(&n, u->job->conf, u->job->db, &u->row, err);
	if (rc < 0 || n > 0)
		return rc;
	rc = dc_box_freeze(u->box, err);
	*frozen = rc == 0;
	return rc == DC_EBUSY || rc == DC_ENOTFOUND ? 0 : rc;
}

int
reserve_keep(bool *kept, struct unit *u, struct dc_err *err)
{
	bool wanted = may_be_kept(u), frozen = false;
	int rc = 0;

	*kept = false;
	if (wanted)
		rc = is_as_started(&wanted, u, err);
	if (rc == 0 && wanted)
		rc = dc_reserve_is_wanted(&wanted, u->job->db, u->row.id, err);
	if (rc == 0 && wanted)
		rc = freeze(&frozen, u, err);
	if (rc < 0 || !frozen)
		return rc;
	rc = dc_reserve_enter(u->job->db, &u->row, u->job->claim, err);
	*kept = rc == 0;
	return rc;
}

struct taking {
	struct dc_job *job;
	const struct reserve_wish *w;
	bool taken;
};

static int
take(struct taking *t, const struct dc_instance *i, struct dc_err *err)
{
	struct dc_job job = *t->job;
	struct unit u = {0};
	bool same = false;
	int rc;

	job.id = i->id;
	rc = unit_load(&u, &job, err);
	if (rc == 0)
		rc = is_as_started(&same, &u, err);
	unit_done(&u);
	if (rc < 0 || !same)
		return rc;
	rc = dc_reserve_take(job.db, i->id, t->w->deployment_id, err);
	t->taken = rc == 0;
	return rc;
}

static int
take_if_wished(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct taking *t = arg;

	if (t->taken || i->number != t->w->number ||
	    i->snapshot_id != t->w->snapshot_id || i->memory != t->w->memory ||
	    strcmp(i->definition, t->w->definition) != 0 ||
	    i->reserved_until <= dc_now_ms())
		return 0;
	return take(t, i, err);
}

int
reserve_take(bool *taken, struct dc_job *job, const struct reserve_wish *w,
    struct dc_err *err)
{
	struct taking t = {.job = job, .w = w};
	int rc = dc_instance_each(job->db, 0, w->service_id,
	    DC_FROM(DC_INSTANCE_RESERVED), take_if_wished, &t, err);

	if (rc == 0)
		*taken = t.taken;
	return rc;
}

/* One that was killed while it was frozen ends now, and listens no more. */
static int
wake(struct unit *u, struct dc_err *err)
{
	dc_auto_fd int watch = -1;
	int rc;

	if (!dc_box_is_running(u->boxes, u->box))
		return dc_fail(err, DC_ENOTFOUND, "its container is gone");
	rc = dc_box_thaw(u->box, err);
	if (rc == 0)
		rc = control_watch(&watch, u->box_dir, false, err);
	return rc == 0 ? launch_wait(u, true, err) : rc;
}

int
reserve_wake(struct unit *u, struct dc_err *err)
{
	int rc = wake(u, err);

	if (rc == DC_ESTALE)
		return rc;
	if (rc < 0) {
		log_info("instance=%" PRId64 " is made again, as in reserve it"
			 " was of no use: %s",
		    u->row.id, err->msg);
		rc = dc_reserve_forget(u->job->db, u->row.id, err);
		return rc < 0 ? rc : dc_fail(err, DC_ENOTFOUND, "no reserve");
	}
	rc = unit_say(u, DC_LOG_INFO, err, "Taken from the reserve");
	return rc == 0
		   ? dc_reserve_wake(u->job->db, u->row.id, u->job->claim, err)
		   : rc;
}

struct stepping {
	struct dc_job *job;
	bool all;
};

static int
end_if_over(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	const struct stepping *s = arg;
	int rc;

	if (!s->all && i->reserved_until > dc_now_ms() && has_memory())
		return 0;
	rc = dc_reserve_end(s->job->db, i->id, err);
	return rc == DC_ESTALE ? 0 : rc;
}

int
reserve_step(struct dc_job *job, struct dc_err *err)
{
	struct stepping s = {job, job->conf->reserve_seconds == 0};

	return dc_instance_each(job->db, 0, 0, DC_FROM(DC_INSTANCE_RESERVED),
	    end_if_over, &s, err);
}
