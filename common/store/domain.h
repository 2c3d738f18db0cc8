/* common/store/domain.h -- the host names that users give to services. The
 * platform's own name of a service is in the same table: see service.h. */
#ifndef DC_DOMAIN_H
#define DC_DOMAIN_H

#include "common/store/db.h"

#include <stdbool.h>

/* A host name in lower case, or "*." and one: 253 bytes at most, labels of
 * letters, digits and inner hyphens, 63 bytes at most. */
bool dc_domain_is_host(const char *host);

/* DC_EBUSY: the name is taken, by whomever. DC_EUSER: the service speaks no
 * http, or the application has DC_MAX_DOMAINS names. HOST is one. */
int dc_domain_add(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err);
/* DC_ENOTFOUND: the service has no such name. DC_EUSER: it is the platform's.
 */
int dc_domain_remove(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err);

/* Another number whenever a name may have come or gone since, a certificate,
 * or maintenance of an application. */
int dc_domain_find_version(struct dc_db *db, int64_t *version,
    struct dc_err *err);

#endif
