/* uploader/activity_api.c -- who did what: of one application, or of all. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/activity.h"
#include "uploader/date.h"

#include <string.h>

#define LINES_DEFAULT 100
#define LINES_MAX 10000

/* "a=1 b=2"; what an older program wrote otherwise is left out. */
static struct dc_json *
new_details(const char *text)
{
	struct dc_json *j = dc_json_new_object();
	size_t len, name;

	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		dc_auto_free char *key = NULL;
		dc_auto_free char *value = NULL;

		len = strcspn(text, " ");
		name = strcspn(text, "=");
		if (name == 0 || name >= len)
			continue;
		key = dc_strndup(text, name);
		value = dc_strndup(text + name + 1, len - name - 1);
		dc_json_add_str(j, key, value);
	}
	return j;
}

static int
add_row(const struct dc_activity *row, void *arg, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();

	(void)err;
	date_add(j, "created_at", row->created_at * 1000);
	dc_json_add_str(j, "category", row->category);
	dc_json_add_str(j, "action", row->action);
	if (*row->application != '\0')
		dc_json_add_str(j, "application", row->application);
	if (*row->service != '\0')
		dc_json_add_str(j, "service", row->service);
	dc_json_add_str(j, "user", row->actor);
	dc_json_add(j, "details", new_details(row->details));
	dc_json_add(arg, NULL, j);
	return 0;
}

static int
list(struct request *rq, struct reply *rp, int64_t application_id,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	int64_t n = 0;
	int rc;

	rc = request_number(rq, &n, "lines", 0, LINES_MAX, LINES_DEFAULT, err);
	if (rc == 0)
		rc = dc_activity_each(rq->db, rq->account.id, application_id, n,
		    add_row, all, err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&all), err);
}

int
activity_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	return list(rq, rp, 0, err);
}

int
application_list_activity(struct request *rq, struct reply *rp,
    struct dc_err *err)
{
	return list(rq, rp, rq->app.id, err);
}
