/* deployer/probe.c -- see probe.h. Plain sockets: what is asked is one status
 * line, and the connect time-outs must be ours: the first SYN to a fresh
 * container can be lost, and the kernel's own retry costs a second. */
#include "deployer/probe.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

enum {
	CONNECT_MS_MIN = 20,
	CONNECT_MS_MAX = 200,
	ANSWER_MS = 3000, /* doubled each time it was not enough */
	PAUSE_MS_MIN = 5,
	PAUSE_MS_MAX = 100,
	LINGER_MS = 20,
	LINGER_BYTES = 256 * 1024,
	LINE_MAX_BYTES = 1024,
};

enum step {
	STEP_DONE,
	STEP_AGAIN,
	STEP_ABORTED
};

struct attempt {
	const struct probe *p;
	struct probe_address to;
	int64_t start, end;
	int connect_ms, answer_ms;
	bool at_once; /* try again without a pause */
	char seen[256];
};

int
probe_parse_address(struct probe_address *out, const struct probe *p,
    struct dc_err *err)
{
	struct probe_address a = {0};

	if (p->address[0] == '/') {
		if (strlen(p->address) >= sizeof(a.un.sun_path))
			return dc_fail(err, DC_EINVAL, "'%s' is too long",
			    p->address);
		a.un.sun_family = AF_UNIX;
		(void)snprintf(a.un.sun_path, sizeof(a.un.sun_path), "%s",
		    p->address);
		a.len = sizeof(a.un);
	} else if (p->port < 1 || p->port > 65535) {
		return dc_fail(err, DC_EINVAL, "port %d", p->port);
	} else if (inet_pton(AF_INET, p->address, &a.in4.sin_addr) == 1) {
		a.in4.sin_family = AF_INET;
		a.in4.sin_port = htons((uint16_t)p->port);
		a.len = sizeof(a.in4);
	} else if (inet_pton(AF_INET6, p->address, &a.in6.sin6_addr) == 1) {
		a.in6.sin6_family = AF_INET6;
		a.in6.sin6_port = htons((uint16_t)p->port);
		a.len = sizeof(a.in6);
	} else {
		return dc_fail(err, DC_EINVAL, "'%s' is no address",
		    p->address);
	}
	*out = a;
	return 0;
}

/* Waits for EVENTS on FD (-1: for nothing but time) until END or abort_fd.
 * STEP_AGAIN = time is up. */
static enum step
wait_for(const struct attempt *a, int fd, short events, int64_t end)
{
	struct pollfd fds[2] = {{.fd = fd, .events = events},
	    {.fd = a->p->abort_fd, .events = POLLIN}};

	for (;;) {
		int64_t left;
		int n;

		left = (end < a->end ? end : a->end) - dc_mono_ms();
		n = poll(fds, 2, left > 0 ? (int)left : 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && fds[1].revents != 0)
			return STEP_ABORTED;
		return n > 0 ? STEP_DONE : STEP_AGAIN;
	}
}

static void
saw_socket(struct attempt *a, int error)
{
	const char *why = strerror(error);

	if (error == ENOENT)
		why = "no process has made it";
	else if (error == ELOOP)
		why = "it is a symbolic link";
	else if (error == ECONNREFUSED)
		why = "no process listens on it";
	else if (error == EACCES)
		why = "it belongs to another user than dotcloud";
	(void)snprintf(a->seen, sizeof(a->seen), "its socket: %s", why);
}

static void
saw_errno(struct attempt *a, const char *what, int error)
{
	if (a->to.sa.sa_family == AF_UNIX)
		saw_socket(a, error);
	else if (error == ECONNREFUSED)
		(void)snprintf(a->seen, sizeof(a->seen),
		    "connection refused; nothing listens there on 0.0.0.0");
	else
		(void)snprintf(a->seen, sizeof(a->seen), "%s: %s", what,
		    strerror(error));
}

static enum step
try_connect(int *out, struct attempt *a)
{
	dc_auto_fd int fd = -1;
	socklen_t len = sizeof(int);
	int error = 0;
	enum step step;

	fd = socket(a->to.sa.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		saw_errno(a, "socket", errno);
		return STEP_AGAIN;
	}
	if (connect(fd, &a->to.sa, a->to.len) != 0) {
		if (errno != EINPROGRESS) {
			saw_errno(a, "connect", errno);
			return STEP_AGAIN;
		}
		step = wait_for(a, fd, POLLOUT, dc_mono_ms() + a->connect_ms);
		if (step == STEP_AGAIN) {
			(void)snprintf(a->seen, sizeof(a->seen),
			    "no answer to a connection");
			a->at_once = true;
			a->connect_ms = a->connect_ms * 2 < CONNECT_MS_MAX
					    ? a->connect_ms * 2
					    : CONNECT_MS_MAX;
		}
		if (step != STEP_DONE)
			return step;
		(void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
		if (error != 0) {
			saw_errno(a, "connect", error);
			return STEP_AGAIN;
		}
	}
	*out = dc_steal_fd(&fd);
	return STEP_DONE;
}

/* Lets the application write its whole answer before we close: a reset in the
 * middle of it would be an error in its log. */
static void
linger(const struct attempt *a, int fd)
{
	char buf[4096];
	int64_t end = dc_mono_ms() + LINGER_MS;
	size_t total = 0;

	while (
	    total < LINGER_BYTES && wait_for(a, fd, POLLIN, end) == STEP_DONE) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n <= 0)
			return;
		total += (size_t)n;
	}
}

static enum step
read_line(struct attempt *a, int fd, char *line, size_t size)
{
	int64_t end = dc_mono_ms() + a->answer_ms;
	size_t len = 0;

	for (;;) {
		enum step step = wait_for(a, fd, POLLIN, end);
		ssize_t n;

		if (step == STEP_AGAIN) {
			(void)snprintf(a->seen, sizeof(a->seen),
			    "accepted the connection but did not answer in "
			    "%d s",
			    a->answer_ms / 1000);
			a->answer_ms *= 2;
			a->at_once = true;
		}
		if (step != STEP_DONE)
			return step;
		n = recv(fd, line + len, size - 1 - len, 0);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (n <= 0) {
			(void)snprintf(a->seen, sizeof(a->seen),
			    "closed the connection without an answer");
			return STEP_AGAIN;
		}
		len += (size_t)n;
		line[len] = '\0';
		if (strchr(line, '\n') != NULL || len == size - 1)
			return STEP_DONE;
	}
}

/* The text is a stranger's and goes into a log: printable ASCII, bounded. */
static void
saw_line(char *seen, size_t size, const char *prefix, const char *text)
{
	char clean[101];
	size_t n = 0;

	while (n < sizeof(clean) - 1 && text[n] != '\0' && text[n] != '\r' &&
	       text[n] != '\n') {
		clean[n] = isprint((unsigned char)text[n]) &&
				   !((unsigned char)text[n] & 0x80U)
			       ? text[n]
			       : '?';
		n++;
	}
	clean[n] = '\0';
	(void)snprintf(seen, size, "%s'%s'", prefix, clean);
}

bool
probe_is_good(char *seen, size_t size, const struct probe *p, const char *line)
{
	int status;

	if (!(dc_has_prefix(line, "HTTP/1.0 ") ||
		dc_has_prefix(line, "HTTP/1.1 ")) ||
	    line[9] < '1' || line[9] > '9' ||
	    !isdigit((unsigned char)line[10]) ||
	    !isdigit((unsigned char)line[11])) {
		saw_line(seen, size,
		    "answered something that is not HTTP: ", line);
		return false;
	}
	status =
	    (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
	if (p->status != 0 ? status == p->status : status < 500)
		return true;
	saw_line(seen, size, "answered ", line + 9);
	return false;
}

static const char *
path_of(const struct probe *p)
{
	return p->path != NULL ? p->path : "/CloudHealthCheck";
}

void
probe_format(struct dc_str *out, const struct probe *p)
{
	dc_str_addf(out, "GET %s HTTP/1.1\r\nHost: ", path_of(p));
	if (p->host != NULL || p->address[0] == '/')
		dc_str_add(out, p->host != NULL ? p->host : "localhost");
	else
		dc_str_addf(out, "%s:%d", p->address, p->port);
	dc_str_add(out, "\r\nUser-Agent: dcloud-probe\r\nAccept: */*\r\n"
			"Connection: close\r\n\r\n");
}

static enum step
try_http(struct attempt *a)
{
	dc_auto_fd int fd = -1;
	dc_auto_str struct dc_str req = {0};
	char line[LINE_MAX_BYTES];
	enum step step;

	step = try_connect(&fd, a);
	if (step != STEP_DONE)
		return step;
	probe_format(&req, a->p);
	/* A fresh socket's buffer takes it whole, or the peer is gone. */
	if (send(fd, req.data, req.len, MSG_NOSIGNAL) != (ssize_t)req.len) {
		saw_errno(a, "send", errno);
		return STEP_AGAIN;
	}
	step = read_line(a, fd, line, sizeof(line));
	if (step != STEP_DONE)
		return step;
	linger(a, fd);
	return probe_is_good(a->seen, sizeof(a->seen), a->p, line) ? STEP_DONE
								   : STEP_AGAIN;
}

static enum step
try_tcp(struct attempt *a)
{
	dc_auto_fd int fd = -1;

	return try_connect(&fd, a);
}

/* PATH: what was asked, NULL when a connection was enough. */
static int
fail_late(const struct attempt *a, int64_t limit, const char *path,
    struct dc_err *err)
{
	char where[32] = "";

	if (a->to.sa.sa_family != AF_UNIX)
		(void)snprintf(where, sizeof(where), " on port %d", a->p->port);
	return dc_fail(err, DC_EUSER,
	    "no good answer%s in %" PRId64 " s%s%s (seen last: %s)%s", where,
	    limit / 1000, path != NULL ? " to GET " : "",
	    path != NULL ? path : "", a->seen,
	    a->p->path == NULL && dc_has_prefix(a->seen, "answered '5")
		? "; `healthcheck: {path: /}` in dotcloud.yml asks another one"
		: "");
}

static int
run(int64_t *took_ms, const struct probe *p, enum step (*try)(struct attempt *),
    struct dc_err *err)
{
	struct attempt a = {.p = p,
	    .connect_ms = CONNECT_MS_MIN,
	    .answer_ms = ANSWER_MS,
	    .seen = "nothing"};
	int64_t limit =
	    p->limit_ms > 0 ? p->limit_ms : DC_PROBE_SECONDS * INT64_C(1000);
	int rc;

	rc = probe_parse_address(&a.to, p, err);
	if (rc < 0)
		return rc;
	a.start = dc_mono_ms();
	a.end = a.start + limit;
	for (;;) {
		int64_t now, pause;
		enum step step;

		a.at_once = false;
		step = try(&a);
		now = dc_mono_ms();
		/* A pause of a twentieth of the time spent costs at most that
		 * share of the start, however long the start is. */
		pause = PAUSE_MS_MIN + (now - a.start) / 20;
		if (pause > PAUSE_MS_MAX)
			pause = PAUSE_MS_MAX;
		if (step == STEP_AGAIN && !a.at_once && now < a.end)
			step = wait_for(&a, -1, 0, now + pause);
		if (step == STEP_ABORTED)
			return dc_fail(err, DC_ESTALE,
			    "ended before it answered (seen last: %s)", a.seen);
		if (step == STEP_DONE) {
			if (took_ms != NULL)
				*took_ms = now - a.start;
			return 0;
		}
		if (dc_mono_ms() >= a.end)
			return fail_late(&a, limit,
			    try == try_http ? path_of(p) : NULL, err);
	}
}

int
probe_http(int64_t *took_ms, const struct probe *p, struct dc_err *err)
{
	return run(took_ms, p, try_http, err);
}

int
probe_tcp(int64_t *took_ms, const struct probe *p, struct dc_err *err)
{
	return run(took_ms, p, try_tcp, err);
}
