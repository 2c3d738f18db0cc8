/* common/store/restart.c -- see restart.h. */
#include "common/store/restart.h"

#include "common/store/hold.h"
#include "common/store/instance.h"

#include <inttypes.h>

/* *N is what SQL, which calls it n and has :id, counts. */
static int
count(struct dc_db *db, const char *sql, int64_t *n, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*n = dc_stmt_get_int(q, "n");
	return rc;
}

static int
change(struct dc_db *db, const char *sql, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

struct search {
	int64_t number;
	enum dc_instance_state state;
	bool found;
};

/* The newest comes last. */
static int
note_number(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct search *s = arg;

	(void)err;
	if (i->number != s->number)
		return 0;
	s->found = true;
	s->state = i->state;
	return 0;
}

static int
mark(struct dc_db *db, int64_t service_id, int64_t number, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET restart = 'wanted' WHERE service_id = :id"
	    " AND number = :number AND state = 'up' AND restart = 'none'",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_int(q, ":number", number);
	return dc_stmt_run(q, NULL, err);
}

int
dc_restart_ask(struct dc_db *db, int64_t service_id, int64_t number,
    struct dc_err *err)
{
	struct search s = {.number = number};
	int rc = dc_instance_each(db, 0, service_id, DC_SERVING, note_number,
	    &s, err);

	if (rc < 0)
		return rc;
	if (!s.found)
		return dc_fail(err, DC_ENOTFOUND, "no instance %" PRId64,
		    number);
	if (s.state == DC_INSTANCE_PARKING || s.state == DC_INSTANCE_PARKED)
		return dc_fail(err, DC_EUSER,
		    "a deployment is replacing it at this moment");
	return mark(db, service_id, number, err);
}

int
dc_restart_ask_suspended(struct dc_db *db, int64_t service_id,
    struct dc_err *err)
{
	return change(db,
	    "UPDATE instances SET restart = 'suspended' WHERE service_id = :id"
	    " AND state IN ('up', 'down', 'restarting')",
	    service_id, err);
}

static int
begin(struct dc_db *db, int64_t id, int64_t until, const char *me,
    struct dc_err *err)
{
	dc_auto_instance struct dc_instance i = {0};
	int64_t others = 0;
	int rc = dc_instance_move(db, id, DC_INSTANCE_UP,
	    DC_INSTANCE_RESTARTING, me, err);

	if (rc == 0)
		rc = change(db,
		    "UPDATE instances SET suspended = restart = 'suspended',"
		    " restart = 'none' WHERE id = :id",
		    id, err);
	if (rc == 0)
		rc = dc_instance_load(db, &i, id, err);
	if (rc == 0)
		rc = count(db,
		    "SELECT count(*) AS n FROM instances"
		    " WHERE service_id = :id AND state = 'up'"
		    " AND health NOT IN ('silent', 'failing')",
		    &others, i.service_id, err);
	if (rc < 0 || others > 0)
		return rc;
	return dc_hold_save(db, NULL, i.service_id, DC_HOLD_INSTANCE, until,
	    err);
}

int
dc_restart_begin(struct dc_db *db, int64_t id, int64_t until, const char *me,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	return dc_db_end(db, begin(db, id, until, me, err), err);
}

int
dc_restart_resume(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return change(db, "UPDATE instances SET suspended = 0 WHERE id = :id",
	    id, err);
}

int
dc_restart_is_settled(struct dc_db *db, bool *settled, int64_t service_id,
    struct dc_err *err)
{
	struct dc_hold hold;
	int64_t n = 0, waiting = 0;
	int rc = dc_hold_find(db, &hold, service_id, DC_HOLD_USER, NULL);
	bool is_held = rc == 0;

	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	rc = count(db,
	    "SELECT (SELECT count(*) FROM holds WHERE service_id = :id"
	    "  AND owner = 'user' AND settled = 0)"
	    " + (SELECT count(*) FROM instances WHERE service_id = :id"
	    "  AND (state = 'restarting' OR (state = 'up'"
	    "   AND restart <> 'none'))) AS n",
	    &n, service_id, err);
	if (rc == 0)
		rc = count(db,
		    "SELECT count(*) AS n FROM instances"
		    " WHERE service_id = :id AND state = 'up'"
		    " AND suspended = 1",
		    &waiting, service_id, err);
	if (rc == 0)
		*settled = n == 0 && (is_held || waiting == 0);
	return rc;
}
