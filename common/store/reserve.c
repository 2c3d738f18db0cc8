/* common/store/reserve.c -- see reserve.h; the columns reserved_until and
 * fingerprint of instances. */
#include "common/store/reserve.h"

#include "common/base/auto.h"

/* Instance o of the service of i. */
#define SERVES                                                                 \
	" o.service_id = i.service_id"                                         \
	" AND o.state IN ('up', 'down', 'restarting')"
/* A time that has passed. */
#define OVER 1

static int
set_until(struct dc_db *db, int64_t id, int64_t until, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET reserved_until = :until WHERE id = :id", err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":until", until);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_reserve_save_fingerprint(struct dc_db *db, int64_t id,
    const char *fingerprint, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET fingerprint = :hash WHERE id = :id", err);

	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":hash", fingerprint);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_reserve_is_wanted(bool *wanted, struct dc_db *db, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "SELECT count(*) AS n FROM instances i"
	    " JOIN services s ON s.id = i.service_id"
	    " JOIN applications a ON a.id = s.application_id"
	    " WHERE i.id = :id AND s.state = 'active' AND a.state = 'active'"
	    " AND EXISTS (SELECT 1 FROM instances o WHERE" SERVES
	    "  AND o.snapshot_id <> i.snapshot_id)"
	    " AND NOT EXISTS (SELECT 1 FROM instances o WHERE" SERVES
	    "  AND o.snapshot_id = i.snapshot_id)"
	    " AND NOT EXISTS (SELECT 1 FROM instances o"
	    "  WHERE o.service_id = i.service_id AND o.state = 'reserved'"
	    "  AND o.deployment_id > i.deployment_id)",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*wanted = dc_stmt_get_int(q, "n") > 0;
	return rc;
}

int
dc_reserve_begin(struct dc_db *db, int64_t id, int64_t until,
    struct dc_err *err)
{
	return set_until(db, id, until, err);
}

static int
end_row(struct dc_db *db, int64_t id, struct dc_err *err)
{
	int rc = dc_instance_move(db, id, DC_INSTANCE_RESERVED,
	    DC_INSTANCE_DRAINING, NULL, err);

	return rc == 0 ? set_until(db, id, OVER, err) : rc;
}

int
dc_reserve_end(struct dc_db *db, int64_t id, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	return dc_db_end(db, end_row(db, id, err), err);
}

struct entering {
	struct dc_db *db;
	const struct dc_instance *i;
};

static int
end_older(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	const struct entering *e = arg;

	if (i->deployment_id == e->i->deployment_id)
		return 0;
	return end_row(e->db, i->id, err);
}

int
dc_reserve_enter(struct dc_db *db, const struct dc_instance *i, const char *me,
    struct dc_err *err)
{
	struct entering e = {db, i};
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_instance_move(db, i->id, DC_INSTANCE_DRAINING,
	    DC_INSTANCE_RESERVED, me, err);
	if (rc == 0)
		rc = dc_instance_each(db, 0, i->service_id,
		    DC_FROM(DC_INSTANCE_RESERVED), end_older, &e, err);
	return dc_db_end(db, rc, err);
}

int
dc_reserve_take(struct dc_db *db, int64_t id, int64_t deployment,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_instance_move(db, id, DC_INSTANCE_RESERVED,
	    DC_INSTANCE_CREATING, NULL, err);

	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "UPDATE instances SET deployment_id = :deployment,"
		    " attempts = 0, health = 'unknown', health_at = 0,"
		    " replaced = 0 WHERE id = :id",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

static int
wake(struct dc_db *db, int64_t id, const char *me, struct dc_err *err)
{
	int state, rc = 0;

	for (state = DC_INSTANCE_CREATING; rc == 0 && state < DC_INSTANCE_READY;
	     state++)
		rc = dc_instance_move(db, id, state, state + 1, me, err);
	return rc == 0 ? set_until(db, id, 0, err) : rc;
}

int
dc_reserve_wake(struct dc_db *db, int64_t id, const char *me,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	return dc_db_end(db, wake(db, id, me, err), err);
}

int
dc_reserve_forget(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET reserved_until = 0, installed = 0"
	    " WHERE id = :id",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}
