/* runtime/worker.c -- see worker.h. */
#include "runtime/worker.h"

#include "common/base/auto.h"
#include "runtime/child.h"
#include "runtime/roll.h"
#include "runtime/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void
on_message(void *arg, const char *message)
{
	struct program *p = arg;

	if (strcmp(message, "online") == 0) {
		supervisor_log(p->owner, "INFO", "online: %s",
		    p->settings.name);
		p->worker.is_online = true;
		if (p->machine.state == STATE_STARTING)
			machine_handle(&p->machine, EV_TIMER);
	} else if (strcmp(message, "restart") == 0 &&
		   p->machine.state == STATE_RUNNING) {
		roll_add(p);
	}
}

/* A process that was killed has left its socket's name behind, and no other
 * can be bound to it. */
static int
free_name(const char *path, struct dc_err *err)
{
	if (unlink(path) < 0 && errno != ENOENT)
		return dc_fail_errno(err, "remove '%s'", path);
	return 0;
}

static void
leave(struct program *p)
{
	struct worker *w = &p->worker;

	if (w->last.fd >= 0) {
		loop_remove(p->owner->epoll_fd, &w->last);
		(void)close(w->last.fd);
		w->last.fd = -1;
	}
}

static void
forget_name(struct worker *w)
{
	if (w->name_fd >= 0)
		(void)close(w->name_fd);
	w->name_fd = -1;
}

int
worker_begin(struct program *p, struct child_options *options,
    struct dc_err *err)
{
	struct worker *w = &p->worker;
	int rc = 0;

	worker_done(p);
	w->is_online = false;
	w->accepts_since = 0;
	if (p->settings.socket != NULL)
		rc = free_name(p->settings.socket, err);
	if (rc < 0 || !p->settings.has_channel)
		return rc;
	w->channel.on_message = on_message;
	w->channel.arg = p;
	options->is_suspended = w->is_suspended;
	return channel_open(&w->channel, &options->channel_fd,
	    p->owner->epoll_fd, err);
}

/* Through the descriptor: it has no name any more. */
static int
connect_last(const struct worker *w)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	dc_auto_fd int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "/proc/self/fd/%d",
	    w->name_fd);
	if (fd < 0 || connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0 ||
	    shutdown(fd, SHUT_WR) < 0)
		return -1;
	return dc_steal_fd(&fd);
}

/* The next one in line; false: there is none, or no use. */
static bool
stand_last(struct program *p)
{
	struct worker *w = &p->worker;

	if (w->rounds-- == 0)
		return false;
	w->last.fd = connect_last(w);
	if (w->last.fd < 0)
		return false;
	if (loop_add(p->owner->epoll_fd, &w->last, NULL) == 0)
		return true;
	(void)close(w->last.fd);
	w->last.fd = -1;
	return false;
}

/* All have been accepted. */
static void
tell_end(struct program *p)
{
	struct machine *m = &p->machine;

	if (m->state != STATE_STOPPING || !m->is_asked)
		return;
	if (p->worker.is_online && channel_send(&p->worker.channel, "shutdown"))
		return;
	machine_handle(m, EV_TIMER);
}

static void
on_last(void *arg, uint32_t events)
{
	struct program *p = arg;
	char bytes[512];
	ssize_t n = read(p->worker.last.fd, bytes, sizeof(bytes));

	(void)events;
	if (n > 0 || (n < 0 && (errno == EAGAIN || errno == EINTR)))
		return;
	leave(p);
	if (stand_last(p))
		return;
	forget_name(&p->worker);
	tell_end(p);
}

/* Twice in line: a connect() that had found the name before it went may come
 * after the first. */
static bool
begin_end(struct program *p)
{
	struct worker *w = &p->worker;

	forget_name(w);
	w->name_fd = open(p->settings.socket, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	(void)unlink(p->settings.socket);
	w->rounds = 2;
	w->last = (struct source){.on_ready = on_last,
	    .arg = p,
	    .fd = -1,
	    .events = EPOLLIN};
	if (w->name_fd >= 0 && stand_last(p))
		return true;
	forget_name(w);
	return false;
}

void
worker_init(struct program *p)
{
	p->worker.channel.source.fd = -1;
	p->worker.last.fd = -1;
	p->worker.name_fd = -1;
	p->worker.is_suspended = p->owner->is_suspended;
}

void
worker_done(struct program *p)
{
	channel_close(&p->worker.channel);
	leave(p);
	forget_name(&p->worker);
}

bool
worker_ask(struct machine *m)
{
	struct program *p = program_of(m);
	struct worker *w = &p->worker;

	if (p->settings.socket != NULL && begin_end(p))
		return true;
	return w->is_online && channel_send(&w->channel, "shutdown");
}

/* Wherever a link in its place leads, it is in this container. */
static bool
accepts(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	dc_auto_fd int fd =
	    socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (strlen(path) >= sizeof(at.sun_path))
		return false;
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) == 0;
}

bool
worker_is_up(struct machine *m)
{
	struct program *p = program_of(m);
	struct worker *w = &p->worker;

	if (p->settings.socket == NULL || w->is_online)
		return true;
	if (!accepts(p->settings.socket)) {
		w->accepts_since = 0;
		return false;
	}
	if (w->accepts_since == 0)
		w->accepts_since = loop_now();
	return loop_now() - w->accepts_since >= m->start_ms;
}

bool
worker_resume(struct program *p)
{
	p->worker.is_suspended = false;
	if (!p->settings.has_channel)
		return false;
	return p->machine.pid == 0 ||
	       channel_send(&p->worker.channel, "resume");
}
