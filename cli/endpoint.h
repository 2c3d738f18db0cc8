/* cli/endpoint.h -- where a push goes: ssh://dcloud@HOST:PORT/PATH. */
#ifndef CLI_ENDPOINT_H
#define CLI_ENDPOINT_H

#include "cli/api.h"
#include "common/base/err.h"

struct endpoint {
	char *url;
	char *user, *host, *path; /* the path keeps its leading slash */
	int port;                 /* 22 when the URL has none         */
};

/* The server's word ends up in arguments of ssh, so nothing of it may look
 * like an option or a second argument: DC_EINVAL. */
int endpoint_parse(struct endpoint *out, const char *url, struct dc_err *err);
void endpoint_done(struct endpoint *e);

/* Where APP takes pushes by PROTOCOL, "rsync" or "git". QUERY is what follows
 * /push-endpoints, "" or "?branch=...". DC_ENOTFOUND: there is no APP, and the
 * message says how to make it. */
int endpoint_load(struct endpoint *out, struct api *a, const char *app,
    const char *protocol, const char *query, struct dc_err *err);
/* What `git push` is to be given as URL; the caller's. */
char *endpoint_format_git(const struct endpoint *e, const char *app);
int endpoint_load_git_url(char **out, struct api *a, const char *app,
    struct dc_err *err);

#endif
