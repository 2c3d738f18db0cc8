/* uploader/metric_api.c -- memory and traffic of the last hours, days or weeks.
 * A row is an array, as the published client reads it. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/metric.h"
#include "common/store/service.h"

#include <inttypes.h>

static int
find_range(struct request *rq, struct reply *rp,
    const struct dc_metric_range **out, struct dc_err *err)
{
	const char *name = params_find(&rq->query, "range");

	*out = dc_metric_find_range(name != NULL ? name : "1h");
	if (*out != NULL)
		return 0;
	return reply_fail(rp, 400, err, "Invalid duration identifier: %.32s",
	    name);
}

static void
add_number(struct dc_json *row, double value)
{
	dc_json_add(row, NULL, dc_json_new_real(value));
}

/* Time; 2xx, 3xx, 4xx, 5xx a second; seconds in the application, and in the
 * platform, of a request. */
static int
add_traffic(const struct dc_traffic_metric *m, void *arg, struct dc_err *err)
{
	struct dc_json *row = dc_json_new_array();
	double seconds = m->seconds > 0 ? (double)m->seconds : 1, n = 0;
	int i;

	(void)err;
	dc_json_add_int(row, NULL, m->at);
	for (i = 0; i < DC_ANSWERS; i++) {
		add_number(row, (double)m->answers[i] / seconds);
		n += (double)m->answers[i];
	}
	if (n < 1)
		n = 1;
	add_number(row, (double)m->application_ms / n / 1000);
	add_number(row, (double)m->platform_ms / n / 1000);
	dc_json_add(arg, NULL, row);
	return 0;
}

int
metric_list_traffic(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	const char *service = params_find(&rq->query, "service");
	const struct dc_metric_range *range;
	int64_t id = 0;
	int rc = find_range(rq, rp, &range, err);

	if (rc == 0 && service != NULL)
		rc = dc_service_find(rq->db, &id, rq->app.id, service, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Service \"%.64s\" does not exist",
		    service);
	if (rc == 0)
		rc = dc_metric_each_traffic(rq->db, rq->app.id, id, range,
		    dc_now_ms() / 1000, add_traffic, all, err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&all), err);
}

/* Time, used, allocated, 0, unused, rss, 0, active and inactive page cache. */
static int
add_memory(const struct dc_memory_metric *m, void *arg, struct dc_err *err)
{
	struct dc_json *row = dc_json_new_array();
	int64_t unused = m->allocated > m->used ? m->allocated - m->used : 0;
	const int64_t values[] = {m->at, m->used, m->allocated, 0, unused,
	    m->rss, 0, m->active, m->inactive};
	size_t i;

	(void)err;
	for (i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		dc_json_add_int(row, NULL, values[i]);
	dc_json_add(arg, NULL, row);
	return 0;
}

int
metric_list_memory(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	const struct dc_metric_range *range;
	long long number;
	int64_t id = 0;
	int rc = find_range(rq, rp, &range, err);

	if (rc == 0)
		rc = request_find_service(rq, &id, err);
	if (rc < 0)
		return rc;
	if (!dc_is_number(rq->capture[2], 0, DC_MAX_INSTANCES - 1, &number))
		return dc_fail(err, DC_ENOTFOUND,
		    "Service (%.64s) instance #%.16s does not exist",
		    rq->capture[1], rq->capture[2]);
	rc = dc_metric_each_memory(rq->db, id, number, range,
	    dc_now_ms() / 1000, add_memory, all, err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&all), err);
}
