/* runtime/loop.c -- see loop.h. */
#include "runtime/loop.h"

#include <errno.h>
#include <sys/epoll.h>
#include <time.h>

int
loop_add(int epoll_fd, struct source *source, struct dc_err *err)
{
	struct epoll_event ev = {.events = source->events, .data.ptr = source};

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, source->fd, &ev) < 0)
		return dc_fail_errno(err, "epoll");
	return 0;
}

void
loop_change(int epoll_fd, struct source *source, uint32_t events)
{
	struct epoll_event ev = {.events = events, .data.ptr = source};

	if (source->events == events)
		return;
	source->events = events;
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_MOD, source->fd, &ev);
}

void
loop_remove(int epoll_fd, struct source *source)
{
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
}

/* One at a time, so that no event in hand can belong to a source that the one
 * before has freed. The kernel takes them in turn. */
int
loop_wait(int epoll_fd, struct dc_err *err)
{
	struct epoll_event ev;
	struct source *source;
	int n = epoll_wait(epoll_fd, &ev, 1, -1);

	if (n < 0 && errno != EINTR)
		return dc_fail_errno(err, "epoll_wait");
	if (n > 0) {
		source = ev.data.ptr;
		source->on_ready(source->arg, ev.events);
	}
	return 0;
}

int64_t
loop_now(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
