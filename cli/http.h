/* cli/http.h -- the door to libcurl: one request at a time. */
#ifndef CLI_HTTP_H
#define CLI_HTTP_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <stdbool.h>

struct http_request {
	const char *method, *url;
	const char *body, *type; /* NULL: none */
	const char *bearer;      /* token; NULL: none */
	const char *basic;       /* "user:password"; NULL: none */
	bool is_secret;          /* bodies that --debug must not print */
	/* Follows a stream instead of keeping the body of a 200: given each
	 * line, without its end; not 0 stops. */
	int (*on_line)(const char *line, void *arg);
	void *arg;
	int stop_fd; /* readable: stop. Used with on_line only; -1: none */
};

struct http_reply {
	long status;
	struct dc_str body;
	char trace_id[64];
	bool stopped; /* by on_line or stop_fd */
};

void http_init(bool debug);

/* DC_OK for any answer, whatever its status; DC_EFAIL: none came, with what
 * CONTRACT 1.1 says about that. */
int http_send(struct http_reply *reply, const struct http_request *request,
    struct dc_err *err);
void http_reply_done(struct http_reply *reply);

/* Percent-encodes all but letters, digits and "-_.~"; the caller's to free. */
char *http_escape(const char *text);

#endif
