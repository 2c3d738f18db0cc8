/* runtime/loop.h -- what the event loop waits for: descriptors. */
#ifndef DC_LOOP_H
#define DC_LOOP_H

#include "common/base/err.h"

#include <stdint.h>

/* Embedded in whatever owns FD, and in one place until removed. */
struct source {
	void (*on_ready)(void *arg, uint32_t events); /* EPOLLIN, ... */
	void *arg;
	int fd;
	uint32_t events;
};

int loop_add(int epoll_fd, struct source *source, struct dc_err *err);
void loop_change(int epoll_fd, struct source *source, uint32_t events);
void loop_remove(int epoll_fd, struct source *source);

/* Waits, and calls one source: it may add and remove any of them. */
int loop_wait(int epoll_fd, struct dc_err *err);

/* Milliseconds of the clock that never jumps. */
int64_t loop_now(void);

#endif
