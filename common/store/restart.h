/* common/store/restart.h -- instances that are started again because their user
 * says so, and those whose workers wait for a word of his. */
#ifndef DC_RESTART_H
#define DC_RESTART_H

#include "common/store/db.h"

#include <stdbool.h>

/* For dc_job_kind.where, of instances that are up: started again is wanted; its
 * workers wait, and requests do not any more. */
#define DC_RESTART_WANTED "t.restart <> 'none'"
#define DC_RESTART_RESUMABLE                                                   \
	"t.suspended = 1 AND NOT EXISTS (SELECT 1 FROM holds h"                \
	" WHERE h.service_id = t.service_id AND h.owner = 'user'"              \
	" AND h.held_until > :now)"

/* Instance NUMBER of a service, the one that serves, is to be started again.
 * One that comes back already is. DC_ENOTFOUND: there is none; DC_EUSER: a
 * deployment is just replacing it. */
int dc_restart_ask(struct dc_db *db, int64_t service_id, int64_t number,
    struct dc_err *err);
/* All of the service, their workers suspended. */
int dc_restart_ask_suspended(struct dc_db *db, int64_t service_id,
    struct dc_err *err);

/* From UP to RESTARTING, by the holder ME. Requests are held until UNTIL where
 * no other instance of the service is well. */
int dc_restart_begin(struct dc_db *db, int64_t id, int64_t until,
    const char *me, struct dc_err *err);
/* Its workers have been told to go on. */
int dc_restart_resume(struct dc_db *db, int64_t id, struct dc_err *err);

/* Has all happened that a user wanted of SERVICE: its holds, its restarts? */
int dc_restart_is_settled(struct dc_db *db, bool *settled, int64_t service_id,
    struct dc_err *err);

#endif
