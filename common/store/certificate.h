/* common/store/certificate.h -- TLS certificates that users give to their
 * domains. The private key is in the text: it goes to the router only. */
#ifndef DC_CERTIFICATE_H
#define DC_CERTIFICATE_H

#include "common/store/db.h"

struct dc_certificate {
	const char *host; /* the domain, "*.example.org" included */
	const char *pem;  /* certificate, chain, private key */
	const char *hash; /* SHA-256 of that, in hex */
	int64_t ends_at;  /* milliseconds */
};

/* For HOST of the service, in place of what it had; the hash is made here.
 * DC_ENOTFOUND: no such domain. DC_EUSER: the name is the platform's own. */
int dc_certificate_save(struct dc_db *db, int64_t service_id,
    const struct dc_certificate *c, struct dc_err *err);
/* The same failures, before the work is done. */
int dc_certificate_may_save(struct dc_db *db, int64_t service_id,
    const char *host, struct dc_err *err);
/* DC_ENOTFOUND: the domain, or its certificate, is not there. */
int dc_certificate_remove(struct dc_db *db, int64_t service_id,
    const char *host, struct dc_err *err);

/* Of HOST: when its certificate ends, 0: it has none. */
int dc_certificate_find_end(struct dc_db *db, int64_t *ends_at,
    const char *host, struct dc_err *err);

typedef int dc_certificate_fn(const struct dc_certificate *c, void *arg,
    struct dc_err *err);
/* All, by host. */
int dc_certificate_each(struct dc_db *db, dc_certificate_fn *fn, void *arg,
    struct dc_err *err);

#endif
