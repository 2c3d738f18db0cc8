/* common/store/log_entry.c -- see log_entry.h. */
#include "common/store/log_entry.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <string.h>
#include <time.h>

#define CHUNK_BYTES 65536
#define CHUNK_MS 100

struct dc_log_buffer {
	struct dc_db *db;
	int64_t deployment_id, instance;
	char *service;
	struct dc_str text;
	struct dc_str tail; /* the newest of what came past the limit */
	int64_t flushed;    /* when the last row was written, monotonic ms */
	int64_t total, dropped;
};

static int64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

static const char *
status_of(enum dc_log_kind kind)
{
	switch (kind) {
	case DC_LOG_DEPLOY_END:
		return "deploy_end";
	case DC_LOG_DEPLOY_FAIL:
		return "deploy_fail";
	default:
		return NULL;
	}
}

int
dc_log_entry_add(struct dc_db *db, int64_t deployment_id, const char *service,
    int64_t instance, enum dc_log_kind kind, const char *message,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	bool is_error = kind == DC_LOG_ERROR || kind == DC_LOG_DEPLOY_FAIL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO log_entries (deployment_id, created_at, service,"
	    " instance, level, status, message) VALUES (:deployment, :now,"
	    " :service, CASE WHEN :instance < 0 THEN NULL ELSE :instance END,"
	    " :level, :status, :message)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment_id);
	dc_stmt_int(q, ":now", now_us());
	dc_stmt_text(q, ":service", service);
	dc_stmt_int(q, ":instance", instance);
	dc_stmt_text(q, ":level", is_error ? "ERROR" : "INFO");
	dc_stmt_text(q, ":status", status_of(kind));
	dc_stmt_text(q, ":message", message);
	return dc_stmt_run(q, NULL, err);
}

int
dc_log_entry_each(struct dc_db *db, int64_t deployment_id, int64_t after,
    dc_log_entry_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM log_entries WHERE deployment_id = :deployment"
	    " AND id > :after ORDER BY id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment_id);
	dc_stmt_int(q, ":after", after);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_log_entry e = {
		    .id = dc_stmt_get_int(q, "id"),
		    .created_at = dc_stmt_get_int(q, "created_at"),
		    .service = dc_stmt_is_null(q, "service")
				   ? NULL
				   : dc_stmt_get_text(q, "service"),
		    .instance = dc_stmt_is_null(q, "instance")
				    ? -1
				    : dc_stmt_get_int(q, "instance"),
		    .error = strcmp(dc_stmt_get_text(q, "level"), "ERROR") == 0,
		    .status = dc_stmt_is_null(q, "status")
				  ? NULL
				  : dc_stmt_get_text(q, "status"),
		    .message = dc_stmt_get_text(q, "message"),
		};

		rc = fn(&e, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

int
dc_log_entry_tail(struct dc_db *db, int64_t *after, int64_t deployment_id,
    int64_t n, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT coalesce(min(id) - 1, 0) AS after FROM (SELECT id FROM"
	    " log_entries WHERE deployment_id = :deployment"
	    " ORDER BY id DESC LIMIT :n)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment_id);
	dc_stmt_int(q, ":n", n);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*after = dc_stmt_get_int(q, "after");
	return rc;
}

int
dc_log_buffer_new(struct dc_log_buffer **out, struct dc_db *db,
    int64_t deployment_id, const char *service, int64_t instance)
{
	struct dc_log_buffer *b = dc_xcalloc(1, sizeof(*b));

	b->db = db;
	b->deployment_id = deployment_id;
	b->service = dc_strdup(service);
	b->instance = instance;
	*out = b;
	return 0;
}

/* NUL would end the text in the store; \r is a progress bar's new start. */
static void
add_clean(struct dc_str *s, const char *bytes, size_t n)
{
	size_t i, start = 0;

	for (i = 0; i < n; i++) {
		if (bytes[i] != '\0')
			continue;
		dc_str_addn(s, bytes + start, i - start);
		dc_str_add(s, "?");
		start = i + 1;
	}
	dc_str_addn(s, bytes + start, n - start);
}

static void
keep_tail(struct dc_log_buffer *b, const char *bytes, size_t n)
{
	size_t over;

	b->total = DC_MAX_LOG_BYTES;
	add_clean(&b->tail, bytes, n);
	if (b->tail.len <= CHUNK_BYTES)
		return;
	over = b->tail.len - CHUNK_BYTES;
	dc_str_shift(&b->tail, over);
	b->dropped += (int64_t)over;
}

int
dc_log_buffer_add(struct dc_log_buffer *b, const char *bytes, size_t n,
    struct dc_err *err)
{
	if (b->total + (int64_t)n > DC_MAX_LOG_BYTES) {
		keep_tail(b, bytes, n);
		return 0;
	}
	b->total += (int64_t)n;
	add_clean(&b->text, bytes, n);
	return b->text.len >= CHUNK_BYTES ? dc_log_buffer_flush(b, err) : 0;
}

int
dc_log_buffer_due(const struct dc_log_buffer *b)
{
	int64_t due;

	if (b->text.len == 0 || memchr(b->text.data, '\n', b->text.len) == NULL)
		return -1;
	/* The first line after a quiet time is shown at once. */
	due = b->flushed + CHUNK_MS - dc_mono_ms();
	return due > 0 ? (int)due : 0;
}

/* The first N bytes, without their last newline, become a row. */
static int
write_row(struct dc_log_buffer *b, size_t n, struct dc_err *err)
{
	dc_auto_str struct dc_str text = {0};
	size_t len = n;

	if (len > 0 && b->text.data[len - 1] == '\n')
		len--;
	dc_str_addn(&text, "", 0);
	dc_str_add_utf8(&text, b->text.data, len);
	dc_str_shift(&b->text, n);
	b->flushed = dc_mono_ms();
	return dc_log_entry_add(b->db, b->deployment_id, b->service,
	    b->instance, DC_LOG_INFO, text.data, err);
}

int
dc_log_buffer_flush(struct dc_log_buffer *b, struct dc_err *err)
{
	char *nl =
	    b->text.len > 0 ? memrchr(b->text.data, '\n', b->text.len) : NULL;

	if (nl != NULL)
		return write_row(b, (size_t)(nl - b->text.data) + 1, err);
	/* One line without an end must not grow for ever. */
	if (b->text.len >= CHUNK_BYTES)
		return write_row(b, b->text.len, err);
	return 0;
}

int
dc_log_buffer_end(struct dc_log_buffer *b, struct dc_err *err)
{
	char note[96];
	int rc = 0;

	if (b == NULL)
		return 0;
	if (b->text.len > 0)
		rc = write_row(b, b->text.len, err);
	if (rc == 0 && b->dropped > 0) {
		(void)snprintf(note, sizeof(note),
		    "(%lld bytes of output are left out here)",
		    (long long)b->dropped);
		rc = dc_log_entry_add(b->db, b->deployment_id, b->service,
		    b->instance, DC_LOG_INFO, note, err);
	}
	if (rc == 0 && b->tail.len > 0) {
		dc_str_add(&b->text, b->tail.data);
		rc = write_row(b, b->text.len, err);
	}
	dc_str_done(&b->tail);
	dc_str_done(&b->text);
	free(b->service);
	free(b);
	return rc;
}
