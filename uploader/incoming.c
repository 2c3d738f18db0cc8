/* uploader/incoming.c -- see incoming.h. */
#include "uploader/incoming.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "uploader/reply.h"

#include <string.h>
#include <sys/socket.h>

#define READ_MS 2000 /* for the router to read it */

void
incoming_init(struct incoming **all, struct incoming *in)
{
	in->end = dc_mono_ms() + INCOMING_SECONDS * INT64_C(1000);
	in->next = *all;
	*all = in;
}

void
incoming_done(struct incoming **all, struct incoming *in)
{
	while (*all != NULL && *all != in)
		all = &(*all)->next;
	if (*all != NULL)
		*all = in->next;
}

/* By hand: libmicrohttpd answers nothing before a body has ended. */
static void
refuse(struct incoming *in)
{
	dc_auto_free char *text =
	    reply_format_error(408, "The request took too long to arrive");
	dc_auto_free char *all =
	    dc_asprintf("HTTP/1.1 408 Request Timeout\r\nContent-Type: "
			"application/json\r\n"
			"X-DotCloud-TraceID: %s\r\nContent-Length: %zu\r\n"
			"Connection: close\r\n\r\n%s",
		in->trace, strlen(text), text);

	(void)send(in->fd, all, strlen(all), MSG_NOSIGNAL | MSG_DONTWAIT);
	in->is_late = true;
	in->end += READ_MS;
}

void
incoming_end_late(struct incoming *all, int64_t now_ms)
{
	struct incoming *in;

	for (in = all; in != NULL; in = in->next) {
		if (now_ms < in->end)
			continue;
		if (in->is_late)
			(void)shutdown(in->fd, SHUT_RDWR);
		else
			refuse(in);
	}
}
