/* common/store/metric.c -- memory, ranges, and what grows old; see metric.h. */
#include "common/store/metric.h"

#include "common/base/auto.h"
#include "common/store/traffic.h"

#include <string.h>

#define HOUR INT64_C(3600)
#define DAY INT64_C(86400)

static const struct dc_metric_range ranges[] = {
    {"1h", HOUR, 60},
    {"6h", 6 * HOUR, 60},
    {"1d", DAY, 600},
    {"1w", 7 * DAY, 600},
    {"1M", 30 * DAY, HOUR},
};

/* How long rows of a span are kept: a little more than the longest range. */
static const struct {
	int64_t span, seconds;
} kept[] = {{60, 7 * HOUR}, {600, 8 * DAY}, {HOUR, 31 * DAY}};

const struct dc_metric_range *
dc_metric_find_range(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (strcmp(ranges[i].name, name) == 0)
			return &ranges[i];
	return NULL;
}

static int
add_memory(struct dc_db *db, const struct dc_memory_metric *m, int64_t now,
    int64_t span, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	/* Its service may have been destroyed since. */
	rc = dc_db_prepare(db, &q,
	    "INSERT INTO memory_metrics (service_id, number, span, at, samples,"
	    " used, allocated, rss, active, inactive)"
	    " SELECT :service, :number, :span, :at, 1, :used, :allocated, :rss,"
	    " :active, :inactive"
	    " WHERE EXISTS (SELECT 1 FROM services WHERE id = :service)"
	    " ON CONFLICT (service_id, number, span, at) DO UPDATE SET"
	    " samples = memory_metrics.samples + 1,"
	    " used = memory_metrics.used + excluded.used,"
	    " allocated = memory_metrics.allocated + excluded.allocated,"
	    " rss = memory_metrics.rss + excluded.rss,"
	    " active = memory_metrics.active + excluded.active,"
	    " inactive = memory_metrics.inactive + excluded.inactive",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":service", m->service_id);
	dc_stmt_int(q, ":number", m->number);
	dc_stmt_int(q, ":span", span);
	dc_stmt_int(q, ":at", now - now % span);
	dc_stmt_int(q, ":used", m->used);
	dc_stmt_int(q, ":allocated", m->allocated);
	dc_stmt_int(q, ":rss", m->rss);
	dc_stmt_int(q, ":active", m->active);
	dc_stmt_int(q, ":inactive", m->inactive);
	return dc_stmt_run(q, NULL, err);
}

static int
remove_old(struct dc_db *db, const char *sql, int64_t span, int64_t before,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":span", span);
	dc_stmt_int(q, ":before", before);
	return dc_stmt_run(q, NULL, err);
}

static int
save_span(struct dc_db *db, const struct dc_metric_look *look, int64_t span,
    int64_t before, struct dc_err *err)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < look->n_memory && rc == 0; i++)
		rc = add_memory(db, &look->memory[i], look->now, span, err);
	if (rc == 0)
		rc = remove_old(db,
		    "DELETE FROM memory_metrics"
		    " WHERE span = :span AND at < :before",
		    span, before, err);
	if (rc == 0)
		rc = remove_old(db,
		    "DELETE FROM traffic_metrics"
		    " WHERE span = :span AND at < :before",
		    span, before, err);
	return rc;
}

int
dc_metric_save(struct dc_db *db, const struct dc_metric_look *look,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);
	size_t i;

	if (rc < 0)
		return rc;
	if (look->counters != NULL)
		rc = dc_traffic_save(db, look, err);
	for (i = 0; i < sizeof(kept) / sizeof(kept[0]) && rc == 0; i++)
		rc = save_span(db, look, kept[i].span,
		    look->now - kept[i].seconds, err);
	return dc_db_end(db, rc, err);
}

int
dc_metric_each_memory(struct dc_db *db, int64_t service_id, int64_t number,
    const struct dc_metric_range *range, int64_t now, dc_memory_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT at, used / samples AS used,"
	    " allocated / samples AS allocated, rss / samples AS rss,"
	    " active / samples AS active, inactive / samples AS inactive"
	    " FROM memory_metrics WHERE service_id = :service"
	    " AND number = :number AND span = :span"
	    " AND at > :since AND at <= :now ORDER BY at",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_int(q, ":number", number);
	dc_stmt_int(q, ":span", range->span);
	dc_stmt_int(q, ":since", now - range->seconds);
	dc_stmt_int(q, ":now", now);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_memory_metric m = {
		    .service_id = service_id,
		    .number = number,
		    .at = dc_stmt_get_int(q, "at"),
		    .used = dc_stmt_get_int(q, "used"),
		    .allocated = dc_stmt_get_int(q, "allocated"),
		    .rss = dc_stmt_get_int(q, "rss"),
		    .active = dc_stmt_get_int(q, "active"),
		    .inactive = dc_stmt_get_int(q, "inactive"),
		};

		rc = fn(&m, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
