/* common/store/instance.c -- see instance.h. */
#include "common/store/instance.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/node.h"

#include <string.h>

#define BEFORE_UP                                                              \
	(DC_FROM(DC_INSTANCE_CREATING) | DC_FROM(DC_INSTANCE_INSTALLING) |     \
	    DC_FROM(DC_INSTANCE_LAUNCHING) | DC_FROM(DC_INSTANCE_READY))

static const struct dc_machine_state states[DC_INSTANCE_NSTATES] = {
    [DC_INSTANCE_CREATING] = {"creating", "deployer",
	DC_FROM(DC_INSTANCE_RESERVED)},
    [DC_INSTANCE_INSTALLING] = {"installing", "deployer",
	DC_FROM(DC_INSTANCE_CREATING)},
    [DC_INSTANCE_LAUNCHING] = {"launching", "deployer",
	DC_FROM(DC_INSTANCE_INSTALLING) | DC_FROM(DC_INSTANCE_READY)},
    [DC_INSTANCE_READY] = {"ready", "deployer", DC_FROM(DC_INSTANCE_LAUNCHING)},
    [DC_INSTANCE_UP] = {"up", "deployer",
	DC_FROM(DC_INSTANCE_READY) | DC_FROM(DC_INSTANCE_DOWN) |
	    DC_FROM(DC_INSTANCE_RESTARTING)},
    [DC_INSTANCE_DOWN] = {"down", "deployer",
	DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_PARKING) |
	    DC_FROM(DC_INSTANCE_PARKED)},
    [DC_INSTANCE_RESTARTING] = {"restarting", "deployer",
	DC_FROM(DC_INSTANCE_UP)},
    [DC_INSTANCE_PARKING] = {"parking", "deployer",
	DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_DOWN) |
	    DC_FROM(DC_INSTANCE_RESTARTING)},
    [DC_INSTANCE_PARKED] = {"parked", "deployer", DC_FROM(DC_INSTANCE_PARKING)},
    [DC_INSTANCE_DRAINING] = {"draining", "deployer",
	DC_SERVING | DC_FROM(DC_INSTANCE_RESERVED)},
    [DC_INSTANCE_RESERVED] = {"reserved", "deployer",
	DC_FROM(DC_INSTANCE_DRAINING)},
    [DC_INSTANCE_FAILED] = {"failed", "deployer", BEFORE_UP},
    [DC_INSTANCE_GONE] = {"gone", "deployer",
	DC_FROM(DC_INSTANCE_DRAINING) | DC_FROM(DC_INSTANCE_FAILED)},
};

const struct dc_machine dc_instance_machine = {"instance", "instances",
    DC_INSTANCE_NSTATES, states};

static const char *const data_names[DC_DATA_N] = {
    [DC_DATA_OWN] = "own",
    [DC_DATA_WANTED] = "wanted",
    [DC_DATA_HELD] = "held",
};

#define SELECT                                                                 \
	"SELECT i.*, s.name AS service, s.application_id,"                     \
	" coalesce(s.memory, 0) AS wanted_memory,"                             \
	" a.name AS application, a.uid_range, u.name AS account, u.email,"     \
	" r.name AS revision, d.deploy_id, n.name AS node, p.image,"           \
	" coalesce(x.number, 0) AS address"                                    \
	" FROM instances i JOIN services s ON s.id = i.service_id"             \
	" JOIN applications a ON a.id = s.application_id"                      \
	" JOIN accounts u ON u.id = a.account_id"                              \
	" JOIN snapshots p ON p.id = i.snapshot_id"                            \
	" JOIN revisions r ON r.id = p.revision_id"                            \
	" JOIN deployments d ON d.id = i.deployment_id"                        \
	" JOIN nodes n ON n.id = i.node_id"                                    \
	" LEFT JOIN addresses x ON x.instance_id = i.id "

void
dc_instance_done(struct dc_instance *i)
{
	free(i->definition);
	free(i->fingerprint);
	free(i->service);
	free(i->application);
	free(i->account);
	free(i->email);
	free(i->revision);
	free(i->deploy_id);
	free(i->error);
	free(i->node);
	free(i->image);
	*i = (struct dc_instance){0};
}

/* The word's number, 0 for one that is none. */
static int
parse_word(const char *word, const char *const *names, int n)
{
	int i;

	for (i = n - 1; i > 0; i--)
		if (strcmp(word, names[i]) == 0)
			break;
	return i;
}

static void
fill(struct dc_instance *i, struct dc_stmt *q)
{
	*i = (struct dc_instance){.id = dc_stmt_get_int(q, "id")};
	i->deployment_id = dc_stmt_get_int(q, "deployment_id");
	i->service_id = dc_stmt_get_int(q, "service_id");
	i->snapshot_id = dc_stmt_get_int(q, "snapshot_id");
	i->number = dc_stmt_get_int(q, "number");
	i->memory = dc_stmt_get_int(q, "memory");
	i->application_id = dc_stmt_get_int(q, "application_id");
	i->uid_range = dc_stmt_get_int(q, "uid_range");
	i->created_at = dc_stmt_get_int(q, "created_at");
	i->ended_at = dc_stmt_get_int(q, "ended_at");
	i->wanted_memory = dc_stmt_get_int(q, "wanted_memory");
	i->address = dc_stmt_get_int(q, "address");
	i->installed = dc_stmt_get_int(q, "installed") != 0;
	i->migrated = dc_stmt_get_int(q, "migrated") != 0;
	i->suspended = dc_stmt_get_int(q, "suspended") != 0;
	i->state =
	    (enum dc_instance_state)dc_machine_parse(&dc_instance_machine,
		dc_stmt_get_text(q, "state"));
	i->data = (enum dc_instance_data)parse_word(dc_stmt_get_text(q, "data"),
	    data_names, DC_DATA_N);
	i->health =
	    (enum dc_instance_health)parse_word(dc_stmt_get_text(q, "health"),
		dc_health_names, DC_HEALTH_N);
	i->health_at = dc_stmt_get_int(q, "health_at");
	i->replaced = dc_stmt_get_int(q, "replaced");
	i->reserved_until = dc_stmt_get_int(q, "reserved_until");
	i->fingerprint = dc_stmt_dup_text(q, "fingerprint");
	i->definition = dc_stmt_dup_text(q, "definition");
	i->service = dc_stmt_dup_text(q, "service");
	i->application = dc_stmt_dup_text(q, "application");
	i->account = dc_stmt_dup_text(q, "account");
	i->email = dc_stmt_dup_text(q, "email");
	i->revision = dc_stmt_dup_text(q, "revision");
	i->deploy_id = dc_stmt_dup_text(q, "deploy_id");
	i->error = dc_stmt_dup_text(q, "error");
	i->node = dc_stmt_dup_text(q, "node");
	i->image = dc_stmt_dup_text(q, "image");
}

int
dc_instance_add(struct dc_db *db, int64_t *id, int64_t deployment_id,
    int64_t service_id, int64_t snapshot_id, const char *definition,
    int64_t number, int64_t memory, int64_t node_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t address;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO instances (deployment_id, service_id, snapshot_id,"
	    " definition, number, memory, node_id, created_at) VALUES"
	    " (:deployment, :service, :snapshot, :definition, :number, :memory,"
	    " :node, :now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment_id);
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_int(q, ":snapshot", snapshot_id);
	dc_stmt_text(q, ":definition", definition);
	dc_stmt_int(q, ":number", number);
	dc_stmt_int(q, ":memory", memory);
	dc_stmt_int(q, ":node", node_id);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, NULL, err);
	if (rc < 0)
		return dc_wrap(err, rc, "add instance");
	*id = dc_db_last_id(db);
	return dc_address_claim(db, &address, node_id, 0, *id, err);
}

int
dc_instance_load(struct dc_db *db, struct dc_instance *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, SELECT "WHERE i.id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "instance %lld", (long long)id);
	fill(out, q);
	return 0;
}

/* FN may write: no statement of ours is open when it is called. */
static int
each_row(struct dc_stmt **q, uint32_t in, dc_instance_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_free struct dc_instance *rows = NULL;
	size_t i, n = 0;
	int rc;

	while ((rc = dc_stmt_step(*q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill(&rows[n++], *q);
	}
	dc_stmt_close(dc_steal_ptr(q));
	for (i = 0; i < n; i++) {
		if (rc == 0 && (in & DC_FROM(rows[i].state)) != 0)
			rc = fn(&rows[i], arg, err);
		dc_instance_done(&rows[i]);
	}
	return rc;
}

int
dc_instance_each(struct dc_db *db, int64_t deployment, int64_t service,
    uint32_t in, dc_instance_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE (:deployment = 0 OR i.deployment_id = :deployment)"
		   " AND (:service = 0 OR i.service_id = :service)"
		   " AND (:gone OR i.state <> 'gone')"
		   " ORDER BY s.name, s.id, i.number, i.id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":deployment", deployment);
	dc_stmt_int(q, ":service", service);
	dc_stmt_int(q, ":gone", (in & DC_FROM(DC_INSTANCE_GONE)) != 0);
	return each_row(&q, in, fn, arg, err);
}

int
dc_instance_move(struct dc_db *db, int64_t id, int from, int to, const char *me,
    struct dc_err *err)
{
	return dc_machine_move(db, &dc_instance_machine, id, from, to, me, err);
}

/* Nobody else's claim is taken away: its job is still at work, and must have
 * ended before another one clears up behind it. */
static int
set_error(struct dc_db *db, int64_t id, const char *me, const char *error,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET error = :error,"
	    " claimed_by = nullif(claimed_by, :me) WHERE id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":me", me);
	dc_stmt_text(q, ":error", error);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_instance_set_error(struct dc_db *db, int64_t id, const char *error,
    struct dc_err *err)
{
	return set_error(db, id, NULL, error, err);
}

int
dc_instance_fail(struct dc_db *db, int64_t id, int from, const char *me,
    const char *error, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = dc_instance_move(db, id, from, DC_INSTANCE_FAILED, me, err);
	if (rc == 0)
		rc = set_error(db, id, me, error, err);
	return dc_db_end(db, rc, err);
}

int
dc_instance_set_memory(struct dc_db *db, int64_t id, int64_t bytes,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET memory = :bytes WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":bytes", bytes);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_instance_count_attempt(struct dc_db *db, int64_t *attempts, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE instances SET attempts = attempts + 1 WHERE id = :id"
	    " RETURNING attempts",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	*attempts = dc_stmt_get_int(q, "attempts");
	return dc_stmt_run(q, NULL, err);
}

static int
set_flag(struct dc_db *db, const char *sql, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_instance_set_installed(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return set_flag(db, "UPDATE instances SET installed = 1 WHERE id = :id",
	    id, err);
}

int
dc_instance_set_migrated(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return set_flag(db, "UPDATE instances SET migrated = 1 WHERE id = :id",
	    id, err);
}

static int
end_rows(struct dc_db *db, int64_t id, int from, const char *me,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_instance_move(db, id, from, DC_INSTANCE_GONE, me, err);
	if (rc == 0)
		rc = dc_address_release(db, 0, id, err);
	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "UPDATE instances SET ended_at = :now, claimed_by = NULL,"
		    " data = 'own' WHERE id = :id",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_instance_end(struct dc_db *db, int64_t id, int from, const char *me,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = end_rows(db, id, from, me, err);
	return dc_db_end(db, rc, err);
}
