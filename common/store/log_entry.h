/* common/store/log_entry.h -- the log of a deployment, which its readers
 * follow by id. */
#ifndef DC_LOG_ENTRY_H
#define DC_LOG_ENTRY_H

#include "common/store/db.h"

#include <stddef.h>

enum dc_log_kind {
	DC_LOG_INFO,
	DC_LOG_ERROR,
	DC_LOG_DEPLOY_END, /* the last entry of a deployment that succeeded */
	DC_LOG_DEPLOY_FAIL /* ... that did not */
};

/* MESSAGE: one or more lines. SERVICE NULL: from the platform. INSTANCE -1: of
 * the service's build. */
int dc_log_entry_add(struct dc_db *db, int64_t deployment_id,
    const char *service, int64_t instance, enum dc_log_kind kind,
    const char *message, struct dc_err *err);

/* Borrowed while the callback runs. */
struct dc_log_entry {
	int64_t id;
	int64_t created_at;  /* microseconds */
	const char *service; /* NULL: the platform */
	int64_t instance;    /* -1: none */
	bool error;
	const char *status; /* deploy_end, deploy_fail or NULL */
	const char *message;
};

typedef int dc_log_entry_fn(const struct dc_log_entry *e, void *arg,
    struct dc_err *err);

/* Entries with an id above AFTER, in order. FN returns < 0 to stop. */
int dc_log_entry_each(struct dc_db *db, int64_t deployment_id, int64_t after,
    dc_log_entry_fn *fn, void *arg, struct dc_err *err);

/* The id before the last N entries begin, to start dc_log_entry_each there. */
int dc_log_entry_tail(struct dc_db *db, int64_t *after, int64_t deployment_id,
    int64_t n, struct dc_err *err);

/* Collects the lines of one job: a row per 100 ms or 64 KiB. Past
 * DC_MAX_LOG_BYTES only the newest 64 KiB are kept; a line says what is not. */
struct dc_log_buffer;

int dc_log_buffer_new(struct dc_log_buffer **out, struct dc_db *db,
    int64_t deployment_id, const char *service, int64_t instance);
/* Raw output as it comes; what is not UTF-8 or NUL is replaced. */
int dc_log_buffer_add(struct dc_log_buffer *b, const char *bytes, size_t n,
    struct dc_err *err);
/* Milliseconds until dc_log_buffer_flush is due, -1: nothing is waiting. */
int dc_log_buffer_due(const struct dc_log_buffer *b);
int dc_log_buffer_flush(struct dc_log_buffer *b, struct dc_err *err);
/* Flushes, an unfinished last line too, and frees. */
int dc_log_buffer_end(struct dc_log_buffer *b, struct dc_err *err);

#endif
