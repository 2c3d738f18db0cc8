/* uploader/service_api.c -- services: look, scale, destroy. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/service.h"
#include "uploader/act.h"
#include "uploader/service_json.h"

#include <inttypes.h>

#define MB (1LL << 20)
#define MEMORY_MIN (32 * MB)
#define MEMORY_MAX (64LL << 30)

int
service_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	struct dc_json *all;
	int rc = service_json_all(rq, &all, err);

	return rc < 0 ? rc : reply_objects(rp, all, err);
}

static int
show(struct request *rq, struct reply *rp, int64_t id, struct dc_err *err)
{
	struct dc_json *j;
	int rc = service_json(rq, &j, id, err);

	return rc < 0 ? rc : reply_object(rp, 200, j, err);
}

int
service_show(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	return rc < 0 ? rc : show(rq, rp, id, err);
}

static int
note(struct request *rq, const char *details, struct dc_err *err)
{
	return dc_activity_add(rq->db, rq->account.id,
	    &(struct dc_activity){.application_id = rq->app.id,
		.service = rq->capture[1],
		.category = "service",
		.action = "scale",
		.details = details},
	    err);
}

static int
save_count(struct request *rq, struct reply *rp, int64_t id,
    const struct dc_json *value, struct dc_err *err)
{
	int64_t n = dc_json_int(value, 0);
	dc_auto_free char *details = NULL;
	int rc;

	if (n < 1 || n > DC_MAX_INSTANCES)
		return reply_fail(rp, 400, err,
		    "instance_count must be a number from 1 to %d",
		    DC_MAX_INSTANCES);
	rc = dc_service_scale(rq->db, id, n, err);
	details = dc_asprintf("scale=instances value=%" PRId64, n);
	return rc < 0 ? rc : note(rq, details, err);
}

/* CONTRACT 1.2: down to 16 MB, then up to 32 MB: 100 MB are 96, 120 are 128. */
static int
save_memory(struct request *rq, struct reply *rp, int64_t id,
    const struct dc_json *value, struct dc_err *err)
{
	int64_t n = dc_json_int(value, 0);
	dc_auto_free char *details = NULL;
	int rc;

	if (n < 1 || n > MEMORY_MAX)
		return reply_fail(rp, 400, err,
		    "reserved_memory must be a number of bytes up to %" PRId64,
		    (int64_t)MEMORY_MAX);
	if (n < MEMORY_MIN)
		n = MEMORY_MIN;
	n -= n % (16 * MB);
	n += (32 * MB - n % (32 * MB)) % (32 * MB);
	rc = dc_service_set_memory(rq->db, id, n, err);
	details = dc_asprintf("scale=memory value=%" PRId64, n);
	return rc < 0 ? rc : note(rq, details, err);
}

int
service_save(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	struct dc_json *count, *memory;
	int64_t id;
	int rc;

	rc = request_find_service(rq, &id, err);
	if (rc == 0)
		rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	count = dc_json_find(body, "instance_count");
	memory = dc_json_find(body, "reserved_memory");
	if (count == NULL && memory == NULL)
		return reply_fail(rp, 400, err,
		    "instance_count or reserved_memory is needed");
	rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	if (count != NULL)
		rc = save_count(rq, rp, id, count, err);
	if (rc == 0 && memory != NULL)
		rc = save_memory(rq, rp, id, memory, err);
	rc = dc_db_end(rq->db, rc, err);
	return rc < 0 ? rc : show(rq, rp, id, err);
}

static bool
is_gone(struct dc_db *db, int64_t id)
{
	dc_auto_service struct dc_service s = {0};

	return dc_service_load(db, &s, id, NULL) == DC_ENOTFOUND;
}

int
service_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = dc_db_begin(rq->db, err);
	if (rc == 0)
		rc = act_end(rq, dc_service_destroy(rq->db, id, err),
		    &(struct dc_activity){.service = rq->capture[1],
			.category = "service",
			.action = "destroy"},
		    err);
	if (rc == 0)
		rc = request_wait(rq, rp, is_gone, id, err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
