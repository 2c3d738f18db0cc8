/* common/store/data.c -- see data.h; the column data of instances. */
#include "common/store/data.h"

#include "common/base/auto.h"

/* Another one O, not gone, of the same number as instance I. */
#define OTHER                                                                  \
	"SELECT 1 FROM instances o WHERE o.service_id = i.service_id"          \
	" AND o.number = i.number AND o.id <> i.id AND o.state <> 'gone'"

/* SQL changes the row of :id, or finds it otherwise than it should be. */
static int
change(struct dc_db *db, const char *sql, int64_t id, int otherwise,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_run(q, &changed, err);
	if (rc < 0)
		return dc_wrap(err, rc, "~/data of instance %lld",
		    (long long)id);
	if (changed == 0)
		return dc_fail(err, otherwise,
		    "~/data of instance %lld is another's", (long long)id);
	return 0;
}

int
dc_data_mark(struct dc_db *db, int64_t instance, struct dc_err *err)
{
	return change(db,
	    "UPDATE instances AS i SET data = 'held' WHERE id = :id"
	    " AND data = 'own' AND state <> 'gone'"
	    " AND NOT EXISTS (" OTHER " AND o.data = 'held')",
	    instance, DC_ESTALE, err);
}

int
dc_data_want(struct dc_db *db, int64_t instance, struct dc_err *err)
{
	return change(db, "UPDATE instances SET data = 'wanted' WHERE id = :id",
	    instance, DC_ENOTFOUND, err);
}

static int
check_state(struct dc_db *db, int64_t instance, int state, struct dc_err *err)
{
	dc_auto_instance struct dc_instance now = {0};
	int rc = dc_instance_load(db, &now, instance, err);

	if (rc == 0 && (int)now.state != state)
		return dc_fail(err, DC_ESTALE, "the instance was moved");
	return rc;
}

/* Who serves comes back before anybody replaces it. */
static int
claim(struct dc_db *db, int64_t instance, int state, struct dc_err *err)
{
	int rc = check_state(db, instance, state, err);

	if (rc < 0)
		return rc;
	return change(db,
	    "UPDATE instances AS i SET data = 'held' WHERE id = :id"
	    " AND data = 'wanted' AND NOT EXISTS (" OTHER
	    " AND (o.data = 'held' OR (o.data = 'wanted'"
	    "  AND o.state IN ('up', 'down', 'restarting', 'parking'))))",
	    instance, DC_EBUSY, err);
}

int
dc_data_claim(struct dc_db *db, int64_t instance, int state, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	return dc_db_end(db, claim(db, instance, state, err), err);
}

int
dc_data_keep(struct dc_db *db, int64_t instance, struct dc_err *err)
{
	return change(db,
	    "UPDATE instances AS i SET data = 'held' WHERE id = :id"
	    " AND NOT EXISTS (" OTHER
	    " AND (o.data = 'held' OR (o.data = 'own' AND o.state IN"
	    "  ('launching', 'ready', 'up', 'down', 'restarting'))))",
	    instance, DC_EBUSY, err);
}
