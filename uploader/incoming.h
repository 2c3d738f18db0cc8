/* uploader/incoming.h -- requests of which the body has not ended: each has a
 * time by which it must, since a byte now and then is no reason to keep one of
 * the connections. */
#ifndef UPLOADER_INCOMING_H
#define UPLOADER_INCOMING_H

#include <stdbool.h>
#include <stdint.h>

#define INCOMING_SECONDS 60

struct incoming {
	int fd;
	const char *trace; /* borrowed */
	int64_t end;
	bool is_late; /* 408 was said: it gets no other answer */
	struct incoming *next;
};

/* Puts IN, with its FD and TRACE, into the list ALL. */
void incoming_init(struct incoming **all, struct incoming *in);
/* Takes it out, when it is there. */
void incoming_done(struct incoming **all, struct incoming *in);

/* Answers 408 to what is too late, and shuts its socket a moment after. */
void incoming_end_late(struct incoming *all, int64_t now_ms);

#endif
