/* cli/api.h -- the HTTP API of CONTRACT 3, as the commands use it. */
#ifndef CLI_API_H
#define CLI_API_H

#include "cli/config.h"
#include "common/base/err.h"
#include "common/json/json.h"

#include <stdbool.h>

#define API_DEFAULT_ENDPOINT "http://127.0.0.1:8000/v1"

struct api {
	char *endpoint; /* no slash at the end */
	char *prefix;   /* "/me" or "/users/NAME" */
	char *api_key;  /* of the environment or the configuration */
	struct config *config;
	long status; /* of the last answer, 0: none came */
};

void api_init(struct api *a, struct config *config);
void api_done(struct api *a);

/* One request to PATH below the prefix. *OUT (which may be NULL) is what the
 * envelope held: "object" or "objects"; the caller's to free, NULL for an
 * empty answer. Failures carry the sentence that CONTRACT 1.1 gives them and
 * the code of their status: DC_ENOTFOUND 404, DC_EBUSY 409, DC_EDENIED 401
 * and 403, DC_EINVAL other 4xx. */
int api_get(struct api *a, struct dc_json **out, const char *path,
    struct dc_err *err);
int api_send(struct api *a, struct dc_json **out, const char *method,
    const char *path, const struct dc_json *body, struct dc_err *err);

/* As api_get and api_send for what --debug must not show. */
int api_get_secret(struct api *a, struct dc_json **out, const char *path,
    struct dc_err *err);
int api_send_secret(struct api *a, struct dc_json **out, const char *method,
    const char *path, const struct dc_json *body, struct dc_err *err);

/* A chunked stream of JSON lines, until it ends, ON_LINE returns other than 0
 * or STOP_FD (-1: none) is readable. Success however it ended. */
struct api_stream {
	int (*on_line)(const char *line, void *arg);
	void *arg;
	int stop_fd;
	const char *body; /* JSON, which makes it a POST; NULL: none */
};
int api_stream_run(struct api *a, const struct api_stream *s, const char *path,
    struct dc_err *err);

/* DC_ENOTFOUND: the platform has no service type NAME; DC_EFAIL: it does not
 * say. */
int api_find_type(struct api *a, const char *name, struct dc_err *err);

/* Where tokens are made, from /auth/discovery; the caller's to free. */
int api_find_token_url(struct api *a, char **out, struct dc_err *err);
/* FORM is an urlencoded grant. DC_EDENIED: not accepted. Fills the tokens of
 * the configuration. */
int api_load_token(struct api *a, const char *url, const char *form,
    struct dc_err *err);

#endif
