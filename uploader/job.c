/* uploader/job.c -- see job.h. */
#include "uploader/job.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/spawn.h"
#include "uploader/route.h"
#include "uploader/serve.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static int
count_streams(const struct jobs *all, int64_t account_id)
{
	const struct job *j;
	int n = 0;

	for (j = all->first; j != NULL; j = j->next)
		if (j->is_stream &&
		    (account_id == 0 ||
			(j->has_head && j->account_id == account_id)))
			n++;
	return n;
}

static int
count_waits(const struct jobs *all)
{
	const struct job *j;
	int n = 0;

	for (j = all->first; j != NULL; j = j->next)
		n += j->is_wait;
	return n;
}

/* Whose log-in it is: a name, or what is given in its place. */
static const char *
find_login(const struct params *form)
{
	const char *kind = params_find(form, "grant_type");
	bool is_password = kind != NULL && strcmp(kind, "password") == 0;
	const char *name =
	    params_find(form, is_password ? "username" : "refresh_token");

	return name != NULL ? name : "?";
}

static int
check_login(struct jobs *all, const struct request *rq, struct dc_err *err)
{
	struct params form = {0};
	bool may;

	(void)form_parse(&form, rq->body.data != NULL ? rq->body.data : "",
	    rq->body.len, NULL);
	may = limit_may_try(all->limit, find_login(&form), rq->remote_addr,
	    dc_mono_ms());
	params_done(&form);
	if (!may)
		return dc_fail(err, DC_EDENIED,
		    "Too many attempts to log in. Wait a few minutes.");
	return 0;
}

static int
check(struct jobs *all, struct request *rq, bool is_stream, int *status,
    struct dc_err *err)
{
	int rc = route_find(rq, err);

	if (rc < 0) {
		*status = rc == DC_ENOTFOUND ? 404 : 405;
		return rc;
	}
	is_stream = is_stream && route_has(rq->route, ROUTE_STREAM);
	*status = 503;
	if (all->children >= DC_MAX_JOBS ||
	    (is_stream && count_streams(all, 0) >= DC_MAX_STREAMS) ||
	    (route_has(rq->route, ROUTE_WAIT) &&
		count_waits(all) >= DC_MAX_WAITS))
		return dc_fail(err, DC_EBUSY,
		    "Too much is going on here. Try again in a moment.");
	*status = 429;
	return route_has(rq->route, ROUTE_LOGIN) ? check_login(all, rq, err)
						 : 0;
}

/* Only the pipe and stderr may live on in a child that may run for hours:
 * the clients' sockets are the event loop's. */
_Noreturn static void
become_child(struct request *rq, int fd)
{
	(void)dup2(fd, STDOUT_FILENO);
	(void)close_range(STDERR_FILENO + 1, ~0U, 0);
	serve_run(rq, STDOUT_FILENO);
}

int
job_start(struct jobs *all, struct job **out, struct request *rq, int *status,
    struct dc_err *err)
{
	bool is_stream = request_has_flag(rq, "stream");
	dc_auto_fd int fd_r = -1;
	dc_auto_fd int fd_w = -1;
	struct job *job;
	int fds[2], rc;
	pid_t pid;

	rc = check(all, rq, is_stream, status, err);
	if (rc < 0)
		goto undo_request;
	*status = 500;
	if (pipe2(fds, O_CLOEXEC) < 0) {
		rc = dc_fail_errno(err, "pipe");
		goto undo_request;
	}
	fd_r = fds[0];
	fd_w = fds[1];
	(void)fcntl(fd_r, F_SETFL, O_NONBLOCK);
	pid = dc_spawn_job(err);
	if (pid == 0)
		become_child(rq, fd_w);
	if (pid < 0) {
		rc = (int)pid;
		goto undo_request;
	}
	all->children++;
	job = dc_xcalloc(1, sizeof(*job));
	job->fd = dc_steal_fd(&fd_r);
	job->rq = rq;
	job->is_stream = is_stream && route_has(rq->route, ROUTE_STREAM);
	job->is_wait = route_has(rq->route, ROUTE_WAIT);
	job->next = all->first;
	all->first = job;
	*out = job;
	return 0;

undo_request:
	request_free(rq);
	return rc;
}

void
job_end(struct jobs *all, struct job *job)
{
	struct job **p;

	for (p = &all->first; *p != job; p = &(*p)->next)
		;
	*p = job->next;
	if (job->fd >= 0)
		(void)close(job->fd);
	request_free(job->rq);
	free(job);
}

static int
parse_head(struct jobs *all, struct job *job, struct dc_err *err)
{
	struct params form = {0};
	char *end;

	/* Written by reply.c, so the three numbers are there. */
	job->status = (int)strtol(job->head, &end, 10);
	job->account_id = strtoll(end, &end, 10);
	job->length = strtoll(end, &end, 10);
	if (*end != '\0' || job->status < 200)
		return dc_fail(err, DC_EFAIL, "malformed head in the pipe");
	if (job->is_stream && job->account_id != 0 &&
	    count_streams(all, job->account_id) >= DC_MAX_ACCOUNT_STREAMS)
		return dc_fail(err, DC_EBUSY,
		    "This account follows too many logs. Close some.");
	job->has_head = true;
	if (!route_has(job->rq->route, ROUTE_LOGIN) || job->status != 200)
		return 1;
	if (form_parse(&form, job->rq->body.data, job->rq->body.len, NULL) == 0)
		limit_remove(all->limit, find_login(&form),
		    job->rq->remote_addr);
	params_done(&form);
	return 1;
}

/* Byte by byte: what follows the newline is the body's. */
int
job_read_head(struct jobs *all, struct job *job, struct dc_err *err)
{
	ssize_t n;
	char c;

	if (job->has_head)
		return 1;
	while (job->head_len < sizeof(job->head) - 1) {
		n = read(job->fd, &c, 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n <= 0)
			return dc_fail(err, DC_EFAIL,
			    "the request's process has died");
		if (c == '\n')
			return parse_head(all, job, err);
		job->head[job->head_len++] = c;
	}
	return dc_fail(err, DC_EFAIL, "malformed head in the pipe");
}

void
job_reap(struct jobs *all)
{
	int status;

	while (waitpid(-1, &status, WNOHANG) > 0) {
		all->children--;
		if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
			log_warn("a request's process was ended by signal %d",
			    WTERMSIG(status));
	}
}
