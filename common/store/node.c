/* common/store/node.c -- see node.h. */
#include "common/store/node.h"

#include "common/base/fs.h"

int
dc_node_save(struct dc_db *db, int64_t *id, const char *name,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *add = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &add,
	    "INSERT INTO nodes (name, created_at) VALUES (:name, :now)"
	    " ON CONFLICT (name) DO NOTHING",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(add, ":name", name);
	dc_stmt_int(add, ":now", dc_now_ms());
	rc = dc_stmt_run(add, NULL, err);
	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "SELECT id FROM nodes WHERE name = :name", err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":name", name);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*id = dc_stmt_get_int(q, "id");
	return rc;
}

/* The one it has already: a job that was killed is doing it again. */
static int
find_own(struct dc_db *db, int64_t *number, int64_t build_id,
    int64_t instance_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT number FROM addresses"
	    " WHERE build_id = nullif(:build, 0)"
	    " OR instance_id = nullif(:instance, 0)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":build", build_id);
	dc_stmt_int(q, ":instance", instance_id);
	rc = dc_stmt_step(q, err);
	if (rc == 1)
		*number = dc_stmt_get_int(q, "number");
	return rc;
}

/* Candidates are the number after the last one handed out, 2 (once round),
 * and each number that follows a taken one. */
static int
find_free(struct dc_db *db, int64_t *number, int64_t node_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "WITH c (number) AS ("
	    " SELECT last_address + 1 FROM nodes WHERE id = :node"
	    " UNION SELECT 2"
	    " UNION SELECT number + 1 FROM addresses WHERE node_id = :node)"
	    " SELECT c.number FROM c"
	    " WHERE c.number BETWEEN 2 AND :max AND NOT EXISTS"
	    " (SELECT 1 FROM addresses a"
	    "  WHERE a.node_id = :node AND a.number = c.number)"
	    " ORDER BY c.number <= (SELECT last_address FROM nodes"
	    "  WHERE id = :node), c.number LIMIT 1",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":node", node_id);
	dc_stmt_int(q, ":max", DC_MAX_ADDRESS);
	rc = dc_stmt_one(q, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, DC_EFAIL,
		    "every container address of this machine is in use");
	if (rc == 0)
		*number = dc_stmt_get_int(q, "number");
	return rc;
}

static int
take(struct dc_db *db, int64_t number, int64_t node_id, int64_t build_id,
    int64_t instance_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *add = NULL;
	dc_auto_stmt struct dc_stmt *last = NULL;
	int rc;

	rc = dc_db_prepare(db, &add,
	    "INSERT INTO addresses (node_id, number, build_id, instance_id)"
	    " VALUES (:node, :number, nullif(:build, 0),"
	    " nullif(:instance, 0))",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(add, ":node", node_id);
	dc_stmt_int(add, ":number", number);
	dc_stmt_int(add, ":build", build_id);
	dc_stmt_int(add, ":instance", instance_id);
	rc = dc_stmt_run(add, NULL, err);
	if (rc == 0)
		rc = dc_db_prepare(db, &last,
		    "UPDATE nodes SET last_address = :number WHERE id = :node",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(last, ":number", number);
	dc_stmt_int(last, ":node", node_id);
	return dc_stmt_run(last, NULL, err);
}

int
dc_address_claim(struct dc_db *db, int64_t *number, int64_t node_id,
    int64_t build_id, int64_t instance_id, struct dc_err *err)
{
	int64_t found = 0;
	int rc = find_own(db, &found, build_id, instance_id, err);

	if (rc == 0) {
		rc = find_free(db, &found, node_id, err);
		if (rc == 0)
			rc = take(db, found, node_id, build_id, instance_id,
			    err);
	}
	if (rc < 0)
		return dc_wrap(err, rc, "container address");
	*number = found;
	return 0;
}

int
dc_address_release(struct dc_db *db, int64_t build_id, int64_t instance_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM addresses WHERE build_id = nullif(:build, 0)"
	    " OR instance_id = nullif(:instance, 0)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":build", build_id);
	dc_stmt_int(q, ":instance", instance_id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_address_release_ended(struct dc_db *db, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM addresses WHERE build_id IN (SELECT id FROM builds"
	    " WHERE state IN ('done', 'failed', 'cancelled'))",
	    err);
	return rc < 0 ? rc : dc_stmt_run(q, NULL, err);
}
