/* common/store/deployment.c -- see deployment.h. */
#include "common/store/deployment.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/activity.h"
#include "common/store/log_entry.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#define BEFORE_SWITCH                                                          \
	(DC_FROM(DC_DEPLOYMENT_QUEUED) | DC_FROM(DC_DEPLOYMENT_BUILDING) |     \
	    DC_FROM(DC_DEPLOYMENT_INITIALIZING) |                              \
	    DC_FROM(DC_DEPLOYMENT_INSTALLING) |                                \
	    DC_FROM(DC_DEPLOYMENT_LAUNCHING) | DC_FROM(DC_DEPLOYMENT_MOVING) | \
	    DC_FROM(DC_DEPLOYMENT_MIGRATING) | DC_FROM(DC_DEPLOYMENT_PROBING))

static const struct dc_machine_state states[DC_DEPLOYMENT_NSTATES] = {
    [DC_DEPLOYMENT_QUEUED] = {"queued", "uploader", 0},
    [DC_DEPLOYMENT_BUILDING] = {"building", "deployer",
	DC_FROM(DC_DEPLOYMENT_QUEUED)},
    [DC_DEPLOYMENT_INITIALIZING] = {"initializing", "deployer",
	DC_FROM(DC_DEPLOYMENT_BUILDING)},
    [DC_DEPLOYMENT_INSTALLING] = {"installing", "deployer",
	DC_FROM(DC_DEPLOYMENT_INITIALIZING)},
    [DC_DEPLOYMENT_LAUNCHING] = {"launching", "deployer",
	DC_FROM(DC_DEPLOYMENT_INSTALLING)},
    [DC_DEPLOYMENT_MOVING] = {"moving", "deployer",
	DC_FROM(DC_DEPLOYMENT_LAUNCHING)},
    [DC_DEPLOYMENT_MIGRATING] = {"migrating", "deployer",
	DC_FROM(DC_DEPLOYMENT_MOVING)},
    [DC_DEPLOYMENT_PROBING] = {"probing", "deployer",
	DC_FROM(DC_DEPLOYMENT_LAUNCHING) | DC_FROM(DC_DEPLOYMENT_MOVING) |
	    DC_FROM(DC_DEPLOYMENT_MIGRATING)},
    [DC_DEPLOYMENT_SWITCHING] = {"switching", "deployer",
	DC_FROM(DC_DEPLOYMENT_PROBING)},
    [DC_DEPLOYMENT_DONE] = {"done", "deployer",
	DC_FROM(DC_DEPLOYMENT_SWITCHING)},
    [DC_DEPLOYMENT_FAILED] = {"failed", "deployer", BEFORE_SWITCH},
    [DC_DEPLOYMENT_CANCELLED] = {"cancelled", "deployer, uploader",
	BEFORE_SWITCH},
};

const struct dc_machine dc_deployment_machine = {"deployment", "deployments",
    DC_DEPLOYMENT_NSTATES, states};

#define SELECT                                                                 \
	"SELECT d.*, a.name AS application, a.uid_range, u.name AS account,"   \
	" u.email, r.name AS revision FROM deployments d"                      \
	" JOIN applications a ON a.id = d.application_id"                      \
	" JOIN accounts u ON u.id = a.account_id"                              \
	" JOIN revisions r ON r.id = d.revision_id "

void
dc_deployment_done(struct dc_deployment *d)
{
	free(d->deploy_id);
	free(d->application);
	free(d->account);
	free(d->email);
	free(d->revision);
	free(d->error);
	free(d->cancelled_by);
	*d = (struct dc_deployment){0};
}

static void
fill(struct dc_deployment *d, struct dc_stmt *q)
{
	*d = (struct dc_deployment){.id = dc_stmt_get_int(q, "id")};
	d->application_id = dc_stmt_get_int(q, "application_id");
	d->revision_id = dc_stmt_get_int(q, "revision_id");
	d->account_id = dc_stmt_get_int(q, "account_id");
	d->uid_range = dc_stmt_get_int(q, "uid_range");
	d->clean = dc_stmt_get_int(q, "clean") != 0;
	d->migrates = dc_stmt_get_int(q, "migrates") != 0;
	d->state =
	    (enum dc_deployment_state)dc_machine_parse(&dc_deployment_machine,
		dc_stmt_get_text(q, "state"));
	d->rolls_back = dc_stmt_get_int(q, "rolls_back");
	d->created_at = dc_stmt_get_int(q, "created_at");
	d->deploy_id = dc_stmt_dup_text(q, "deploy_id");
	d->application = dc_stmt_dup_text(q, "application");
	d->account = dc_stmt_dup_text(q, "account");
	d->email = dc_stmt_dup_text(q, "email");
	d->revision = dc_stmt_dup_text(q, "revision");
	d->error = dc_stmt_dup_text(q, "error");
	d->cancelled_by = dc_stmt_dup_text(q, "cancelled_by");
}

int
dc_deployment_load(struct dc_db *db, struct dc_deployment *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, SELECT "WHERE d.id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "deployment %lld", (long long)id);
	fill(out, q);
	return 0;
}

int
dc_deployment_find(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *deploy_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT id FROM deployments WHERE application_id = :app"
	    " AND (:name = 'latest' OR deploy_id = :name)"
	    " ORDER BY id DESC LIMIT 1",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", deploy_id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_fail(err, rc, "no deployment '%s'", deploy_id);
	*id = dc_stmt_get_int(q, "id");
	return 0;
}

int
dc_deployment_each(struct dc_db *db, int64_t application_id,
    dc_deployment_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_free struct dc_deployment *rows = NULL;
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i, n = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE d.application_id = :app ORDER BY d.id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill(&rows[n++], q);
	}
	/* FN may write: no statement of ours is open by then. */
	dc_stmt_close(dc_steal_ptr(&q));
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = fn(&rows[i], arg, err);
		dc_deployment_done(&rows[i]);
	}
	return rc;
}

/* Short enough to type, random so that none names another user's. */
static char *
new_deploy_id(void)
{
	unsigned char r[6];

	if (getrandom(r, sizeof(r), 0) != (ssize_t)sizeof(r))
		abort();
	return dc_asprintf("%02x%02x%02x%02x%02x%02x", r[0], r[1], r[2], r[3],
	    r[4], r[5]);
}

static int
add_first_line(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_free char *line = NULL;
	char when[32];
	struct tm tm;
	time_t now = time(NULL);
	int rc = dc_deployment_load(db, &d, id, err);

	if (rc < 0)
		return rc;
	(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S",
	    gmtime_r(&now, &tm));
	line = dc_asprintf("Deploy of \"%s\" scheduled for revision %s at %s",
	    d.application, d.revision, when);
	return dc_log_entry_add(db, id, NULL, -1, DC_LOG_INFO, line, err);
}

static int
add_activity(struct dc_db *db, int64_t id, int64_t account_id,
    const char *action, struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_free char *details = NULL;
	int rc = dc_deployment_load(db, &d, id, err);

	if (rc < 0)
		return rc;
	details = dc_asprintf("revision=%s build=%s%s", d.revision, d.deploy_id,
	    d.clean ? " clean=yes" : "");
	return dc_activity_add(db, account_id,
	    &(struct dc_activity){.application_id = d.application_id,
		.category = "app",
		.action = action,
		.details = details},
	    err);
}

static int
insert(struct dc_db *db, int64_t *id, const char *deploy_id,
    int64_t application_id, int64_t revision_id, int64_t account_id, bool clean,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO deployments (deploy_id, application_id, revision_id,"
	    " account_id, clean, created_at)"
	    " VALUES (:deploy_id, :app, :revision, :account, :clean, :now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":deploy_id", deploy_id);
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_int(q, ":revision", revision_id);
	dc_stmt_int(q, ":account", account_id);
	dc_stmt_int(q, ":clean", clean);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, NULL, err);
	if (rc < 0)
		return rc;
	*id = dc_db_last_id(db);
	rc = add_first_line(db, *id, err);
	return rc < 0 ? rc : add_activity(db, *id, account_id, "deploy", err);
}

int
dc_deployment_add(struct dc_db *db, int64_t *id, char **deploy_id,
    int64_t application_id, int64_t revision_id, int64_t account_id, bool clean,
    struct dc_err *err)
{
	dc_auto_free char *name = new_deploy_id();
	bool is_ours = !dc_db_in_transaction(db);
	int rc = is_ours ? dc_db_begin(db, err) : 0;

	if (rc < 0)
		return rc;
	rc = insert(db, id, name, application_id, revision_id, account_id,
	    clean, err);
	if (is_ours)
		rc = dc_db_end(db, rc, err);
	if (rc < 0)
		return dc_wrap(err, rc, "add deployment");
	if (deploy_id != NULL)
		*deploy_id = dc_steal_ptr(&name);
	return 0;
}

int
dc_deployment_set_migrates(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE deployments SET migrates = 1 WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_deployment_move(struct dc_db *db, int64_t id, int from, int to,
    const char *me, struct dc_err *err)
{
	return dc_machine_move(db, &dc_deployment_machine, id, from, to, me,
	    err);
}

static int
end_rows(struct dc_db *db, int64_t id, int from, int to, const char *me,
    const char *message, struct dc_err *err)
{
	bool done = to == DC_DEPLOYMENT_DONE;
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_deployment_move(db, id, from, to, me, err);
	if (rc == 0)
		rc = dc_log_entry_add(db, id, NULL, -1,
		    done ? DC_LOG_DEPLOY_END : DC_LOG_DEPLOY_FAIL, message,
		    err);
	if (rc == 0)
		rc = dc_db_prepare(db, &q,
		    "UPDATE deployments SET ended_at = :now, error = :error,"
		    " claimed_by = NULL, lease_until = 0 WHERE id = :id",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_text(q, ":error", done ? NULL : message);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_deployment_end(struct dc_db *db, int64_t id, int from, int to,
    const char *me, const char *message, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = end_rows(db, id, from, to, me, message, err);
	return dc_db_end(db, rc, err);
}

static int
ask_to_end(struct dc_db *db, int64_t id, const char *who, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "UPDATE deployments SET cancelled_by = :who WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":who", who);
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

char *
dc_deployment_format_cancelled(const char *who)
{
	return dc_asprintf("Deployment cancelled by %s", who);
}

static int
cancel(struct dc_db *db, int64_t id, int64_t account_id, const char *who,
    struct dc_err *err)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_free char *text = dc_deployment_format_cancelled(who);
	int rc = dc_deployment_load(db, &d, id, err);

	if (rc < 0)
		return rc;
	if ((DC_FROM(d.state) & BEFORE_SWITCH) == 0)
		return dc_fail(err, DC_EBUSY, "Deployment %s %s", d.deploy_id,
		    d.state == DC_DEPLOYMENT_SWITCHING
			? "is going live: it is too late to cancel it"
		    : d.state == DC_DEPLOYMENT_DONE ? "is live already"
						    : "has ended already");
	if (d.cancelled_by != NULL)
		return 0;
	rc = ask_to_end(db, id, who, err);
	/* Nothing was begun for it, and it may wait for others. */
	if (rc == 0 && d.state == DC_DEPLOYMENT_QUEUED)
		rc = end_rows(db, id, (int)d.state, DC_DEPLOYMENT_CANCELLED,
		    NULL, text, err);
	return rc < 0 ? rc : add_activity(db, id, account_id, "cancel", err);
}

int
dc_deployment_cancel(struct dc_db *db, int64_t id, int64_t account_id,
    const char *who, struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	return dc_db_end(db, cancel(db, id, account_id, who, err), err);
}
