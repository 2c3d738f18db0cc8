/* uploader/reply.h -- what a handler answers. It runs in a child: the head and
 * the body go through a pipe to the event loop, which knows HTTP. */
#ifndef UPLOADER_REPLY_H
#define UPLOADER_REPLY_H

#include "uploader/request.h"

/* The head in the pipe: "STATUS ACCOUNT_ID LENGTH\n" (LENGTH -1: until the
 * end) and then the body, all of it JSON. A stream ends with a NUL: without it
 * the child has died in the middle. */
#define REPLY_HEAD_MAX 64

struct reply {
	int fd;
	const struct request *rq;
	int status; /* for the failure on its way up; 0: by its dc_code */
	bool begun, is_stream;
};

/* Takes OBJECT or OBJECTS over. */
int reply_object(struct reply *rp, int status, struct dc_json *object,
    struct dc_err *err);
int reply_objects(struct reply *rp, struct dc_json *objects,
    struct dc_err *err);
/* Without the envelope. */
int reply_json(struct reply *rp, int status, const struct dc_json *j,
    struct dc_err *err);
int reply_empty(struct reply *rp, struct dc_err *err); /* 204 */

/* One {"object": ...} a line; blank lines keep the connection alive. Takes
 * OBJECT over. */
int reply_stream(struct reply *rp, struct dc_err *err);
char *reply_format_line(struct dc_json *object); /* the caller's */
int reply_line(struct reply *rp, struct dc_json *object, struct dc_err *err);
int reply_keep_alive(struct reply *rp, struct dc_err *err);
/* There is no more: what the client gets then ends as it should. */
void reply_end(struct reply *rp);
/* Until FD is readable, MS milliseconds at the most. DC_ESTALE: the client has
 * gone. */
int reply_wait(const struct reply *rp, int fd, int ms, struct dc_err *err);

/* dc_fail with an HTTP status of its own. */
int reply_fail(struct reply *rp, int status, struct dc_err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* What a failed handler leaves: the error's envelope, unless it has begun to
 * answer. CODE is the handler's. */
void reply_error(struct reply *rp, int code, const struct dc_err *err);

/* Text of an error's envelope; the caller's. */
char *reply_format_error(int status, const char *description);

#endif
