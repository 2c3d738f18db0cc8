/* common/store/revision.c -- see revision.h. */
#include "common/store/revision.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/node.h"

#include <inttypes.h>
#include <string.h>

#define RUNNING                                                                \
	"(SELECT revision_id FROM deployments WHERE application_id = :app"     \
	" AND state = 'done' ORDER BY id DESC LIMIT 1)"

void
dc_revision_done(struct dc_revision *r)
{
	free(r->name);
	*r = (struct dc_revision){0};
}

static void
fill(struct dc_revision *r, struct dc_stmt *q)
{
	r->id = dc_stmt_get_int(q, "id");
	r->application_id = dc_stmt_get_int(q, "application_id");
	r->node_id = dc_stmt_get_int(q, "node_id");
	r->created_at = dc_stmt_get_int(q, "created_at");
	r->uploaded_at = dc_stmt_get_int(q, "uploaded_at");
	r->parsed = dc_stmt_get_int(q, "parsed") != 0;
	r->name = dc_stmt_dup_text(q, "name");
}

/* uploaded_at only grows, so that two uploads within a millisecond, or a
 * clock set back, keep their order. */
static int
save_row(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, const char *node, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t node_id = 0;
	int rc = dc_node_save(db, &node_id, node, err);

	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "INSERT INTO revisions (application_id, name, node_id,"
		    " created_at, uploaded_at) VALUES (:app, :name,"
		    " :node, :now,"
		    " (SELECT CASE WHEN max(uploaded_at) >= :now"
		    " THEN max(uploaded_at) + 1 ELSE :now END"
		    " FROM revisions WHERE application_id = :app))"
		    " ON CONFLICT (application_id, name)"
		    " DO UPDATE SET uploaded_at = excluded.uploaded_at"
		    " RETURNING id",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", name);
	dc_stmt_int(q, ":node", node_id);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	*id = dc_stmt_get_int(q, "id");
	return dc_stmt_step(q, err);
}

int
dc_revision_save(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, const char *node, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = save_row(db, id, application_id, name, node, err);
	rc = dc_db_end(db, rc, err);
	return rc < 0 ? dc_wrap(err, rc, "add revision '%s'", name) : 0;
}

int
dc_revision_load(struct dc_db *db, struct dc_revision *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, "SELECT * FROM revisions WHERE id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "revision %" PRId64, id);
	fill(out, q);
	return 0;
}

/* SQL's parameters are :app and, when NAME is given, :name. */
static int
find(struct dc_db *db, struct dc_revision *out, int64_t application_id,
    const char *sql, const char *name, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	if (name != NULL)
		dc_stmt_text(q, ":name", name);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		fill(out, q);
	return rc;
}

int
dc_revision_find(struct dc_db *db, struct dc_revision *out,
    int64_t application_id, const char *name, struct dc_err *err)
{
	int rc;

	if (strcmp(name, "latest") == 0)
		rc = find(db, out, application_id,
		    "SELECT * FROM revisions WHERE application_id = :app"
		    " ORDER BY uploaded_at DESC, id DESC LIMIT 1",
		    NULL, err);
	else if (strcmp(name, "previous") == 0)
		rc = find(db, out, application_id,
		    "SELECT r.* FROM deployments d"
		    " JOIN revisions r ON r.id = d.revision_id"
		    " WHERE d.application_id = :app AND d.state = 'done'"
		    " AND d.revision_id <> " RUNNING
		    " ORDER BY d.id DESC LIMIT 1",
		    NULL, err);
	else
		rc = find(db, out, application_id,
		    "SELECT * FROM revisions WHERE application_id = :app"
		    " AND name = :name",
		    name, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Revision \"%s\" does not exist", name);
	return rc;
}

int
dc_revision_find_running(struct dc_db *db, struct dc_revision *out,
    int64_t application_id, struct dc_err *err)
{
	int rc = find(db, out, application_id,
	    "SELECT * FROM revisions WHERE id = " RUNNING, NULL, err);

	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "No revision is running");
	return rc;
}

int
dc_revision_find_next(struct dc_db *db, struct dc_revision *out,
    int64_t application_id, struct dc_err *err)
{
	int rc = find(db, out, application_id,
	    "SELECT * FROM revisions r WHERE r.application_id = :app AND"
	    " (r.uploaded_at > (SELECT coalesce(max(created_at), 0)"
	    " FROM deployments WHERE application_id = :app)"
	    " OR NOT EXISTS (SELECT 1 FROM deployments"
	    " WHERE application_id = :app AND state = 'done'))"
	    " ORDER BY r.uploaded_at DESC, r.id DESC LIMIT 1",
	    NULL, err);

	if (rc == DC_ENOTFOUND)
		rc = find(db, out, application_id,
		    "SELECT r.* FROM deployments d"
		    " JOIN revisions r ON r.id = d.revision_id"
		    " WHERE d.application_id = :app AND d.state NOT IN"
		    " ('done', 'failed', 'cancelled')"
		    " ORDER BY d.id DESC LIMIT 1",
		    NULL, err);
	if (rc != DC_ENOTFOUND)
		return rc;
	rc = dc_revision_find_running(db, out, application_id, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Nothing has been pushed yet");
	return rc;
}

int
dc_revision_each(struct dc_db *db, int64_t application_id, dc_revision_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM revisions WHERE application_id = :app"
	    " ORDER BY uploaded_at, id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		dc_auto_revision struct dc_revision r = {0};

		fill(&r, q);
		rc = fn(&r, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

static int
run_with_id(struct dc_db *db, const char *sql, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

static int
insert_services(struct dc_db *db, int64_t id,
    const struct dc_revision_service *services, size_t n, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO revision_services (revision_id, name, position, type,"
	    " definition) VALUES (:id, :name, :position, :type, :definition)",
	    err);
	for (i = 0; i < n && rc == 0; i++) {
		dc_stmt_reset(q);
		dc_stmt_int(q, ":id", id);
		dc_stmt_text(q, ":name", services[i].name);
		dc_stmt_int(q, ":position", (int64_t)i);
		dc_stmt_text(q, ":type", services[i].type);
		dc_stmt_text(q, ":definition", services[i].definition);
		rc = dc_stmt_run(q, NULL, err);
	}
	return rc;
}

int
dc_revision_save_services(struct dc_db *db, int64_t id,
    const struct dc_revision_service *services, size_t n, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = run_with_id(db,
	    "DELETE FROM revision_services WHERE revision_id = :id", id, err);
	if (rc == 0)
		rc = insert_services(db, id, services, n, err);
	if (rc == 0)
		rc = run_with_id(db,
		    "UPDATE revisions SET parsed = 1 WHERE id = :id", id, err);
	rc = dc_db_end(db, rc, err);
	return rc < 0
		   ? dc_wrap(err, rc, "save services of revision %" PRId64, id)
		   : 0;
}

/* FN may write: no statement of ours is open when it is called. */
static int
each_service(struct dc_db *db, int64_t id, const char *sql,
    dc_revision_service_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_strv struct dc_strv rows = {0}; /* three strings each */
	size_t i;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		dc_strv_add(&rows, dc_stmt_get_text(q, "name"));
		dc_strv_add(&rows, dc_stmt_get_text(q, "type"));
		dc_strv_add(&rows, dc_stmt_get_text(q, "definition"));
	}
	for (i = 0; rc == 0 && i < rows.n; i += 3) {
		struct dc_revision_service s = {rows.v[i], rows.v[i + 1],
		    rows.v[i + 2]};

		rc = fn(&s, arg, err);
	}
	return rc;
}

int
dc_revision_each_service(struct dc_db *db, int64_t id,
    dc_revision_service_fn *fn, void *arg, struct dc_err *err)
{
	return each_service(db, id,
	    "SELECT name, type, definition FROM revision_services"
	    " WHERE revision_id = :id ORDER BY position",
	    fn, arg, err);
}

int
dc_revision_each_missing(struct dc_db *db, int64_t id,
    dc_revision_service_fn *fn, void *arg, struct dc_err *err)
{
	return each_service(db, id,
	    "SELECT s.name, s.type, '' AS definition FROM revisions r"
	    " JOIN services s ON s.application_id = r.application_id"
	    " WHERE r.id = :id AND s.state = 'active' AND EXISTS"
	    " (SELECT 1 FROM instances i WHERE i.service_id = s.id"
	    " AND i.state IN ('ready', 'up', 'down')) AND NOT EXISTS"
	    " (SELECT 1 FROM revision_services v WHERE v.revision_id = r.id"
	    " AND v.name = s.name) ORDER BY s.name",
	    fn, arg, err);
}
