/* tests/traffic/wire.c -- see wire.h. */
#include "tests/traffic/wire.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define WAIT_SECONDS 90

static const char *const outcomes[OUT_NKINDS] = {
    [OUT_OK] = "ok",
    [OUT_CONNECT] = "connect",
    [OUT_RESET] = "reset",
    [OUT_TIMEOUT] = "timeout",
    [OUT_STATUS] = "status",
    [OUT_WRONG] = "wrong",
    [OUT_CLOSED] = "closed",
};

const char *
wire_outcome(enum outcome o)
{
	return outcomes[o];
}

void
wire_close(struct wire *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
	w->len = w->at = 0;
}

bool
wire_is_over(const struct wire *w)
{
	char c;

	return w->fd >= 0 &&
	       (recv(w->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
		   errno != EAGAIN);
}

static int
dial(const char *address)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
	    .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV};
	struct addrinfo *found;
	const char *port = strrchr(address, ':');
	char host[64];
	int fd = -1;

	if (port == NULL || (size_t)(port - address) >= sizeof(host))
		return -1;
	(void)snprintf(host, sizeof(host), "%.*s", (int)(port - address),
	    address);
	if (getaddrinfo(host, port + 1, &hints, &found) != 0)
		return -1;
	fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, found->ai_addr, found->ai_addrlen) < 0) {
		(void)close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

enum outcome
wire_open(struct wire *w)
{
	struct timeval wait = {.tv_sec = WAIT_SECONDS};
	int on = 1;

	if (w->fd >= 0)
		return OUT_OK;
	w->len = w->at = 0;
	w->fd = dial(w->address);
	if (w->fd < 0)
		return OUT_CONNECT;
	(void)setsockopt(w->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
	(void)setsockopt(w->fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
	(void)setsockopt(w->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return OUT_OK;
}

static enum outcome
failed(ssize_t n)
{
	if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return OUT_TIMEOUT;
	return OUT_RESET;
}

enum outcome
wire_send(struct wire *w, const void *data, size_t len)
{
	const char *p = data;

	while (len > 0) {
		ssize_t n = send(w->fd, p, len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(n);
		p += n;
		len -= (size_t)n;
	}
	return OUT_OK;
}

static enum outcome
fill(struct wire *w)
{
	ssize_t n;

	do
		n = recv(w->fd, w->buf, sizeof(w->buf), 0);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return failed(n);
	w->at = 0;
	w->len = (size_t)n;
	return OUT_OK;
}

static enum outcome
read_line(struct wire *w, char *line, size_t size)
{
	size_t n = 0;

	for (;;) {
		char c;

		if (w->at == w->len) {
			enum outcome o = fill(w);

			if (o != OUT_OK)
				return o;
		}
		c = w->buf[w->at++];
		if (c == '\n')
			break;
		if (c != '\r' && n + 1 < size)
			line[n++] = c;
	}
	line[n] = '\0';
	return OUT_OK;
}

/* N bytes into A's body, as far as there is room; to the end of the
 * connection when N is negative. */
static enum outcome
read_bytes(struct wire *w, struct answer *a, long long n)
{
	while (n != 0) {
		size_t have, room = sizeof(a->body) - 1 - a->body_len;

		if (w->at == w->len) {
			enum outcome o = fill(w);

			if (o != OUT_OK)
				return n < 0 && o == OUT_RESET ? OUT_OK : o;
		}
		have = w->len - w->at;
		if (n > 0 && have > (size_t)n)
			have = (size_t)n;
		if (room > have)
			room = have;
		memcpy(a->body + a->body_len, w->buf + w->at, room);
		a->body_len += room;
		w->at += have;
		if (n > 0)
			n -= (long long)have;
	}
	return OUT_OK;
}

static void
note_field(struct answer *a, char *line)
{
	char *value = strchr(line, ':');

	if (value == NULL)
		return;
	*value++ = '\0';
	while (isspace((unsigned char)*value))
		value++;
	if (strcasecmp(line, "content-length") == 0)
		a->length = strtoll(value, NULL, 10);
	else if (strcasecmp(line, "transfer-encoding") == 0)
		a->chunked = true;
	else if (strcasecmp(line, "connection") == 0)
		a->closes = strcasecmp(value, "close") == 0;
	else if (strcasecmp(line, "retry-after") == 0)
		a->is_maintenance = a->status == 503;
	else if (strcasecmp(line, "x-version") == 0)
		(void)snprintf(a->version, sizeof(a->version), "%s", value);
	else if (strcasecmp(line, "x-instance") == 0)
		(void)snprintf(a->instance, sizeof(a->instance), "%s", value);
}

enum outcome
wire_head(struct wire *w, struct answer *a)
{
	char line[1024];
	enum outcome o;

	a->status = 0;
	a->chunked = a->closes = a->is_maintenance = false;
	a->length = -1;
	a->version[0] = a->instance[0] = '\0';
	a->body_len = 0;
	o = read_line(w, line, sizeof(line));
	if (o != OUT_OK)
		return o;
	if (strncmp(line, "HTTP/1.", 7) != 0 || strlen(line) < 12)
		return OUT_WRONG;
	a->status = (int)strtol(line + 9, NULL, 10);
	while (
	    (o = read_line(w, line, sizeof(line))) == OUT_OK && line[0] != '\0')
		note_field(a, line);
	return o;
}

static enum outcome
read_chunks(struct wire *w, struct answer *a)
{
	char line[64];

	for (;;) {
		enum outcome o = read_line(w, line, sizeof(line));
		long long n;

		if (o != OUT_OK)
			return o;
		n = strtoll(line, NULL, 16);
		if (n > 0)
			o = read_bytes(w, a, n);
		if (o == OUT_OK)
			o = read_line(w, line, sizeof(line));
		if (o != OUT_OK || n == 0)
			return o;
	}
}

enum outcome
wire_body(struct wire *w, struct answer *a)
{
	enum outcome o;

	if (a->chunked) {
		o = read_chunks(w, a);
	} else {
		o = read_bytes(w, a, a->length);
		a->closes |= a->length < 0;
	}
	a->body[a->body_len] = '\0';
	return o;
}

enum outcome
wire_frame_send(struct wire *w, int opcode, const char *text)
{
	static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
	unsigned char frame[6 + 125];
	size_t i, len = strlen(text);

	if (len > 125)
		return OUT_WRONG;
	frame[0] = (unsigned char)(0x80 | opcode);
	frame[1] = (unsigned char)(0x80 | len);
	memcpy(frame + 2, mask, sizeof(mask));
	for (i = 0; i < len; i++)
		frame[6 + i] = (unsigned char)text[i] ^ mask[i % 4];
	return wire_send(w, frame, 6 + len);
}

enum outcome
wire_frame_read(struct wire *w, int *opcode, char *text, size_t size)
{
	static struct answer a;
	enum outcome o;
	size_t len;

	a.body_len = 0;
	o = read_bytes(w, &a, 2);
	if (o != OUT_OK)
		return o;
	*opcode = a.body[0] & 15;
	len = (size_t)(a.body[1] & 127);
	if (len > 125 || len >= size)
		return OUT_WRONG;
	a.body_len = 0;
	o = read_bytes(w, &a, (long long)len);
	memcpy(text, a.body, len);
	text[len] = '\0';
	return o;
}
