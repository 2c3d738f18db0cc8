/* common/store/metric.h -- memory and traffic, a look a minute, kept in less
 * detail as they grow old: minutes for 6 hours, ten minutes for a week, hours
 * for a month. */
#ifndef DC_METRIC_H
#define DC_METRIC_H

#include "common/store/db.h"

#include <stddef.h>

/* What may be asked for: "1h", "6h", "1d", "1w", "1M". */
struct dc_metric_range {
	const char *name;
	int64_t seconds, span; /* back from now; of each row */
};

/* NULL: there is no such range. */
const struct dc_metric_range *dc_metric_find_range(const char *name);

/* Of one instance; bytes. As read, the mean of its span. */
struct dc_memory_metric {
	int64_t service_id, number; /* of a look only */
	int64_t at;                 /* of a row only; seconds */
	int64_t used, allocated, rss, active, inactive;
};

enum {
	DC_ANSWERS = 4
}; /* 2xx, 3xx, 4xx, 5xx */

/* What one worker of HAProxy has counted for one backend since it began, and
 * how long its last requests took. */
struct dc_traffic_counter {
	int64_t worker, slot;
	int64_t answers[DC_ANSWERS];
	int64_t application_ms, platform_ms; /* each, on average */
};

struct dc_traffic_metric {
	int64_t at, seconds; /* that were looked at */
	int64_t answers[DC_ANSWERS];
	int64_t application_ms, platform_ms; /* all together */
};

struct dc_metric_look {
	int64_t node_id, now; /* seconds */
	const struct dc_memory_metric *memory;
	size_t n_memory;
	/* NULL: HAProxy does not say; the next look makes up for it. */
	const struct dc_traffic_counter *counters;
	size_t n_counters;
};

/* One transaction, which also removes what is too old. Counters that are new
 * or have shrunk are of a worker that began since the last look. */
int dc_metric_save(struct dc_db *db, const struct dc_metric_look *look,
    struct dc_err *err);

/* In order of time, up to NOW. FN returns < 0 to stop. */
typedef int dc_memory_fn(const struct dc_memory_metric *m, void *arg,
    struct dc_err *err);
int dc_metric_each_memory(struct dc_db *db, int64_t service_id, int64_t number,
    const struct dc_metric_range *range, int64_t now, dc_memory_fn *fn,
    void *arg, struct dc_err *err);

/* Of one service, or (0) of all of the application together. */
typedef int dc_traffic_fn(const struct dc_traffic_metric *m, void *arg,
    struct dc_err *err);
int dc_metric_each_traffic(struct dc_db *db, int64_t application_id,
    int64_t service_id, const struct dc_metric_range *range, int64_t now,
    dc_traffic_fn *fn, void *arg, struct dc_err *err);

#endif
