/* common/store/maintenance.h -- applications that are closed: every request
 * gets 503 and a page, whatever is deployed behind it. */
#ifndef DC_MAINTENANCE_H
#define DC_MAINTENANCE_H

#include "common/store/db.h"

#include <stdbool.h>

/* PAGE is HTML, "" the platform's own. Again: with another page. */
int dc_maintenance_save(struct dc_db *db, int64_t application_id,
    const char *page, struct dc_err *err);
/* An open application is success. */
int dc_maintenance_remove(struct dc_db *db, int64_t application_id,
    struct dc_err *err);

/* Since when, 0: it is open. */
int dc_maintenance_find(struct dc_db *db, int64_t *since, bool *has_page,
    int64_t application_id, struct dc_err *err);

/* PAGE and HASH (of it, in hex) are "" for the platform's page. */
typedef int dc_maintenance_fn(int64_t slot, const char *page, const char *hash,
    void *arg, struct dc_err *err);
/* Every route of a closed application, by slot. */
int dc_maintenance_each(struct dc_db *db, dc_maintenance_fn *fn, void *arg,
    struct dc_err *err);

#endif
