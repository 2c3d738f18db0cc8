/* common/store/revision.h -- uploaded trees of code, and what their build
 * files say. The tree itself is code/<application id>/revisions/NAME. */
#ifndef DC_REVISION_H
#define DC_REVISION_H

#include "common/store/db.h"

#include <stddef.h>

struct dc_revision {
	int64_t id, application_id, node_id, created_at, uploaded_at;
	bool parsed; /* its services are in the store */
	char *name;
};

void dc_revision_done(struct dc_revision *r);
#define dc_auto_revision __attribute__((cleanup(dc_revision_done)))

/* An uploaded tree on the machine NODE; the same name again renews
 * uploaded_at. The tree must be complete on disk by then. */
int dc_revision_save(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, const char *node, struct dc_err *err);

int dc_revision_load(struct dc_db *db, struct dc_revision *out, int64_t id,
    struct dc_err *err);
/* By name; "latest": the newest upload; "previous": what served before the
 * running one. */
int dc_revision_find(struct dc_db *db, struct dc_revision *out,
    int64_t application_id, const char *name, struct dc_err *err);
/* What the last deployment that succeeded has put in place. */
int dc_revision_find_running(struct dc_db *db, struct dc_revision *out,
    int64_t application_id, struct dc_err *err);
/* What to deploy when nobody says: the newest upload when it came after the
 * last deployment was asked for or nothing runs; else what the last deployment
 * under way is of; else the running one. */
int dc_revision_find_next(struct dc_db *db, struct dc_revision *out,
    int64_t application_id, struct dc_err *err);

/* In order of upload. FN returns < 0 to stop. */
typedef int dc_revision_fn(const struct dc_revision *r, void *arg,
    struct dc_err *err);
int dc_revision_each(struct dc_db *db, int64_t application_id,
    dc_revision_fn *fn, void *arg, struct dc_err *err);

struct dc_revision_service {
	const char *name, *type, *definition; /* borrowed */
};

/* Replaces them and marks the revision as parsed, in one transaction. */
int dc_revision_save_services(struct dc_db *db, int64_t id,
    const struct dc_revision_service *services, size_t n, struct dc_err *err);
/* In the order of the file. */
typedef int dc_revision_service_fn(const struct dc_revision_service *s,
    void *arg, struct dc_err *err);
int dc_revision_each_service(struct dc_db *db, int64_t id,
    dc_revision_service_fn *fn, void *arg, struct dc_err *err);
/* Services that run but are not in this revision: name only. */
int dc_revision_each_missing(struct dc_db *db, int64_t id,
    dc_revision_service_fn *fn, void *arg, struct dc_err *err);

#endif
