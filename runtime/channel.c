/* runtime/channel.c -- see channel.h. */
#include "runtime/channel.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define READS_PER_TURN 4
#define READ_SIZE 4096

/* The text between its quotes. What has anything escaped in it is none of the
 * words that we know. */
static void
take_line(struct channel *c)
{
	size_t n = c->length;

	if (!c->is_skipping && n >= 2 && c->line[0] == '"' &&
	    c->line[n - 1] == '"' && memchr(c->line, '\\', n) == NULL &&
	    memchr(c->line, '\0', n) == NULL) {
		c->line[n - 1] = '\0';
		c->on_message(c->arg, c->line + 1);
	}
	c->length = 0;
	c->is_skipping = false;
}

static void
take_bytes(struct channel *c, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n && c->source.fd >= 0; i++) {
		if (bytes[i] == '\n')
			take_line(c);
		else if (c->length < sizeof(c->line))
			c->line[c->length++] = bytes[i];
		else
			c->is_skipping = true;
	}
}

/* Descriptors that come with a message are not taken: read() drops them. */
static void
on_ready(void *arg, uint32_t events)
{
	struct channel *c = arg;
	char bytes[READ_SIZE];

	(void)events;
	for (int i = 0; i < READS_PER_TURN && c->source.fd >= 0; i++) {
		ssize_t n = read(c->source.fd, bytes, sizeof(bytes));

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n <= 0)
			channel_close(c);
		else
			take_bytes(c, bytes, (size_t)n);
	}
}

int
channel_open(struct channel *c, int *child_fd, int epoll_fd, struct dc_err *err)
{
	dc_auto_fd int ours = -1;
	dc_auto_fd int theirs = -1;
	int fds[2], rc;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
		return dc_fail_errno(err, "socketpair");
	ours = fds[0];
	theirs = fds[1];
	/* Theirs is theirs to set: a shell expects it to wait. */
	(void)fcntl(ours, F_SETFL, O_NONBLOCK);
	c->source = (struct source){.on_ready = on_ready,
	    .arg = c,
	    .fd = ours,
	    .events = EPOLLIN};
	c->epoll_fd = epoll_fd;
	c->length = 0;
	c->is_skipping = false;
	rc = loop_add(epoll_fd, &c->source, err);
	if (rc < 0) {
		c->source.fd = -1;
		return rc;
	}
	(void)dc_steal_fd(&ours);
	*child_fd = dc_steal_fd(&theirs);
	return 0;
}

void
channel_close(struct channel *c)
{
	if (c->source.fd < 0)
		return;
	loop_remove(c->epoll_fd, &c->source);
	(void)close(c->source.fd);
	c->source.fd = -1;
}

bool
channel_send(struct channel *c, const char *message)
{
	dc_auto_free char *line = dc_asprintf("\"%s\"\n", message);
	size_t n = strlen(line);

	return c->source.fd >= 0 &&
	       send(c->source.fd, line, n, MSG_DONTWAIT | MSG_NOSIGNAL) ==
		   (ssize_t)n;
}
