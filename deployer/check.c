/* deployer/check.c -- see check.h. */
#include "deployer/check.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REST_BYTES 262144

void
check_end(struct check *c)
{
	if (c->step != CHECK_IDLE && c->fd >= 0)
		(void)close(c->fd);
	c->step = CHECK_IDLE;
	c->fd = -1;
	c->events = 0;
}

void
check_done(struct check *c)
{
	check_end(c);
	dc_str_done(&c->request);
}

static enum check_result
be_silent(struct check *c, const char *what, int error)
{
	if (error == ECONNREFUSED)
		(void)snprintf(c->seen, sizeof(c->seen), "nothing listens");
	else if (error != 0)
		(void)snprintf(c->seen, sizeof(c->seen), "%s: %s", what,
		    strerror(error));
	else
		(void)snprintf(c->seen, sizeof(c->seen), "%s", what);
	check_end(c);
	return CHECK_SILENT;
}

/* A reset instead of an end: an application that has not accepted yet never
 * sees this connection. */
static enum check_result
end_connected(struct check *c)
{
	struct linger reset = {.l_onoff = 1};

	(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset));
	check_end(c);
	return CHECK_GOOD;
}

static enum check_result
send_request(struct check *c)
{
	if (c->request.len == 0)
		return end_connected(c);
	/* A fresh socket's buffer takes it whole, or the peer is gone. */
	if (send(c->fd, c->request.data, c->request.len, MSG_NOSIGNAL) !=
	    (ssize_t)c->request.len)
		return be_silent(c, "send", errno);
	c->step = CHECK_ANSWER;
	c->events = POLLIN;
	return CHECK_PENDING;
}

static enum check_result
begin_connect(struct check *c)
{
	c->fd = socket(c->to.sa.sa_family,
	    SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	c->step = CHECK_CONNECT;
	if (c->fd < 0)
		return be_silent(c, "socket", errno);
	if (connect(c->fd, &c->to.sa, c->to.len) == 0)
		return send_request(c);
	if (errno == EAGAIN) {
		check_end(c);
		c->step = CHECK_AGAIN;
		return CHECK_PENDING;
	}
	if (errno != EINPROGRESS)
		return be_silent(c, "connect", errno);
	c->events = POLLOUT;
	return CHECK_PENDING;
}

enum check_result
check_begin(struct check *c, const struct probe *p)
{
	struct dc_err err = DC_ERR_INIT;

	check_end(c);
	c->len = 0;
	c->rest = 0;
	c->seen[0] = '\0';
	if (probe_parse_address(&c->to, p, &err) < 0)
		return be_silent(c, err.msg, 0);
	return begin_connect(c);
}

static enum check_result
end_connect(struct check *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0)
		error = errno;
	return error != 0 ? be_silent(c, "connect", error) : send_request(c);
}

static enum check_result
read_answer(struct check *c, const struct probe *p)
{
	ssize_t n =
	    recv(c->fd, c->line + c->len, sizeof(c->line) - 1 - c->len, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return CHECK_PENDING;
	if (n <= 0)
		return be_silent(c, "closed the connection without an answer",
		    0);
	c->len += (size_t)n;
	c->line[c->len] = '\0';
	if (strchr(c->line, '\n') == NULL && c->len < sizeof(c->line) - 1)
		return CHECK_PENDING;
	c->step = CHECK_REST;
	return probe_is_good(c->seen, sizeof(c->seen), p, c->line)
		   ? CHECK_GOOD
		   : CHECK_FAILING;
}

enum check_result
check_go_on(struct check *c, const struct probe *p)
{
	switch (c->step) {
	case CHECK_AGAIN:
		return begin_connect(c);
	case CHECK_CONNECT:
		return end_connect(c);
	case CHECK_ANSWER:
		return read_answer(c, p);
	case CHECK_REST:
		check_rest(c);
		return CHECK_PENDING;
	case CHECK_IDLE:
		break;
	}
	return CHECK_PENDING;
}

/* The application writes its whole answer before we close: a reset in the
 * middle of it would be an error in its log. */
void
check_rest(struct check *c)
{
	char chunk[4096];
	ssize_t n = recv(c->fd, chunk, sizeof(chunk), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->rest += n > 0 ? (size_t)n : 0;
	if (n <= 0 || c->rest > REST_BYTES)
		check_end(c);
}
