/* deployer/launch.c -- see launch.h. */
#include "deployer/launch.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/box/box.h"
#include "common/box/place.h"
#include "common/store/health.h"
#include "deployer/command.h"
#include "deployer/control.h"
#include "deployer/environment.h"
#include "deployer/health.h"
#include "deployer/listening.h"
#include "deployer/ports.h"
#include "deployer/probe.h"
#include "deployer/processes.h"
#include "deployer/sockets.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>

/* After so long without a listener a service that nobody said listens is a
 * worker; sooner where the version that runs now is one. */
#define QUIET_MS 10000
#define QUIET_AGAIN_MS 2000

/* After its first answer an instance is looked at for so long: many a crash
 * comes with the first request. */
#define SETTLE_MS 300

/* A child that reads the watch beside the probe; the end of the pipe that it
 * holds is the word to stop. Its error comes through the pipe. */
static int
start_guard(pid_t *pid, int *out, int watch, const struct processes_wait *w,
    struct dc_err *err)
{
	struct dc_err e = DC_ERR_INIT;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	*pid = dc_spawn_job(err);
	if (*pid == 0) {
		(void)processes_wait(watch, w, &e);
		(void)dc_fs_write_all(fds[1], e.msg, strlen(e.msg) + 1, NULL);
		_exit(0);
	}
	(void)close(fds[1]);
	if (*pid < 0) {
		(void)close(fds[0]);
		return (int)*pid;
	}
	*out = fds[0];
	return 0;
}

/* SOCKET: what to ask instead of the port, or NULL. */
static int
probe(struct unit *u, const struct dc_port *port, const char *socket,
    const struct health *health, int abort_fd, struct dc_err *err)
{
	struct dc_place place;
	struct probe p = {.address = socket,
	    .port = port->port,
	    .path = health->path,
	    .status = health->status,
	    .limit_ms = health->deadline * INT64_C(1000),
	    .abort_fd = abort_fd};
	int rc = dc_place_find(&place, u->job->conf, u->row.address, err);

	if (rc < 0)
		return rc;
	if (socket == NULL)
		p.address = place.address;
	/* A suspended one may keep our question waiting, too. */
	if (strcmp(port->kind, "http") == 0 && health->command == NULL &&
	    !u->row.suspended)
		return probe_http(NULL, &p, err);
	return probe_tcp(NULL, &p, err);
}

static int
fail_unresponsive(const struct processes_wait *w, const struct dc_port *port,
    struct dc_err *err)
{
	dc_auto_str struct dc_str where = {0};
	char why[DC_ERR_MAX];

	(void)snprintf(why, sizeof(why), "%s", err->msg);
	listening_format(&where, w->pid);
	return dc_fail(err, DC_EUSER,
	    "the instance did not become responsive on port %d (%s, %s): %s;"
	    " it listens on: %s",
	    port->port, port->name, port->kind, why,
	    where.len > 0 ? where.data : "nothing");
}

/* Probes until an answer, the deadline, or the guard's word. */
static int
probe_guarded(struct unit *u, const struct dc_port *port, const char *socket,
    const struct health *health, int watch, const struct processes_wait *w,
    struct dc_err *err)
{
	dc_auto_fd int guard = -1;
	char why[DC_ERR_MAX] = "";
	pid_t pid = -1;
	int rc = start_guard(&pid, &guard, watch, w, err);

	if (rc < 0)
		return rc;
	rc = probe(u, port, socket, health, guard, err);
	if (rc == DC_ESTALE) {
		(void)!read(guard, why, sizeof(why) - 1);
		rc = strcmp(why, PROCESSES_QUIET) == 0
			 ? dc_fail(err, DC_ENOTFOUND, PROCESSES_QUIET)
			 : dc_fail(err, DC_EUSER,
			       "%s; it was to answer on port %d (%s) within"
			       " %d s",
			       why, port->port, port->name, health->deadline);
	} else if (rc == DC_EUSER && socket != NULL) {
		rc = dc_wrap(err, rc,
		    "the instance did not become responsive on %s",
		    strrchr(socket, '/') + 1);
	} else if (rc == DC_EUSER) {
		rc = fail_unresponsive(w, port, err);
	}
	(void)kill(pid, SIGKILL);
	(void)dc_spawn_wait(pid, NULL);
	return rc;
}

/* All workers are online, then each answers. */
static int
wait_sockets(struct unit *u, const struct dc_port *http,
    const struct health *health, int watch, const struct processes_wait *any,
    struct dc_err *err)
{
	struct processes_wait w = *any;
	int rc;

	w.steady = true;
	w.quiet_ms = 0;
	w.seconds = health->deadline;
	w.limit = dc_mono_ms() + health->deadline * INT64_C(1000);
	rc = processes_wait(watch, &w, err);
	w.steady = false;
	w.limit = any->limit;
	for (int i = 0; rc == 0 && i < u->def.workers; i++) {
		dc_auto_free char *path =
		    sockets_path(u->job->conf, u->row.id, i);

		rc = probe_guarded(u, http, path, health, watch, &w, err);
	}
	return rc;
}

static int
load_health(struct health *out, const struct processes_wait *w,
    struct dc_err *err)
{
	int rc = health_load(out, &w->u->def, err);

	if (rc == 0 && w->once)
		out->deadline = out->timeout;
	return rc;
}

static int
wait_responsive(struct unit *u, const struct processes_wait *quiet,
    struct dc_err *err)
{
	struct processes_wait w = *quiet;
	const struct dc_port *http = ports_find(u->ports, u->nports, "http");
	const struct dc_port *tcp = ports_find(u->ports, u->nports, "tcp");
	dc_auto_fd int watch = -1;
	struct health health;
	int rc = load_health(&health, &w, err);

	if (rc == 0)
		rc = control_watch(&watch, u->box_dir, true, err);
	if (rc < 0)
		return rc;
	if (http == NULL && tcp == NULL && unit_has_served(u))
		return 0;
	if (http == NULL && tcp == NULL) {
		w.steady = true;
		w.quiet_ms = 0;
		w.seconds = health.deadline;
		w.limit = dc_mono_ms() + health.deadline * INT64_C(1000);
		return processes_wait(watch, &w, err);
	}
	if (http != NULL && u->def.listen_var != NULL)
		return wait_sockets(u, http, &health, watch, &w, err);
	return probe_guarded(u, http != NULL ? http : tcp, NULL, &health, watch,
	    &w, err);
}

/* DC_ESTALE: it has crashed since it answered. */
static int
settle(struct unit *u, const struct processes_wait *any, struct dc_err *err)
{
	struct processes_wait w = *any;
	dc_auto_fd int watch = -1;
	int rc = control_watch(&watch, u->box_dir, true, err);

	w.limit = dc_mono_ms() + SETTLE_MS;
	return rc < 0 ? rc : processes_settle(watch, &w, err);
}

/* What crashes soon after it has answered is asked again, until it stays or is
 * given up. One that serves already comes back at its first answer. */
static int
wait_settled(struct unit *u, const struct processes_wait *w, struct dc_err *err)
{
	bool has_answered = false;
	int rc;

	do {
		rc = wait_responsive(u, w, err);
		if (rc == 0 && u->row.state == DC_INSTANCE_LAUNCHING &&
		    u->nports > 1) /* more than ssh */
			rc = settle(u, w, err);
		if (rc == DC_EUSER && has_answered)
			rc = dc_wrap(err, rc, "it answered and crashed");
		has_answered = true;
	} while (rc == DC_ESTALE);
	return rc;
}

static int
wait_well(struct unit *u, const struct processes_wait *w, char *const *env,
    struct dc_err *err)
{
	struct command command = {.boxes = u->boxes, .box = u->box};
	struct health health = {0};
	int rc = wait_settled(u, w, err);

	if (rc == 0)
		rc = load_health(&health, w, err);
	if (rc < 0 || health.command == NULL || u->row.suspended)
		return rc;
	command.env = env;
	command.text = health.command;
	return command_wait(&command, health.timeout, health.deadline, err);
}

/* DC_ESTALE when the instance was given up meanwhile: its deployment has
 * failed elsewhere, and what is started here must go. */
static int
follow_child(struct unit *u, int pidfd, struct dc_err *err)
{
	struct pollfd p[2] = {{.fd = pidfd, .events = POLLIN},
	    {.fd = u->job->bell, .events = POLLIN}};
	int rc;

	for (;;) {
		dc_auto_instance struct dc_instance now = {0};

		dc_bell_clear(u->job->bell);
		rc = dc_instance_load(u->job->db, &now, u->row.id, err);
		if (rc < 0)
			return rc;
		if (now.state != u->row.state)
			return dc_fail(err, DC_ESTALE,
			    "the instance was given up");
		(void)poll(p, 2, 1000);
		if ((p[0].revents & POLLIN) != 0)
			return 0;
	}
}

/* The waiting is a child's, which has nothing to do with the store; ours is to
 * notice when there is nothing to wait for any more. */
static int
run_child(struct unit *u, const struct processes_wait *w, char *const *env,
    struct dc_err *shared, struct dc_err *err)
{
	dc_auto_fd int pidfd = -1;
	pid_t pid = dc_spawn_job(err);
	int rc, status;

	if (pid < 0)
		return (int)pid;
	if (pid == 0)
		_exit(wait_well(u, w, env, shared) < 0);
	pidfd = pidfd_open(pid, 0);
	rc = pidfd < 0 ? dc_fail_errno(err, "pidfd of %d", (int)pid)
		       : follow_child(u, pidfd, err);
	if (rc < 0)
		(void)kill(pid, SIGKILL);
	status = dc_spawn_wait(pid, rc < 0 ? NULL : err);
	if (rc < 0 || status <= 0)
		return rc < 0 ? rc : status;
	return dc_fail(err, shared->code < 0 ? shared->code : DC_EFAIL, "%s",
	    shared->msg);
}

/* The other instances of the service that serve, or did until this moment. */
struct others {
	struct unit *u;
	size_t n;
	bool listen;
};

static int
note_other(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct others *o = arg;
	dc_auto_free char *box = NULL;
	pid_t pid;

	(void)err;
	if (i->deployment_id == o->u->row.deployment_id)
		return 0; /* it comes back, and its router looks again */
	box = dc_asprintf("%s-i%" PRId64, o->u->job->conf->bridge, i->id);
	pid = dc_box_pid(o->u->boxes, box);
	o->n++;
	o->listen |=
	    pid <= 0 || listening_elsewhere(pid, o->u->ports, o->u->nports);
	return 0;
}

/* A type's http port that nobody asked for need not be used: CONTRACT 1.8 has
 * workers of type nodejs. But what answers today must answer tomorrow. */
static int
find_quiet(int64_t *ms, struct unit *u, struct dc_err *err)
{
	struct others o = {.u = u};
	int rc;

	*ms = 0;
	if (health_is_expected(&u->def))
		return 0;
	rc = dc_instance_each(u->job->db, 0, u->row.service_id, DC_SERVING,
	    note_other, &o, err);
	if (rc == 0 && !o.listen)
		*ms = o.n > 0 ? QUIET_AGAIN_MS : QUIET_MS;
	return rc;
}

static int
say_worker(struct unit *u, struct dc_err *err)
{
	const struct dc_port *http = ports_find(u->ports, u->nports, "http");

	return unit_say(u, DC_LOG_INFO, err,
	    "Nothing listens on port %d: taken for a worker, which gets no"
	    " requests.",
	    http != NULL ? http->port : 0);
}

int
launch_wait(struct unit *u, bool once, struct dc_err *err)
{
	struct processes_wait w = {.limit = INT64_MAX / 2,
	    .once = once,
	    .u = u,
	    .pid = dc_box_pid(u->boxes, u->box)};
	struct dc_err *shared = mmap(NULL, sizeof(*shared),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct environment env = {0};
	int rc;

	if (shared == MAP_FAILED)
		return dc_fail_errno(err, "mmap");
	rc = once ? 0 : find_quiet(&w.quiet_ms, u, err);
	if (rc == 0)
		rc = environment_load(&env, u->job->conf, u->job->db, &u->row,
		    &u->def, u->ports, u->nports, err);
	if (rc == 0)
		rc = run_child(u, &w, env.unix_env.v, shared, err);
	if (rc == 0 && u->nports > 1) /* more than ssh */
		rc = dc_health_save_answer(u->job->db, u->row.id, err);
	environment_done(&env);
	(void)munmap(shared, sizeof(*shared));
	return rc == DC_ENOTFOUND ? say_worker(u, err) : rc;
}
