/* uploader/http.h -- the door to libmicrohttpd, and the event loop: nothing
 * but HTTP happens in this process, every answer comes from a child. */
#ifndef UPLOADER_HTTP_H
#define UPLOADER_HTTP_H

#include "common/conf/conf.h"

struct http;

/* On the listening socket LISTEN_FD, which it takes over. CONF is borrowed. */
int http_open(struct http **out, const struct dc_conf *conf, int listen_fd,
    struct dc_err *err);
/* Until SIGTERM or SIGINT. */
int http_run(struct http *h, struct dc_err *err);
void http_close(struct http *h);

static inline void
http_auto_(struct http **h)
{
	http_close(*h);
}
#define http_auto __attribute__((cleanup(http_auto_)))

#endif
