/* uploader/status_api.c -- how one instance is, and the base image that builds
 * begin on today. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/buildfile/type.h"
#include "common/store/health.h"
#include "common/store/instance.h"
#include "common/store/snapshot.h"
#include "uploader/date.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define LIVING                                                                 \
	(UINT32_MAX &                                                          \
	    ~(DC_FROM(DC_INSTANCE_FAILED) | DC_FROM(DC_INSTANCE_DRAINING) |    \
		DC_FROM(DC_INSTANCE_GONE)))
#define COMING                                                                 \
	(DC_FROM(DC_INSTANCE_CREATING) | DC_FROM(DC_INSTANCE_INSTALLING) |     \
	    DC_FROM(DC_INSTANCE_LAUNCHING) | DC_FROM(DC_INSTANCE_READY))

struct search {
	int64_t number, id;
	bool serves;
};

/* Of those with the number, the one that serves; else the newest. */
static int
note(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct search *s = arg;
	bool serves = (DC_FROM(i->state) & COMING) == 0;

	(void)err;
	if (i->number != s->number || (s->serves && !serves))
		return 0;
	s->id = i->id;
	s->serves = serves;
	return 0;
}

static int
find_instance(struct request *rq, struct dc_instance *out, struct dc_err *err)
{
	struct search s = {0};
	long long number;
	int64_t service;
	int rc = request_find_service(rq, &service, err);

	if (rc < 0)
		return rc;
	if (dc_is_number(rq->capture[2], 0, INT32_MAX, &number)) {
		s.number = number;
		rc =
		    dc_instance_each(rq->db, 0, service, LIVING, note, &s, err);
	}
	if (rc < 0)
		return rc;
	if (s.id == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "Service (%s) instance #%.16s not found", rq->capture[1],
		    rq->capture[2]);
	return dc_instance_load(rq->db, out, s.id, err);
}

static bool
is_well(const struct dc_instance *i)
{
	return i->state == DC_INSTANCE_UP && !dc_health_is_ill(i->health);
}

int
instance_show_status(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_instance struct dc_instance i = {0};
	struct dc_json *j, *custom;
	int rc = find_instance(rq, &i, err);

	if (rc < 0)
		return rc;
	j = dc_json_new_object();
	custom = dc_json_new_object();
	dc_json_add_str(j, "status", is_well(&i) ? "up" : "down");
	dc_json_add(j, "custom", custom);
	if (i.state != DC_INSTANCE_UP)
		dc_json_add_str(custom, "state",
		    dc_instance_machine.states[i.state].name);
	if (i.state == DC_INSTANCE_UP)
		dc_json_add_str(custom, "health", dc_health_names[i.health]);
	if (i.health_at != 0 && i.state == DC_INSTANCE_UP)
		date_add(custom, "since", i.health_at * 1000);
	dc_json_add_str(custom, "revision", i.revision);
	return reply_object(rp, 200, j, err);
}

static int
find_type(struct request *rq, struct reply *rp, struct dc_err *err)
{
	const char *of = rq->capture[0];
	struct dc_type type = {0};
	int rc = DC_ENOTFOUND;

	if (of[strspn(of, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0')
		rc = dc_type_load(&type, rq->conf->types, of, err);
	dc_type_done(&type);
	return rc < 0
		   ? reply_fail(rp, 404, err, "There is no type \"%.64s\"", of)
		   : 0;
}

static struct dc_json *
new_image(const char *name, int64_t date)
{
	struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "revision", name);
	date_add(j, "date", date);
	return j;
}

static int64_t
date_of_latest(const struct request *rq)
{
	struct stat st;

	return stat(rq->conf->image, &st) == 0 ? st.st_mtime * INT64_C(1000000)
					       : 0;
}

/* All types stand on the one base image, and a clean build brings each onto
 * the latest. */
int
image_show(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *latest = dc_conf_format_image(rq->conf);
	struct dc_json *j;
	int rc = find_type(rq, rp, err);

	if (rc < 0)
		return rc;
	j = dc_json_new_object();
	dc_json_add_str(j, "image", rq->capture[0]);
	dc_json_add(j, "latest_revision",
	    new_image(latest, date_of_latest(rq)));
	dc_json_add_bool(j, "upgradeable", true);
	return reply_object(rp, 200, j, err);
}

/* One that is older may be gone from the disk: its date is when it was first
 * built on, of what there still is. */
int
image_show_revision(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *latest = dc_conf_format_image(rq->conf);
	const char *name = rq->capture[1];
	int64_t since = 0;
	int rc = find_type(rq, rp, err);

	if (rc < 0)
		return rc;
	if (strcmp(name, latest) == 0)
		return reply_object(rp, 200,
		    new_image(name, date_of_latest(rq)), err);
	rc = dc_snapshot_find_image(rq->db, &since, name, err);
	if (rc == DC_ENOTFOUND)
		return reply_fail(rp, 404, err, "There is no image \"%.64s\"",
		    name);
	return rc < 0
		   ? rc
		   : reply_object(rp, 200, new_image(name, since * 1000), err);
}
