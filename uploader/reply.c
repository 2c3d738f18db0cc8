/* uploader/reply.c -- see reply.h. */
#include "uploader/reply.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"

#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>

static int
write_head(struct reply *rp, int status, int64_t length, struct dc_err *err)
{
	char head[REPLY_HEAD_MAX];
	int n = snprintf(head, sizeof(head), "%d %" PRId64 " %" PRId64 "\n",
	    status, rp->rq->account.id, length);

	rp->begun = true;
	return dc_fs_write_all(rp->fd, head, (size_t)n, err);
}

static int
write_text(struct reply *rp, int status, const char *text, struct dc_err *err)
{
	size_t len = strlen(text);
	int rc = write_head(rp, status, (int64_t)len, err);

	return rc < 0 ? rc : dc_fs_write_all(rp->fd, text, len, err);
}

int
reply_json(struct reply *rp, int status, const struct dc_json *j,
    struct dc_err *err)
{
	dc_auto_free char *text = dc_json_format(j, DC_JSON_COMPACT);

	return write_text(rp, status, text, err);
}

static struct dc_json *
new_envelope(const struct request *rq)
{
	struct dc_json *j = dc_json_new_object();
	struct dc_json *about = dc_json_new_object();

	dc_json_add_str(about, "remote_addr", rq->remote_addr);
	dc_json_add_str(about, "auth_user", rq->account.name);
	dc_json_add_str(about, "uri", rq->path);
	dc_json_add(j, "request", about);
	dc_json_add(j, "links", dc_json_new_array());
	return j;
}

int
reply_object(struct reply *rp, int status, struct dc_json *object,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *j = new_envelope(rp->rq);

	dc_json_add(j, "object", object);
	return reply_json(rp, status, j, err);
}

int
reply_objects(struct reply *rp, struct dc_json *objects, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = new_envelope(rp->rq);

	dc_json_add(j, "objects", objects);
	return reply_json(rp, 200, j, err);
}

int
reply_empty(struct reply *rp, struct dc_err *err)
{
	return write_text(rp, 204, "", err);
}

int
reply_stream(struct reply *rp, struct dc_err *err)
{
	rp->is_stream = true;
	return write_head(rp, 200, -1, err);
}

void
reply_end(struct reply *rp)
{
	if (rp->is_stream)
		(void)dc_fs_write_all(rp->fd, "", 1, NULL);
}

char *
reply_format_line(struct dc_json *object)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	dc_auto_free char *text = NULL;

	dc_json_add(j, "object", object);
	text = dc_json_format(j, DC_JSON_COMPACT);
	return dc_asprintf("%s\r\n", text);
}

int
reply_line(struct reply *rp, struct dc_json *object, struct dc_err *err)
{
	dc_auto_free char *line = reply_format_line(object);

	return dc_fs_write_all(rp->fd, line, strlen(line), err);
}

int
reply_keep_alive(struct reply *rp, struct dc_err *err)
{
	/* Several: libcurl's low-speed limit of one byte a second takes two
	 * bytes within five seconds for silence. */
	static const char blank[] = "\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n";

	return dc_fs_write_all(rp->fd, blank, sizeof(blank) - 1, err);
}

int
reply_wait(const struct reply *rp, int fd, int ms, struct dc_err *err)
{
	struct pollfd p[2] = {
	    {.fd = fd, .events = POLLIN},
	    {.fd = rp->fd, .events = 0},
	};

	(void)poll(p, 2, ms);
	if ((p[1].revents & (POLLERR | POLLHUP)) != 0)
		return dc_fail(err, DC_ESTALE, "the client has gone");
	return 0;
}

int
reply_fail(struct reply *rp, int status, struct dc_err *err, const char *fmt,
    ...)
{
	char msg[DC_ERR_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	rp->status = status;
	return dc_fail(err, DC_EINVAL, "%s", msg);
}

static int
status_of(int code)
{
	switch (code) {
	case DC_ENOTFOUND:
		return 404;
	case DC_EINVAL:
		return 400;
	case DC_EBUSY:
	case DC_ESTALE:
		return 409;
	case DC_EDENIED:
		return 403;
	case DC_EUSER:
		return 422;
	default:
		return 500;
	}
}

static const char *
title_of(int status)
{
	static const struct {
		int status;
		const char *title;
	} titles[] = {
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {408, "Request Timeout"},
	    {409, "Conflict"},
	    {413, "Payload Too Large"},
	    {422, "Unprocessable Entity"},
	    {429, "Too Many Requests"},
	    {503, "Service Unavailable"},
	};
	size_t i;

	for (i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Internal Server Error";
}

char *
reply_format_error(int status, const char *description)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	struct dc_json *error = dc_json_new_object();

	dc_json_add_str(error, "title", title_of(status));
	dc_json_add_int(error, "code", status);
	dc_json_add_str(error, "description", description);
	dc_json_add(j, "error", error);
	return dc_json_format(j, DC_JSON_COMPACT);
}

void
reply_error(struct reply *rp, int code, const struct dc_err *err)
{
	int status = rp->status != 0 ? rp->status : status_of(code);
	dc_auto_free char *text = NULL;

	/* What broke inside is for the operator, under the trace id. */
	if (status == 500)
		log_error("trace=%s %s %s: %s", rp->rq->trace, rp->rq->method,
		    rp->rq->path, err->msg);
	if (rp->begun)
		return;
	text = reply_format_error(status,
	    status == 500 ? "Something is broken on our side" : err->msg);
	(void)write_text(rp, status, text, NULL);
}
