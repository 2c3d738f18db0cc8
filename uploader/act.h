/* uploader/act.h -- what a user has done, and the row that says so, in one
 * transaction. */
#ifndef UPLOADER_ACT_H
#define UPLOADER_ACT_H

#include "common/store/activity.h"
#include "uploader/request.h"

/* After dc_db_begin and the act, whose result RC is: adds ROW (its service,
 * category, action and details; the account and the application are RQ's) and
 * commits, or rolls back. */
int act_end(struct request *rq, int rc, const struct dc_activity *row,
    struct dc_err *err);

/* The same for a domain, HOST, of the service that the path names. */
int act_end_domain(struct request *rq, int rc, const char *action,
    const char *host, struct dc_err *err);

#endif
