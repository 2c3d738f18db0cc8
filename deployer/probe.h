/* deployer/probe.h -- does a new instance answer yet? (CONTRACT A) */
#ifndef DEPLOYER_PROBE_H
#define DEPLOYER_PROBE_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <netinet/in.h>
#include <stdint.h>
#include <sys/un.h>

struct probe {
	const char
	    *address;     /* numeric, IPv4 or IPv6; or a unix socket's path */
	int port;         /* not of a path */
	const char *host; /* Host header; NULL = address:port, or localhost */
	const char *path; /* NULL = /CloudHealthCheck */
	int status;       /* the only good one; 0 = any below 500 */
	int64_t limit_ms; /* 0 = DC_PROBE_SECONDS */
	int abort_fd;     /* readable or hung up = stop now; -1 = none */
};

/* Tries from the first moment until one HTTP answer below 500 came: a tight
 * loop that never sleeps when something could have happened. *TOOK_MS (may be
 * NULL) is the time until that answer.
 * DC_EUSER: the limit passed; ERR says what was seen last. DC_ESTALE:
 * abort_fd said stop. DC_EINVAL: the address is not numeric. */
int probe_http(int64_t *took_ms, const struct probe *p, struct dc_err *err);

/* The same for a service without http port: a connect is enough. */
int probe_tcp(int64_t *took_ms, const struct probe *p, struct dc_err *err);

/* What check.c needs too: where to ask, what is asked, and is this first line a
 * good answer? If not, SEEN says what it was. */
struct probe_address {
	union {
		struct sockaddr sa;
		struct sockaddr_in in4;
		struct sockaddr_in6 in6;
		struct sockaddr_un un;
	};
	socklen_t len;
};
int probe_parse_address(struct probe_address *out, const struct probe *p,
    struct dc_err *err);
void probe_format(struct dc_str *out, const struct probe *p);
bool probe_is_good(char *seen, size_t size, const struct probe *p,
    const char *line);

#endif
