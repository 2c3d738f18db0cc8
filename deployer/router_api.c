/* deployer/router_api.c -- see router_api.h. */
#include "deployer/router_api.h"

#include "common/base/limits.h"
#include "deployer/router_config.h"

/* What the router itself answers for the API, in its envelope. */
static void
add_error(struct dc_str *s, const char *rule, int status, const char *title,
    const char *description)
{
	dc_str_addf(s,
	    "\t%s status %d content-type application/json hdr "
	    "X-DotCloud-TraceID \"%%[uuid(),regsub(-,,g),bytes(0,16)]\" string "
	    "'{\"error\":{\"title\":\"%s\",\"code\":%d,"
	    "\"description\":\"%s\"}}'",
	    rule, status, title, status, description);
}

/* Streams: a blank line comes every 20 s or so, and goes out at once. A body
 * keeps the uploader waiting only from its first full buffer on. abortonclose:
 * nobody waits there for a client of HTTP/2 that has gone (with HTTP/1.1 the
 * router itself does not know before there is an answer). */
void
router_api_format(struct dc_str *s, const struct router_conf *c)
{
	dc_str_add(s, "backend " ROUTER_API "\n\toption http-no-delay\n"
		      "\toption abortonclose\n"
		      "\thttp-request set-header X-Forwarded-For %[src]\n"
		      "\thttp-request set-header X-Forwarded-Proto "
		      "%[var(txn.proto)]\n");
	add_error(s, "http-request return", 413, "Payload Too Large",
	    "The request is too large");
	dc_str_addf(s,
	    " if { req.hdr_val(content-length) gt %d }\n"
	    "\thttp-request wait-for-body time 30s\n",
	    DC_MAX_BODY);
	add_error(s, "http-error", 408, "Request Timeout",
	    "The request took too long to arrive");
	dc_str_addf(s, "\n\ttimeout server 1h\n\tserver uploader %s%s\n",
	    c->api_socket != NULL ? "unix@" : "",
	    c->api_socket != NULL ? c->api_socket : c->api_address);
}
