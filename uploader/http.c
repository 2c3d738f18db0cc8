/* uploader/http.c -- see http.h. The only file that includes microhttpd.h.
 *
 * A connection that waits for its child is suspended; the child's pipe is in
 * our epoll set, one shot at a time, and resumes it. Nothing is freed between
 * epoll_wait and MHD_run, so no event can point to a connection that is gone.
 */
#include "uploader/http.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "uploader/incoming.h"
#include "uploader/job.h"

#include <ctype.h>
#include <microhttpd.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#define EVENTS 64
#define CHUNK 16384
#define CONNECTIONS 512
#define IDLE_SECONDS 70 /* more than INCOMING_SECONDS */
#define MEMORY 32768    /* of one connection: bounds its headers */

struct http {
	const struct dc_conf *conf;
	struct MHD_Daemon *daemon;
	int epoll, signals, listen;
	struct jobs jobs;
	struct incoming *incoming;
};

/* One request on one connection. */
struct exchange {
	struct http *http;
	struct MHD_Connection *mhd;
	struct request *rq; /* until its job takes it over */
	struct job *job;
	bool is_suspended, has_left, is_too_large;
	struct incoming incoming;
	char trace[REQUEST_TRACE + 1];
	int watched; /* the client's socket, while it may leave; -1 */
};

static void
add_headers(struct MHD_Response *r, const struct exchange *x, int status)
{
	(void)MHD_add_response_header(r, "Content-Type", "application/json");
	(void)MHD_add_response_header(r, "Cache-Control", "no-store");
	(void)MHD_add_response_header(r, "X-DotCloud-TraceID", x->trace);
	(void)MHD_add_response_header(r, "X-DotCloud-API-Revision", "1");
	(void)MHD_add_response_header(r, "Access-Control-Allow-Origin", "*");
	if (status == 401)
		(void)MHD_add_response_header(r, "WWW-Authenticate",
		    "Bearer realm=\"dcloud\"");
	if (status == 503)
		(void)MHD_add_response_header(r, "Retry-After", "2");
	if (status == 429)
		(void)MHD_add_response_header(r, "Retry-After", "300");
}

static enum MHD_Result
queue(struct exchange *x, int status, struct MHD_Response *r)
{
	enum MHD_Result done;

	if (r == NULL)
		return MHD_NO;
	add_headers(r, x, status);
	done = MHD_queue_response(x->mhd, (unsigned)status, r);
	MHD_destroy_response(r);
	return done;
}

static enum MHD_Result
queue_error(struct exchange *x, int status, const char *description)
{
	dc_auto_free char *text = reply_format_error(status, description);

	return queue(x, status,
	    MHD_create_response_from_buffer(strlen(text), text,
		MHD_RESPMEM_MUST_COPY));
}

/* What a browser asks before it lets a page of elsewhere use the API. */
static enum MHD_Result
queue_options(struct exchange *x)
{
	struct MHD_Response *r =
	    MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);

	(void)MHD_add_response_header(r, "Access-Control-Allow-Methods",
	    "GET, POST, PATCH, PUT, DELETE");
	(void)MHD_add_response_header(r, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, X-Method-Override");
	return queue(x, 204, r);
}

static void
watch(struct exchange *x, int fd, uint32_t events)
{
	struct epoll_event e = {.events = events | EPOLLONESHOT, .data.ptr = x};

	if (epoll_ctl(x->http->epoll, EPOLL_CTL_MOD, fd, &e) < 0)
		(void)epoll_ctl(x->http->epoll, EPOLL_CTL_ADD, fd, &e);
}

static void
wait_for_job(struct exchange *x)
{
	watch(x, x->job->fd, EPOLLIN);
	x->is_suspended = true;
	MHD_suspend_connection(x->mhd);
}

static ssize_t
read_body(void *arg, uint64_t pos, char *buf, size_t max)
{
	struct exchange *x = arg;
	ssize_t n;

	(void)pos;
	if (x->has_left)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	do
		n = read(x->job->fd, buf, max);
	while (n < 0 && errno == EINTR);
	if (n > 0 && x->job->length < 0 && buf[n - 1] == '\0') {
		x->job->has_end = true;
		n--;
		if (n == 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
	}
	if (n > 0)
		return n;
	if (n < 0 && errno == EAGAIN) {
		wait_for_job(x);
		return 0;
	}
	/* With a length MHD counts by itself; less is an error, as is a stream
	 * whose child has died. */
	return n == 0 && x->job->has_end ? MHD_CONTENT_READER_END_OF_STREAM
					 : MHD_CONTENT_READER_END_WITH_ERROR;
}

static int
find_socket(const struct exchange *x)
{
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(x->mhd, MHD_CONNECTION_INFO_CONNECTION_FD);

	return info != NULL ? info->connect_fd : -1;
}

/* Who leaves is noticed at once, not when there is something to say. */
static void
watch_client(struct exchange *x)
{
	x->watched = find_socket(x);
	if (x->watched >= 0)
		watch(x, x->watched, EPOLLRDHUP);
}

static enum MHD_Result
answer(struct exchange *x)
{
	struct dc_err err = DC_ERR_INIT;
	struct job *job = x->job;
	uint64_t length;
	int rc = job_read_head(&x->http->jobs, job, &err);

	if (rc == 0) {
		if (job->is_wait)
			watch_client(x);
		wait_for_job(x);
		return MHD_YES;
	}
	if (rc == DC_EBUSY)
		return queue_error(x, 503, err.msg);
	if (rc < 0) {
		log_error("trace=%s %s", x->trace, err.msg);
		return queue_error(x, 500, "Something is broken on our side");
	}
	if (job->length == 0)
		return queue(x, job->status,
		    MHD_create_response_from_buffer(0, NULL,
			MHD_RESPMEM_PERSISTENT));
	if (job->is_stream)
		watch_client(x);
	length = job->length < 0 ? MHD_SIZE_UNKNOWN : (uint64_t)job->length;
	return queue(x, job->status,
	    MHD_create_response_from_callback(length, CHUNK, read_body, x,
		NULL));
}

static enum MHD_Result
start(struct exchange *x)
{
	struct request *rq = x->rq;
	struct dc_err err = DC_ERR_INIT;
	int status = 500, rc;

	incoming_done(&x->http->incoming, &x->incoming);
	if (x->incoming.is_late)
		return MHD_NO;
	if (x->is_too_large)
		return queue_error(x, 413, "The request is too large");
	if (strcmp(rq->method, "OPTIONS") == 0)
		return queue_options(x);
	x->rq = NULL;
	rc = job_start(&x->http->jobs, &x->job, rq, &status, &err);
	if (rc < 0) {
		if (status == 500)
			log_error("trace=%s %s", x->trace, err.msg);
		return queue_error(x, status, err.msg);
	}
	x->job->owner = x;
	return answer(x);
}

static enum MHD_Result
add_header(void *arg, enum MHD_ValueKind kind, const char *key,
    const char *value)
{
	dc_auto_free char *name = dc_strdup(key);
	char *p;

	(void)kind;
	for (p = name; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	params_add(arg, name, value);
	return MHD_YES;
}

static enum MHD_Result
add_query(void *arg, enum MHD_ValueKind kind, const char *key,
    const char *value)
{
	(void)kind;
	params_add(arg, key, value);
	return MHD_YES;
}

static struct exchange *
new_exchange(struct http *h, struct MHD_Connection *mhd, const char *url,
    const char *method)
{
	struct exchange *x = dc_xcalloc(1, sizeof(*x));
	struct request *rq = request_new(h->conf);

	x->http = h;
	x->mhd = mhd;
	x->rq = rq;
	x->watched = -1;
	(void)MHD_get_connection_values(mhd, MHD_HEADER_KIND, add_header,
	    &rq->headers);
	(void)MHD_get_connection_values(mhd, MHD_GET_ARGUMENT_KIND, add_query,
	    &rq->query);
	rq->path = dc_strdup(url);
	request_set_method(rq, method);
	request_set_address(rq);
	memcpy(x->trace, rq->trace, sizeof(x->trace));
	x->incoming.fd = find_socket(x);
	x->incoming.trace = x->trace;
	incoming_init(&h->incoming, &x->incoming);
	return x;
}

/* MHD calls it when the head is there, for each piece of the body, once more
 * at its end, and again after each resume. */
static enum MHD_Result
on_request(void *arg, struct MHD_Connection *mhd, const char *url,
    const char *method, const char *version, const char *data, size_t *len,
    void **state)
{
	struct exchange *x = *state;

	(void)version;
	if (x == NULL) {
		*state = new_exchange(arg, mhd, url, method);
		return MHD_YES;
	}
	if (*len > 0) {
		if (x->rq->body.len + *len > DC_MAX_BODY)
			x->is_too_large = true;
		else
			dc_str_addn(&x->rq->body, data, *len);
		*len = 0;
		return MHD_YES;
	}
	if (x->has_left)
		return MHD_NO;
	return x->job == NULL ? start(x) : answer(x);
}

static void
on_completed(void *arg, struct MHD_Connection *mhd, void **state,
    enum MHD_RequestTerminationCode code)
{
	struct http *h = arg;
	struct exchange *x = *state;

	(void)mhd;
	(void)code;
	if (x == NULL)
		return;
	incoming_done(&h->incoming, &x->incoming);
	if (x->watched >= 0)
		(void)epoll_ctl(h->epoll, EPOLL_CTL_DEL, x->watched, NULL);
	if (x->job != NULL) {
		(void)epoll_ctl(h->epoll, EPOLL_CTL_DEL, x->job->fd, NULL);
		job_end(&h->jobs, x->job);
	}
	request_free(x->rq);
	free(x);
	*state = NULL;
}

static int
open_signals(struct dc_err *err)
{
	sigset_t set;
	int fd;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? dc_fail_errno(err, "signalfd") : fd;
}

/* Data NULL: MHD's own set; the address of http.signals: the signals. */
static int
add_source(struct http *h, int fd, void *data, struct dc_err *err)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = data};

	if (epoll_ctl(h->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		return dc_fail_errno(err, "epoll_ctl");
	return 0;
}

static int
open_daemon(struct http *h, struct dc_err *err)
{
	const union MHD_DaemonInfo *info;

	h->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME,
	    0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, h->listen,
	    MHD_OPTION_NOTIFY_COMPLETED, on_completed, h,
	    MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS,
	    MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS,
	    MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY, MHD_OPTION_END);
	if (h->daemon == NULL)
		return dc_fail(err, DC_EFAIL, "libmicrohttpd does not start");
	h->listen = -1;
	info = MHD_get_daemon_info(h->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	if (info == NULL)
		return dc_fail(err, DC_EFAIL, "libmicrohttpd has no epoll");
	return add_source(h, info->epoll_fd, NULL, err);
}

int
http_open(struct http **out, const struct dc_conf *conf, int listen_fd,
    struct dc_err *err)
{
	http_auto struct http *h = dc_xcalloc(1, sizeof(*h));
	int rc;

	h->conf = conf;
	h->listen = listen_fd;
	h->jobs.limit = limit_new();
	h->signals = -1;
	h->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (h->epoll < 0)
		return dc_fail_errno(err, "epoll_create");
	rc = open_signals(err);
	if (rc < 0)
		return rc;
	h->signals = rc;
	rc = add_source(h, h->signals, &h->signals, err);
	if (rc == 0)
		rc = open_daemon(h, err);
	if (rc < 0)
		return rc;
	*out = dc_steal_ptr(&h);
	return 0;
}

/* False: it is time to stop. */
static bool
on_signal(struct http *h)
{
	struct signalfd_siginfo info;
	bool go_on = true;

	while (read(h->signals, &info, sizeof(info)) == sizeof(info))
		if (info.ssi_signo != SIGCHLD)
			go_on = false;
	job_reap(&h->jobs);
	return go_on;
}

static void
on_event(const struct epoll_event *e)
{
	struct exchange *x = e->data.ptr;

	if ((e->events & EPOLLRDHUP) != 0)
		x->has_left = true;
	if (x->is_suspended) {
		x->is_suspended = false;
		MHD_resume_connection(x->mhd);
	}
}

static int
find_timeout(const struct http *h)
{
	unsigned MHD_LONG_LONG ms, most = h->incoming != NULL ? 1000 : 60000;

	if (MHD_get_timeout(h->daemon, &ms) != MHD_YES || ms > most)
		ms = most;
	return (int)ms;
}

int
http_run(struct http *h, struct dc_err *err)
{
	struct epoll_event events[EVENTS];
	bool go_on = true;
	int i, n;

	while (go_on) {
		n = epoll_wait(h->epoll, events, EVENTS, find_timeout(h));
		if (n < 0 && errno != EINTR)
			return dc_fail_errno(err, "epoll_wait");
		for (i = 0; i < n; i++) {
			if (events[i].data.ptr == &h->signals)
				go_on = on_signal(h);
			else if (events[i].data.ptr != NULL)
				on_event(&events[i]);
		}
		incoming_end_late(h->incoming, dc_mono_ms());
		if (MHD_run(h->daemon) != MHD_YES)
			return dc_fail(err, DC_EFAIL, "libmicrohttpd stopped");
	}
	return 0;
}

/* MHD does not stop while connections are suspended. */
static void
close_daemon(struct http *h)
{
	struct exchange *x;
	struct job *job;

	for (job = h->jobs.first; job != NULL; job = job->next) {
		x = job->owner;
		x->has_left = true;
		if (x->is_suspended)
			MHD_resume_connection(x->mhd);
		x->is_suspended = false;
	}
	MHD_stop_daemon(h->daemon);
}

void
http_close(struct http *h)
{
	if (h == NULL)
		return;
	if (h->daemon != NULL)
		close_daemon(h);
	if (h->listen >= 0)
		(void)close(h->listen);
	if (h->epoll >= 0)
		(void)close(h->epoll);
	if (h->signals >= 0)
		(void)close(h->signals);
	limit_free(h->jobs.limit);
	free(h);
}
