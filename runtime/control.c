/* runtime/control.c -- see control.h. */
#include "runtime/control.h"

#include "common/base/auto.h"
#include "runtime/command.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

struct control {
	struct supervisor *supervisor;
	struct source listener;
	char *path;
	struct client *clients[CONTROL_MAX_CLIENTS]; /* oldest first */
	size_t n;
};

struct supervisor *
control_supervisor(const struct client *client)
{
	return client->owner->supervisor;
}

void
control_say(struct client *client, const char *fmt, ...)
{
	dc_auto_free char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	text = dc_vasprintf(fmt, ap);
	va_end(ap);
	if (client->answer.len + strlen(text) > CONTROL_MAX_ANSWER)
		client->is_doomed = true;
	else
		dc_str_add(&client->answer, text);
}

static void
client_free(struct client *client)
{
	loop_remove(control_supervisor(client)->epoll_fd, &client->source);
	(void)close(client->source.fd);
	dc_str_done(&client->answer);
	free(client->waits);
	free(client);
}

static void
take_request(struct client *client)
{
	size_t room = sizeof(client->line) - 1 - client->length;
	ssize_t n =
	    read(client->source.fd, client->line + client->length, room);
	char *end;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client->is_doomed = true;
		return;
	}
	client->length += (size_t)n;
	client->line[client->length] = '\0';
	end = strchr(client->line, '\n');
	if (end == NULL && client->length < sizeof(client->line) - 1)
		return;
	client->is_asked = true;
	if (end == NULL) {
		control_say(client, "ERROR request too long\n");
		return;
	}
	*end = '\0';
	command_run(client, client->line);
}

/* After its request only the end of a client is of interest, which epoll tells
 * unasked: a half-closed one (`nc -N`) still gets its answer. */
static void
on_client(void *arg, uint32_t events)
{
	struct client *client = arg;

	if (events & EPOLLIN && !client->is_asked)
		take_request(client);
	else if (events & (EPOLLHUP | EPOLLERR))
		client->is_doomed = true;
}

static void
send_answer(struct client *client)
{
	ssize_t n;

	if (client->answer.len > 0) {
		n = send(client->source.fd, client->answer.data,
		    client->answer.len, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n > 0)
			dc_str_shift(&client->answer, (size_t)n);
		else if (n < 0 && errno != EAGAIN && errno != EINTR)
			client->is_doomed = true;
	}
	if (client->answer.len == 0 && client->is_asked &&
	    !client->is_watching && client->nwaits == 0)
		client->is_doomed = true;
	loop_change(control_supervisor(client)->epoll_fd, &client->source,
	    client->answer.len > 0 ? (uint32_t)EPOLLOUT
	    : client->is_asked     ? 0
				   : (uint32_t)EPOLLIN);
}

void
control_settle(struct control *c)
{
	size_t kept = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct client *client = c->clients[i];

		if (!client->is_doomed)
			send_answer(client);
		if (client->is_doomed)
			client_free(client);
		else
			c->clients[kept++] = client;
	}
	c->n = kept;
}

void
control_changed(struct control *c, const struct program *p)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		command_changed(c->clients[i], p);
}

void
control_tell(struct control *c, const char *line)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		if (c->clients[i]->is_watching)
			control_say(c->clients[i], "%s", line);
}

void
control_removed(struct control *c, const struct program *p)
{
	for (size_t i = 0; c != NULL && i < c->n; i++)
		command_removed(c->clients[i], p);
}

/* The application must not be able to keep the platform out. */
static bool
make_room(struct control *c)
{
	if (c->n < CONTROL_MAX_CLIENTS)
		return true;
	for (size_t i = 0; i < c->n; i++) {
		if (!c->clients[i]->is_stranger)
			continue;
		client_free(c->clients[i]);
		memmove(&c->clients[i], &c->clients[i + 1],
		    (c->n - i - 1) * sizeof(struct client *));
		c->n--;
		return true;
	}
	return false;
}

static bool
is_stranger(const struct control *c, int fd)
{
	const struct account *a = c->supervisor->rights;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return a != NULL &&
	       getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       peer.uid == a->uid;
}

static void
on_connect(void *arg, uint32_t events)
{
	struct control *c = arg;
	struct client *client;
	dc_auto_fd int fd = -1;

	(void)events;
	fd = accept4(c->listener.fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (fd < 0 || !make_room(c))
		return;
	client = dc_xcalloc(1, sizeof(*client));
	client->owner = c;
	client->is_stranger = is_stranger(c, fd);
	client->source = (struct source){.on_ready = on_client,
	    .arg = client,
	    .fd = fd,
	    .events = EPOLLIN};
	if (loop_add(c->supervisor->epoll_fd, &client->source, NULL) < 0) {
		free(client);
		return;
	}
	(void)dc_steal_fd(&fd);
	c->clients[c->n++] = client;
}

/* A socket that nobody answers is left over from a killed one of us. */
static int
listen_at(const char *path, struct dc_err *err)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	dc_auto_fd int fd = -1;

	if (strlen(path) >= sizeof(at.sun_path))
		return dc_fail(err, DC_EINVAL, "socket path '%s' is too long",
		    path);
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return dc_fail_errno(err, "socket");
	if (connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0)
		return dc_fail(err, DC_EBUSY, "'%s' is served already", path);
	(void)close(dc_steal_fd(&fd));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return dc_fail_errno(err, "socket");
	if (unlink(path) < 0 && errno != ENOENT)
		return dc_fail_errno(err, "unlink '%s'", path);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    chmod(path, 0666) < 0 || listen(fd, CONTROL_MAX_CLIENTS) < 0)
		return dc_fail_errno(err, "listen at '%s'", path);
	return dc_steal_fd(&fd);
}

int
control_open(struct control **out, struct supervisor *s, const char *path,
    struct dc_err *err)
{
	struct control *c;
	int fd = listen_at(path, err);

	if (fd < 0)
		return fd;
	c = dc_xcalloc(1, sizeof(*c));
	c->supervisor = s;
	c->path = dc_strdup(path);
	c->listener = (struct source){.on_ready = on_connect,
	    .arg = c,
	    .fd = fd,
	    .events = EPOLLIN};
	*out = c;
	return loop_add(s->epoll_fd, &c->listener, err);
}

void
control_close(struct control *c)
{
	if (c == NULL)
		return;
	control_settle(c);
	for (size_t i = 0; i < c->n; i++)
		client_free(c->clients[i]);
	(void)close(c->listener.fd);
	(void)unlink(c->path);
	free(c->path);
	free(c);
}
