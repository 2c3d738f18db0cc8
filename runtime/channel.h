/* runtime/channel.h -- messages to and from one process, as Node.js has them
 * between parent and child: JSON texts, one a line, over a socket whose number
 * the child finds in NODE_CHANNEL_FD. Only strings count here. */
#ifndef DC_CHANNEL_H
#define DC_CHANNEL_H

#include "runtime/loop.h"

#include <stdbool.h>
#include <stddef.h>

#define CHANNEL_MAX_MESSAGE 32 /* bytes; a longer one is skipped */

struct channel {
	struct source source; /* fd < 0: not open */
	int epoll_fd;
	void (*on_message)(void *arg, const char *message);
	void *arg;
	char line[CHANNEL_MAX_MESSAGE + 2]; /* with its quotes */
	size_t length;
	bool is_skipping; /* to the end of the line */
};

/* *CHILD_FD is the other end, which the caller gives away and closes. C has its
 * callback and stays where it is until it is closed. */
int channel_open(struct channel *c, int *child_fd, int epoll_fd,
    struct dc_err *err);
void channel_close(struct channel *c);

/* false: it is closed, or the process does not read its messages. */
bool channel_send(struct channel *c, const char *message);

#endif
