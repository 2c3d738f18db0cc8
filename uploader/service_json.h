/* uploader/service_json.h -- services as the API shows them. */
#ifndef UPLOADER_SERVICE_JSON_H
#define UPLOADER_SERVICE_JSON_H

#include "uploader/request.h"

/* One service with its hosts and instances, or all of RQ's application (an
 * array). *OUT is the caller's. */
int service_json(struct request *rq, struct dc_json **out, int64_t id,
    struct dc_err *err);
int service_json_all(struct request *rq, struct dc_json **out,
    struct dc_err *err);

#endif
