/* common/store/snapshot.c -- see snapshot.h. */
#include "common/store/snapshot.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <stdio.h>

/* A sequence of its own: a snapshot's layer exists before its row does. */
int
dc_snapshot_new_id(struct dc_db *db, int64_t *id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE sequences SET value = value + 1 WHERE name = 'snapshot'"
	    " RETURNING value",
	    err);
	if (rc < 0)
		return rc;
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	*id = dc_stmt_get_int(q, "value");
	return dc_stmt_run(q, NULL, err);
}

static int
add_blob(struct dc_db *db, const struct dc_snapshot *s, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO blobs (hash, size, created_at)"
	    " VALUES (:hash, :size, :now) ON CONFLICT (hash) DO NOTHING",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":hash", s->hash);
	dc_stmt_int(q, ":size", s->size);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

int
dc_snapshot_add(struct dc_db *db, const struct dc_snapshot *s, int64_t node_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = add_blob(db, s, err);

	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "INSERT INTO snapshots (id, application_id, service_id,"
		    " revision_id, node_id, blob_hash, parent_id, depth, size,"
		    " image, created_at) VALUES (:id, :app, :service,"
		    " :revision, :node, :hash, nullif(:parent, 0), :depth,"
		    " :size, :image, :now)",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", s->id);
	dc_stmt_int(q, ":app", s->application_id);
	dc_stmt_int(q, ":service", s->service_id);
	dc_stmt_int(q, ":revision", s->revision_id);
	dc_stmt_int(q, ":node", node_id);
	dc_stmt_text(q, ":hash", s->hash);
	dc_stmt_int(q, ":parent", s->parent_id);
	dc_stmt_int(q, ":depth", s->depth);
	dc_stmt_int(q, ":size", s->size);
	dc_stmt_text(q, ":image", s->image);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

static void
fill_snapshot(struct dc_snapshot *s, struct dc_stmt *q)
{
	s->id = dc_stmt_get_int(q, "id");
	s->application_id = dc_stmt_get_int(q, "application_id");
	s->service_id = dc_stmt_get_int(q, "service_id");
	s->revision_id = dc_stmt_get_int(q, "revision_id");
	s->parent_id = dc_stmt_get_int(q, "parent_id");
	s->depth = dc_stmt_get_int(q, "depth");
	s->size = dc_stmt_get_int(q, "size");
	(void)snprintf(s->hash, sizeof(s->hash), "%s",
	    dc_stmt_get_text(q, "blob_hash"));
	(void)snprintf(s->image, sizeof(s->image), "%s",
	    dc_stmt_get_text(q, "image"));
}

int
dc_snapshot_load(struct dc_db *db, struct dc_snapshot *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, "SELECT * FROM snapshots WHERE id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "snapshot %lld", (long long)id);
	fill_snapshot(out, q);
	return 0;
}

int
dc_snapshot_find(struct dc_db *db, struct dc_snapshot *out, int64_t service_id,
    int64_t revision_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM snapshots WHERE service_id = :service"
	    " AND (:revision = 0 OR revision_id = :revision)"
	    " ORDER BY id DESC LIMIT 1",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_int(q, ":revision", revision_id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "snapshot of service %lld",
		    (long long)service_id);
	fill_snapshot(out, q);
	return 0;
}

/* FN may write: no statement of ours is open when it is called. */
static int
each_row(struct dc_stmt **q, dc_snapshot_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_free struct dc_snapshot *rows = NULL;
	size_t i, n = 0;
	int rc;

	while ((rc = dc_stmt_step(*q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill_snapshot(&rows[n++], *q);
	}
	dc_stmt_close(dc_steal_ptr(q));
	for (i = 0; rc == 0 && i < n; i++)
		rc = fn(&rows[i], arg, err);
	return rc;
}

int
dc_snapshot_each_idle(struct dc_db *db, int64_t service_id, int64_t keep,
    dc_snapshot_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT p.* FROM snapshots p"
	    " WHERE (:service = 0 OR p.service_id = :service)"
	    " AND NOT EXISTS (SELECT 1 FROM instances i"
	    "  WHERE i.snapshot_id = p.id AND i.state <> 'gone')"
	    " AND NOT EXISTS (SELECT 1 FROM snapshots c"
	    "  WHERE c.parent_id = p.id)"
	    " AND (SELECT count(*) FROM snapshots o"
	    "  WHERE o.service_id = p.service_id AND o.id > p.id) >= :keep"
	    " ORDER BY p.id DESC",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_int(q, ":keep", keep);
	return each_row(&q, fn, arg, err);
}

int
dc_snapshot_each_since(struct dc_db *db, int64_t when, dc_snapshot_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM snapshots WHERE created_at >= :when ORDER BY id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":when", when);
	return each_row(&q, fn, arg, err);
}

/* Rows of instances that are gone go with it: they were its history. */
int
dc_snapshot_find_image(struct dc_db *db, int64_t *since, const char *image,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT created_at FROM snapshots WHERE image = :image"
	    " ORDER BY created_at LIMIT 1",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":image", image);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*since = dc_stmt_get_int(q, "created_at");
	return rc;
}

int
dc_snapshot_remove(struct dc_db *db, int64_t id, struct dc_err *err)
{
	static const char *const sql[] = {
	    "DELETE FROM instances WHERE snapshot_id = :id AND state = 'gone'",
	    "UPDATE builds SET snapshot_id = NULL WHERE snapshot_id = :id",
	    "DELETE FROM snapshots WHERE id = :id",
	};
	size_t i;
	int rc = dc_db_begin(db, err);

	for (i = 0; rc == 0 && i < sizeof(sql) / sizeof(sql[0]); i++) {
		dc_auto_stmt struct dc_stmt *q = NULL;

		rc = dc_db_prepare(db, &q, sql[i], err);
		if (rc < 0)
			break;
		dc_stmt_int(q, ":id", id);
		rc = dc_stmt_run(q, NULL, err);
	}
	return dc_db_end(db, rc, err);
}

bool
dc_snapshot_is_known(struct dc_db *db, int64_t id)
{
	struct dc_snapshot s;

	/* Not knowing is no reason to remove anything. */
	return dc_snapshot_load(db, &s, id, NULL) != DC_ENOTFOUND;
}

bool
dc_snapshot_is_packing(struct dc_db *db)
{
	dc_auto_stmt struct dc_stmt *q = NULL;

	if (dc_db_prepare(db, &q,
		"SELECT 1 FROM builds WHERE state = 'snapshotting' LIMIT 1",
		NULL) < 0)
		return true;
	return dc_stmt_one(q, NULL) != DC_ENOTFOUND;
}

bool
dc_snapshot_needs_blob(struct dc_db *db, const char *hash)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM blobs WHERE hash = :hash AND NOT EXISTS"
	    " (SELECT 1 FROM snapshots WHERE blob_hash = :hash)",
	    NULL);
	if (rc < 0)
		return true;
	dc_stmt_text(q, ":hash", hash);
	if (dc_stmt_run(q, NULL, NULL) < 0)
		return true;
	dc_stmt_close(dc_steal_ptr(&q));
	if (dc_db_prepare(db, &q, "SELECT 1 FROM blobs WHERE hash = :hash",
		NULL) < 0)
		return true;
	dc_stmt_text(q, ":hash", hash);
	return dc_stmt_one(q, NULL) != DC_ENOTFOUND;
}
