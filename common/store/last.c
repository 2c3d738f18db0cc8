/* common/store/last.c -- see last.h. */
#include "common/store/last.h"

#include "common/base/auto.h"
#include "common/base/str.h"

/* None of its number went after it. */
#define IS_LAST                                                                \
	" NOT EXISTS (SELECT 1 FROM instances o"                               \
	" WHERE o.service_id = i.service_id AND o.number = i.number"           \
	" AND o.state = 'gone' AND (o.ended_at > i.ended_at"                   \
	"  OR (o.ended_at = i.ended_at AND o.id > i.id))) "

static int
load_one(struct dc_db *db, int64_t id, dc_instance_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_instance struct dc_instance i = {0};
	int rc = dc_instance_load(db, &i, id, err);

	return rc < 0 ? rc : fn(&i, arg, err);
}

int
dc_last_each(struct dc_db *db, int64_t application_id, dc_instance_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_free int64_t *ids = NULL;
	size_t k, n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT i.id FROM instances i JOIN services s"
	    " ON s.id = i.service_id WHERE s.application_id = :app"
	    " AND i.state = 'gone' AND" IS_LAST "ORDER BY s.name, i.number",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		ids = dc_xrealloc(ids, (n + 1) * sizeof(*ids));
		ids[n++] = dc_stmt_get_int(q, "id");
	}
	dc_stmt_close(dc_steal_ptr(&q));
	for (k = 0; rc == 0 && k < n; k++)
		rc = load_one(db, ids[k], fn, arg, err);
	return rc;
}

int
dc_last_find(struct dc_db *db, bool *is_last, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT i.state <> 'gone' OR" IS_LAST "AS last FROM instances i"
	    " WHERE i.id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*is_last = dc_stmt_get_int(q, "last") != 0;
	return rc;
}
