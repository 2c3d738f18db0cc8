/* cli/endpoint.h -- where a push goes: ssh://dcloud@HOST:PORT/PATH. */
#ifndef CLI_ENDPOINT_H
#define CLI_ENDPOINT_H

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

#endif
