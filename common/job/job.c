/* common/job/job.c -- see job.h. */
#include "common/job/job.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/store/node.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>

#define TICK_MS 1000
#define RENEW_MS (DC_LEASE_SECONDS * 1000 / 3)

struct child {
	pid_t pid;
	const struct dc_job_kind *kind;
	int64_t id;
	char *claim;
};

struct loop {
	const struct dc_daemon *d;
	struct dc_db *db;
	char *prefix; /* of our claims: NODE/builder/ */
	struct child *children;
	size_t n;
	int64_t count;     /* jobs started: makes claims unique */
	int64_t renewed;   /* monotonic ms */
	int64_t *last_run; /* of each kind with .every */
};

static size_t
running(const struct loop *l, const struct dc_job_kind *kind)
{
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		n += l->children[i].kind == kind;
	return n;
}

static int
start_job(struct loop *l, const struct dc_job_kind *kind, int64_t id,
    const char *claim, struct dc_err *err)
{
	char number[32];
	pid_t pid;

	(void)snprintf(number, sizeof(number), "%" PRId64, id);
	pid = dc_spawn_job(err);
	if (pid < 0)
		return (int)pid;
	if (pid == 0) {
		(void)execl("/proc/self/exe", l->d->name, "-f", l->d->conf_path,
		    "-j", kind->name, number, claim, (char *)NULL);
		_exit(127);
	}
	log_debug("%s=%s start pid=%d", kind->name, number, (int)pid);
	l->children =
	    dc_xrealloc(l->children, (l->n + 1) * sizeof(*l->children));
	l->children[l->n++] = (struct child){pid, kind, id, dc_strdup(claim)};
	return 0;
}

/* Rows of one kind, as long as there are any and there is room. */
static int
claim_rows(struct loop *l, const struct dc_job_kind *kind, struct dc_err *err)
{
	int64_t limit = kind->limit > 0 ? kind->limit : l->d->conf->builds;
	int64_t id;
	int rc;

	while (running(l, kind) < (size_t)limit) {
		dc_auto_free char *claim = dc_asprintf("%s%d.%" PRId64,
		    l->prefix, (int)getpid(), ++l->count);

		rc = dc_machine_claim(l->db, kind->machine, &id, kind->in,
		    kind->where, claim, err);
		if (rc < 0 || id == 0)
			return rc;
		rc = start_job(l, kind, id, claim, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
start_due(struct loop *l, struct dc_err *err)
{
	const struct dc_job_kind *kind;
	int64_t now = dc_mono_ms();
	int rc = 0;

	for (kind = l->d->kinds; rc == 0 && kind->name != NULL; kind++) {
		int64_t *last = &l->last_run[kind - l->d->kinds];

		if (kind->machine != NULL) {
			rc = claim_rows(l, kind, err);
		} else if (running(l, kind) == 0 &&
			   (*last == 0 || now - *last >= kind->every * 1000L)) {
			*last = now;
			rc = start_job(l, kind, 0, "-", err);
		}
	}
	return rc;
}

static int
end_child(struct loop *l, size_t i, int status, struct dc_err *err)
{
	struct child c = l->children[i];
	int rc = 0;

	l->n--;
	l->children[i] = l->children[l->n];
	l->children[l->n].claim = NULL;
	if (status != 0)
		log_warn("%s=%" PRId64 " pid=%d ended with status %d",
		    c.kind->name, c.id, (int)c.pid, status);
	if (c.kind->machine != NULL && status == 0)
		rc = dc_machine_release(l->db, c.kind->machine, c.id, c.claim,
		    err);
	else if (c.kind->machine != NULL) /* left where it was: not at once */
		rc = dc_machine_renew(l->db, c.kind->machine, c.id, c.claim,
		    DC_JOB_RETRY_SECONDS, err);
	free(c.claim);
	return rc;
}

static int
reap(struct loop *l, struct dc_err *err)
{
	int status, rc = 0;
	size_t i;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		status = WIFEXITED(status) ? WEXITSTATUS(status)
					   : 128 + WTERMSIG(status);
		for (i = 0; i < l->n && l->children[i].pid != pid; i++)
			;
		if (i < l->n)
			rc = end_child(l, i, status, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
renew(struct loop *l, struct dc_err *err)
{
	int64_t now = dc_mono_ms();
	size_t i;
	int rc = 0;

	if (now - l->renewed < RENEW_MS)
		return 0;
	l->renewed = now;
	for (i = 0; rc == 0 && i < l->n; i++) {
		const struct child *c = &l->children[i];

		if (c->kind->machine != NULL)
			rc = dc_machine_renew(l->db, c->kind->machine, c->id,
			    c->claim, DC_LEASE_SECONDS, err);
	}
	return rc;
}

/* What an earlier life of this daemon held. */
static int
take_back(struct loop *l, struct dc_err *err)
{
	const struct dc_job_kind *kind;
	int rc = 0;

	for (kind = l->d->kinds; rc == 0 && kind->name != NULL; kind++)
		if (kind->machine != NULL)
			rc = dc_machine_release(l->db, kind->machine, 0,
			    l->prefix, err);
	return rc;
}

/* A signal has come: true when it says that this is the end. */
static bool
is_end(int sigfd)
{
	struct signalfd_siginfo si;
	bool end = false;

	while (read(sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		end |= si.ssi_signo != SIGCHLD;
	return end;
}

static int
work(struct loop *l, int bell, int sigfd, struct dc_err *err)
{
	struct pollfd p[2] = {{.fd = bell, .events = POLLIN},
	    {.fd = sigfd, .events = POLLIN}};
	int rc;

	for (;;) {
		rc = reap(l, err);
		if (rc == 0)
			rc = renew(l, err);
		if (rc == 0)
			rc = start_due(l, err);
		if (rc < 0)
			return rc;
		(void)poll(p, 2, TICK_MS);
		dc_bell_clear(bell);
		if (is_end(sigfd))
			return 0;
	}
}

static void
end_jobs(struct loop *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		(void)kill(-l->children[i].pid, SIGKILL);
	while (l->n > 0) {
		(void)dc_spawn_wait(l->children[0].pid, NULL);
		(void)end_child(l, 0, 0, NULL);
	}
}

static int
lock_alone(const struct dc_daemon *d, int *out, struct dc_err *err)
{
	dc_auto_free char *path =
	    dc_asprintf("%s/%s.lock", d->conf->run, d->name);
	dc_auto_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return dc_fail(err, DC_EBUSY,
		    "another %s runs on this machine ('%s' is locked)", d->name,
		    path);
	*out = dc_steal_fd(&fd);
	return 0;
}

static int
open_signals(struct dc_err *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	return fd < 0 ? dc_fail_errno(err, "signalfd") : fd;
}

static int
run_loop(const struct dc_daemon *d, struct loop *l, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(d->conf, "state.db");
	dc_auto_fd int bell = -1;
	dc_auto_fd int sigfd = open_signals(err);
	int rc = sigfd < 0 ? sigfd : 0;

	if (rc == 0)
		rc = dc_db_open(&l->db, path, err);
	if (rc == 0)
		rc = dc_bell_open(&bell, path, err);
	if (rc == 0)
		rc = take_back(l, err);
	if (rc < 0)
		return rc;
	log_info("ready");
	rc = work(l, bell, sigfd, err);
	end_jobs(l);
	return rc;
}

int
dc_daemon_run(const struct dc_daemon *d, struct dc_err *err)
{
	struct loop l = {.d = d};
	dc_auto_fd int lock = -1;
	size_t nkinds = 0;
	int rc = lock_alone(d, &lock, err);

	if (rc < 0)
		return rc;
	while (d->kinds[nkinds].name != NULL)
		nkinds++;
	/* What a killed job leaves (a command it had in a container) comes to
	 * us and is reaped, instead of holding up its container's end. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	l.prefix = dc_asprintf("%s/%s/", d->conf->node, d->name);
	l.last_run = dc_xcalloc(nkinds, sizeof(*l.last_run));
	rc = run_loop(d, &l, err);
	dc_db_close(l.db);
	free(l.children);
	free(l.last_run);
	free(l.prefix);
	return rc;
}

static int
run_kind(const struct dc_daemon *d, const struct dc_job_kind *kind,
    struct dc_job *job, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(d->conf, "state.db");
	dc_auto_db struct dc_db *db = NULL;
	dc_auto_fd int bell = -1;
	int rc = dc_db_open(&db, path, err);

	if (rc == 0)
		rc = dc_bell_open(&bell, path, err);
	if (rc == 0)
		rc = dc_node_save(db, &job->node_id, d->conf->node, err);
	if (rc < 0)
		return rc;
	job->db = db;
	job->bell = bell;
	return kind->run(job, err);
}

int
dc_daemon_run_job(const struct dc_daemon *d, const char *name, const char *id,
    const char *claim)
{
	struct dc_job job = {.conf = d->conf, .claim = claim};
	struct dc_err err = DC_ERR_INIT;
	const struct dc_job_kind *kind;
	long long number;
	int rc;

	for (kind = d->kinds; kind->name != NULL; kind++)
		if (strcmp(kind->name, name) == 0)
			break;
	if (kind->name == NULL || !dc_is_number(id, 0, INT64_MAX, &number)) {
		log_error("no job '%s' '%s'", name, id);
		return 1;
	}
	job.id = number;
	rc = run_kind(d, kind, &job, &err);
	/* Somebody else has moved the row: theirs now, and no failure. */
	if (rc == DC_ESTALE) {
		log_info("%s=%s let go: %s", name, id, err.msg);
		return 0;
	}
	if (rc < 0)
		log_error("%s=%s failed: %s", name, id, err.msg);
	return rc < 0 ? 1 : 0;
}
