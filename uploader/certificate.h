/* uploader/certificate.h -- is this a certificate that the router can use for a
 * host? All of it is a stranger's: programs of the unprivileged user's read it,
 * and what they write is what goes on. */
#ifndef UPLOADER_CERTIFICATE_H
#define UPLOADER_CERTIFICATE_H

#include "common/base/err.h"

#include <stdint.h>

struct certificate {
	const char *host; /* "*.example.org" included */
	const char *text; /* the certificate first, then its chain */
	const char *key;  /* NULL: it is in TEXT too */
};

/* *PEM, the caller's: certificate, chain and private key, written anew.
 * DC_EUSER with what is wrong with it, never with a part of the key. */
int certificate_check(const struct certificate *c, char **pem, int64_t *ends_at,
    struct dc_err *err);

#endif
