/* common/store/traffic.c -- see traffic.h and metric.h. */
#include "common/store/traffic.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <string.h>

static const char *const columns[DC_ANSWERS] = {"ok", "redirected", "refused",
    "failed"};
static const char *const params[DC_ANSWERS] = {":ok", ":redirected", ":refused",
    ":failed"};

/* The last look, 0: none; and this one is noted. */
static int
swap_look(struct dc_db *db, int64_t *last, const struct dc_metric_look *look,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_stmt struct dc_stmt *set = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT counted_at FROM nodes WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", look->node_id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return rc;
	*last = dc_stmt_get_int(q, "counted_at");
	rc = dc_db_prepare(db, &set,
	    "UPDATE nodes SET counted_at = :now WHERE id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(set, ":now", look->now);
	dc_stmt_int(set, ":id", look->node_id);
	return dc_stmt_run(set, NULL, err);
}

/* What C has counted since the last look. */
static int
find_delta(struct dc_db *db, int64_t delta[DC_ANSWERS], int64_t node_id,
    const struct dc_traffic_counter *c, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t was[DC_ANSWERS] = {0};
	bool is_same = true;
	int i, rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM traffic_counters WHERE node_id = :node"
	    " AND worker = :worker AND slot = :slot",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":node", node_id);
	dc_stmt_int(q, ":worker", c->worker);
	dc_stmt_int(q, ":slot", c->slot);
	rc = dc_stmt_step(q, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < DC_ANSWERS && rc == 1; i++) {
		was[i] = dc_stmt_get_int(q, columns[i]);
		is_same &= was[i] <= c->answers[i];
	}
	for (i = 0; i < DC_ANSWERS; i++)
		delta[i] = c->answers[i] - (is_same ? was[i] : 0);
	return 0;
}

static int
add(struct dc_db *db, const struct dc_traffic_metric *m, int64_t slot,
    int64_t span, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int i, rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO traffic_metrics (service_id, span, at, seconds, ok,"
	    " redirected, refused, failed, application_ms, platform_ms)"
	    " SELECT service_id, :span, :at, :seconds, :ok, :redirected,"
	    " :refused, :failed, :application, :platform"
	    " FROM routes WHERE slot = :slot"
	    " ON CONFLICT (service_id, span, at) DO UPDATE SET"
	    " seconds = traffic_metrics.seconds + excluded.seconds,"
	    " ok = traffic_metrics.ok + excluded.ok,"
	    " redirected = traffic_metrics.redirected + excluded.redirected,"
	    " refused = traffic_metrics.refused + excluded.refused,"
	    " failed = traffic_metrics.failed + excluded.failed,"
	    " application_ms ="
	    " traffic_metrics.application_ms + excluded.application_ms,"
	    " platform_ms = traffic_metrics.platform_ms + excluded.platform_ms",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":span", span);
	dc_stmt_int(q, ":at", m->at - m->at % span);
	dc_stmt_int(q, ":seconds", m->seconds);
	for (i = 0; i < DC_ANSWERS; i++)
		dc_stmt_int(q, params[i], m->answers[i]);
	dc_stmt_int(q, ":application", m->application_ms);
	dc_stmt_int(q, ":platform", m->platform_ms);
	dc_stmt_int(q, ":slot", slot);
	return dc_stmt_run(q, NULL, err);
}

/* One backend, over all workers. */
static int
save_slot(struct dc_db *db, const struct dc_metric_look *look, int64_t slot,
    int64_t last, struct dc_err *err)
{
	struct dc_traffic_metric m = {.at = look->now,
	    .seconds = look->now - last};
	static const int64_t spans[] = {60, 600, 3600};
	int64_t delta[DC_ANSWERS], n;
	size_t k;
	int i, rc = 0;

	for (k = 0; k < look->n_counters && rc == 0; k++) {
		const struct dc_traffic_counter *c = &look->counters[k];

		if (c->slot != slot)
			continue;
		rc = find_delta(db, delta, look->node_id, c, err);
		for (i = 0, n = 0; i < DC_ANSWERS && rc == 0; i++) {
			m.answers[i] += delta[i];
			n += delta[i];
		}
		m.application_ms += n * c->application_ms;
		m.platform_ms += n * c->platform_ms;
	}
	for (k = 0; k < sizeof(spans) / sizeof(spans[0]) && rc == 0; k++)
		rc = add(db, &m, slot, spans[k], err);
	return rc;
}

static int
load_slots(struct dc_db *db, int64_t **slots, size_t *n, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, "SELECT slot FROM routes", err);

	while (rc >= 0 && (rc = dc_stmt_step(q, err)) == 1) {
		*slots = dc_xrealloc(*slots, (*n + 1) * sizeof(**slots));
		(*slots)[(*n)++] = dc_stmt_get_int(q, "slot");
	}
	return rc;
}

static int
remember(struct dc_db *db, int64_t node_id, const struct dc_traffic_counter *c,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int i, rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO traffic_counters (node_id, worker, slot, ok,"
	    " redirected, refused, failed) SELECT :node, :worker, :slot, :ok,"
	    " :redirected, :refused, :failed"
	    " WHERE EXISTS (SELECT 1 FROM routes WHERE slot = :slot)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":node", node_id);
	dc_stmt_int(q, ":worker", c->worker);
	dc_stmt_int(q, ":slot", c->slot);
	for (i = 0; i < DC_ANSWERS; i++)
		dc_stmt_int(q, params[i], c->answers[i]);
	return dc_stmt_run(q, NULL, err);
}

static int
remember_all(struct dc_db *db, const struct dc_metric_look *look,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t i;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM traffic_counters WHERE node_id = :node", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":node", look->node_id);
	rc = dc_stmt_run(q, NULL, err);
	for (i = 0; i < look->n_counters && rc == 0; i++)
		rc = remember(db, look->node_id, &look->counters[i], err);
	return rc;
}

int
dc_traffic_save(struct dc_db *db, const struct dc_metric_look *look,
    struct dc_err *err)
{
	dc_auto_free int64_t *slots = NULL;
	int64_t last;
	size_t i, n = 0;
	int rc = swap_look(db, &last, look, err);

	if (rc == 0)
		rc = load_slots(db, &slots, &n, err);
	/* At the first look nobody knows since when they count. */
	for (i = 0; i < n && rc == 0 && last != 0; i++)
		rc = save_slot(db, look, slots[i], last, err);
	return rc < 0 ? rc : remember_all(db, look, err);
}

int
dc_metric_each_traffic(struct dc_db *db, int64_t application_id,
    int64_t service_id, const struct dc_metric_range *range, int64_t now,
    dc_traffic_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int i, rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT at, max(seconds) AS seconds, sum(ok) AS ok,"
	    " sum(redirected) AS redirected, sum(refused) AS refused,"
	    " sum(failed) AS failed, sum(application_ms) AS application_ms,"
	    " sum(platform_ms) AS platform_ms FROM traffic_metrics"
	    " WHERE service_id IN (SELECT id FROM services"
	    "  WHERE application_id = :app AND (id = :service OR :service = 0))"
	    " AND span = :span AND at > :since AND at <= :now"
	    " GROUP BY at ORDER BY at",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_int(q, ":span", range->span);
	dc_stmt_int(q, ":since", now - range->seconds);
	dc_stmt_int(q, ":now", now);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_traffic_metric m = {
		    .at = dc_stmt_get_int(q, "at"),
		    .seconds = dc_stmt_get_int(q, "seconds"),
		    .application_ms = dc_stmt_get_int(q, "application_ms"),
		    .platform_ms = dc_stmt_get_int(q, "platform_ms"),
		};

		for (i = 0; i < DC_ANSWERS; i++)
			m.answers[i] = dc_stmt_get_int(q, columns[i]);
		rc = fn(&m, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
