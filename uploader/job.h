/* uploader/job.h -- a child that answers one request, as the event loop sees
 * it: a pid and a pipe from which the reply comes. */
#ifndef UPLOADER_JOB_H
#define UPLOADER_JOB_H

#include "uploader/limit.h"
#include "uploader/reply.h"
#include "uploader/request.h"

struct job {
	int fd; /* -1: none */
	bool is_stream, is_wait, has_head;
	bool has_end;       /* the NUL of a stream has come */
	struct request *rq; /* owned */
	char head[REPLY_HEAD_MAX];
	size_t head_len;
	/* Of the head: */
	int status;
	int64_t account_id, length;
	void *owner; /* the event loop's */
	struct job *next;
};

/* All that run. */
struct jobs {
	struct job *first;
	struct limit *limit;
	int children; /* not reaped yet; more than the list, as a client may
		       * leave before his child has noticed */
};

/* Starts the child for RQ, which it takes over. *STATUS is what to answer
 * when it fails: 404, 405, 429, 503, 500. */
int job_start(struct jobs *all, struct job **out, struct request *rq,
    int *status, struct dc_err *err);
/* Closes the pipe, at which the child ends. */
void job_end(struct jobs *all, struct job *job);

/* Reads on. 1: the head is there; 0: not yet; < 0: it never will be. */
int job_read_head(struct jobs *all, struct job *job, struct dc_err *err);

/* Collects children that have ended. */
void job_reap(struct jobs *all);

#endif
