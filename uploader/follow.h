/* uploader/follow.h -- reads the log of a deployment line by line, to its end
 * and for as long as it grows. */
#ifndef UPLOADER_FOLLOW_H
#define UPLOADER_FOLLOW_H

#include "common/store/db.h"

#include <stddef.h>

/* One line; borrowed while the callback runs. ID grows, and tells a reader
 * who comes back where to go on; so does CREATED_AT, for readers who know
 * nothing else, so no two lines have the same. */
struct follow_line {
	int64_t id, created_at; /* microseconds */
	const char *service;    /* NULL: the platform */
	int64_t instance;       /* -1: none */
	bool error;
	const char *status; /* of the last line of all, or NULL */
	const char *message;
};

/* Must not block: the store is being read. */
typedef void follow_fn(const struct follow_line *line, void *arg);

struct follow {
	struct dc_db *db;
	int64_t deployment_id;
	int64_t since; /* the last line that was given */
	int64_t skip;  /* lines still to be left out */
	follow_fn *fn;
	void *arg;
	/* There will be no more lines; and how it ended. */
	bool has_ended, has_failed;
	/* Used by follow.c. */
	bool is_cut;
	size_t taken;
	int64_t last_at; /* microseconds */
};

/* To begin with the last N lines. */
int follow_seek(struct follow *f, int64_t n, struct dc_err *err);

/* Gives FN what has come, a few hundred kilobytes at the most. 1: there is
 * more at once; 0: wait for the bell. */
int follow_step(struct follow *f, struct dc_err *err);

#endif
