/* cli/service.h -- reading the API's service objects. */
#ifndef CLI_SERVICE_H
#define CLI_SERVICE_H

#include "common/base/err.h"
#include "common/json/json.h"

#include <stddef.h>

/* The service NAME of APPLICATION, borrowed. DC_ENOTFOUND. */
int service_find(const struct dc_json **out, const struct dc_json *application,
    const char *name, struct dc_err *err);

/* The URLs of SERVICE with SEPARATOR between them; the caller's to free. */
char *service_format_urls(const struct dc_json *service, const char *separator);
/* Those of all services of APPLICATION that run REVISION. */
char *service_format_all_urls(const struct dc_json *application,
    const char *revision);

/* "512M", "1.5G"; bytes of memory as people write them. */
char *service_format_memory(long long bytes);

/* "www" is a name, [a-z0-9_], at most 16 bytes. DC_EINVAL. */
int service_check_name(const char *name, size_t len, struct dc_err *err);

/* "www.0", or "www" with *NUMBER -1; *NAME is the caller's to free. */
int service_parse_instance(char **name, long long *number, const char *text,
    struct dc_err *err);
/* "www.0" and nothing else; TEXT may be NULL. */
int service_parse_one(char **name, long long *number, const char *text,
    struct dc_err *err);

#endif
