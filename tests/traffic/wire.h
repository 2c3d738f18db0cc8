/* tests/traffic/wire.h -- one connection of the traffic: HTTP/1.1 and websocket
 * frames over a blocking socket. */
#ifndef TRAFFIC_WIRE_H
#define TRAFFIC_WIRE_H

#include <stdbool.h>
#include <stddef.h>

/* How a request ended; the words are wire_outcome's. */
enum outcome {
	OUT_OK,
	OUT_CONNECT, /* refused, or no connection in time */
	OUT_RESET,   /* closed or reset before the answer was complete */
	OUT_TIMEOUT, /* no byte for a minute and a half */
	OUT_STATUS,  /* an answer of another status than was asked for */
	OUT_WRONG,   /* not what this version of the application says */
	OUT_CLOSED,  /* the maintenance page: 503, and when to come back */
	OUT_NKINDS
};

const char *wire_outcome(enum outcome o);

struct wire {
	const char *address, *host; /* "127.0.0.1:8000", the Host header */
	int fd;                     /* -1: closed */
	char buf[16384];
	size_t len, at;
};

struct answer {
	int status;
	bool chunked, closes, is_maintenance;
	long long length; /* -1: not said */
	char version[32], instance[32];
	size_t body_len; /* read by wire_body */
	char body[65536];
};

/* Connects unless it is connected. */
enum outcome wire_open(struct wire *w);
void wire_close(struct wire *w);
/* Nothing was asked, and the other side has ended it. */
bool wire_is_over(const struct wire *w);

enum outcome wire_send(struct wire *w, const void *data, size_t len);

/* Status line and headers; A is overwritten. */
enum outcome wire_head(struct wire *w, struct answer *a);

/* The rest of the answer, as much as fits kept in A. */
enum outcome wire_body(struct wire *w, struct answer *a);

/* A text frame of fewer than 126 bytes out, and one in. */
enum outcome wire_frame_send(struct wire *w, int opcode, const char *text);
enum outcome wire_frame_read(struct wire *w, int *opcode, char *text,
    size_t size);

#endif
