/* common/store/build.c -- see build.h; docs/states.md draws the table below. */
#include "common/store/build.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/node.h"

#include <string.h>

#define UNFINISHED                                                             \
	(DC_FROM(DC_BUILD_QUEUED) | DC_FROM(DC_BUILD_PREPARING) |              \
	    DC_FROM(DC_BUILD_BUILDING) | DC_FROM(DC_BUILD_SNAPSHOTTING))

static const struct dc_machine_state states[DC_BUILD_NSTATES] = {
    /* The builder died: begin again. */
    [DC_BUILD_QUEUED] = {"queued", "deployer, builder",
	DC_FROM(DC_BUILD_PREPARING) | DC_FROM(DC_BUILD_BUILDING) |
	    DC_FROM(DC_BUILD_SNAPSHOTTING)},
    [DC_BUILD_PREPARING] = {"preparing", "builder", DC_FROM(DC_BUILD_QUEUED)},
    [DC_BUILD_BUILDING] = {"building", "builder", DC_FROM(DC_BUILD_PREPARING)},
    [DC_BUILD_SNAPSHOTTING] = {"snapshotting", "builder",
	DC_FROM(DC_BUILD_BUILDING)},
    [DC_BUILD_DONE] = {"done", "builder", DC_FROM(DC_BUILD_SNAPSHOTTING)},
    [DC_BUILD_FAILED] = {"failed", "builder", UNFINISHED},
    [DC_BUILD_CANCELLED] = {"cancelled", "deployer", UNFINISHED},
};

const struct dc_machine dc_build_machine = {"build", "builds", DC_BUILD_NSTATES,
    states};

#define SELECT                                                                 \
	"SELECT b.*, d.revision_id, d.clean, d.account_id,"                    \
	" d.application_id, s.name AS service, a.name AS application,"         \
	" a.uid_range, u.name AS account, r.name AS revision"                  \
	" FROM builds b JOIN deployments d ON d.id = b.deployment_id"          \
	" JOIN services s ON s.id = b.service_id"                              \
	" JOIN applications a ON a.id = d.application_id"                      \
	" JOIN accounts u ON u.id = a.account_id"                              \
	" JOIN revisions r ON r.id = d.revision_id "

void
dc_build_done(struct dc_build *b)
{
	free(b->definition);
	free(b->service);
	free(b->application);
	free(b->account);
	free(b->revision);
	free(b->error);
	*b = (struct dc_build){0};
}

static void
fill(struct dc_build *b, struct dc_stmt *q)
{
	*b = (struct dc_build){.id = dc_stmt_get_int(q, "id")};
	b->deployment_id = dc_stmt_get_int(q, "deployment_id");
	b->service_id = dc_stmt_get_int(q, "service_id");
	b->application_id = dc_stmt_get_int(q, "application_id");
	b->revision_id = dc_stmt_get_int(q, "revision_id");
	b->uid_range = dc_stmt_get_int(q, "uid_range");
	b->snapshot_id = dc_stmt_get_int(q, "snapshot_id");
	b->attempts = dc_stmt_get_int(q, "attempts");
	b->account_id = dc_stmt_get_int(q, "account_id");
	b->clean = dc_stmt_get_int(q, "clean") != 0;
	b->state = (enum dc_build_state)dc_machine_parse(&dc_build_machine,
	    dc_stmt_get_text(q, "state"));
	b->definition = dc_stmt_dup_text(q, "definition");
	b->service = dc_stmt_dup_text(q, "service");
	b->application = dc_stmt_dup_text(q, "application");
	b->account = dc_stmt_dup_text(q, "account");
	b->revision = dc_stmt_dup_text(q, "revision");
	b->error = dc_stmt_dup_text(q, "error");
}

int
dc_build_add(struct dc_db *db, int64_t deployment_id, int64_t service_id,
    const char *definition, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO builds (deployment_id, service_id, definition,"
	    " created_at) VALUES (:deployment, :service, :definition, :now)"
	    " ON CONFLICT (deployment_id, service_id) DO NOTHING",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment_id);
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_text(q, ":definition", definition);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

int
dc_build_load(struct dc_db *db, struct dc_build *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, SELECT "WHERE b.id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "build %lld", (long long)id);
	fill(out, q);
	return 0;
}

int
dc_build_each(struct dc_db *db, int64_t deployment_id, dc_build_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_free struct dc_build *rows = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i, n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE b.deployment_id = :deployment ORDER BY b.id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill(&rows[n++], q);
	}
	/* FN may write: no statement of ours is open by then. */
	dc_stmt_close(dc_steal_ptr(&q));
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = fn(&rows[i], arg, err);
		dc_build_done(&rows[i]);
	}
	return rc;
}

static int
count_attempt(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE builds SET attempts = attempts + 1 WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_build_move(struct dc_db *db, int64_t id, int from, int to, const char *me,
    struct dc_err *err)
{
	int rc;

	if (to != DC_BUILD_PREPARING)
		return dc_machine_move(db, &dc_build_machine, id, from, to, me,
		    err);
	rc = dc_db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = dc_machine_move(db, &dc_build_machine, id, from, to, me, err);
	if (rc == 0)
		rc = count_attempt(db, id, err);
	return dc_db_end(db, rc, err);
}

static int
end_row(struct dc_db *db, int64_t id, const char *error, int64_t snapshot_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE builds SET ended_at = :now, claimed_by = NULL,"
	    " lease_until = 0, error = :error,"
	    " snapshot_id = nullif(:snapshot, 0) WHERE id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_text(q, ":error", error);
	dc_stmt_int(q, ":snapshot", snapshot_id);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_build_fail(struct dc_db *db, int64_t id, int from, int to, const char *me,
    const char *error, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_build_move(db, id, from, to, me, err);
	if (rc == 0)
		rc = end_row(db, id, error, 0, err);
	return dc_db_end(db, rc, err);
}

int
dc_build_finish(struct dc_db *db, int64_t build_id,
    const struct dc_snapshot *snapshot, int64_t node_id, const char *me,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_snapshot_add(db, snapshot, node_id, err);
	if (rc == 0)
		rc = dc_build_move(db, build_id, DC_BUILD_SNAPSHOTTING,
		    DC_BUILD_DONE, me, err);
	if (rc == 0)
		rc = end_row(db, build_id, NULL, snapshot->id, err);
	return dc_db_end(db, rc, err);
}
