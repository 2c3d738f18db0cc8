/* uploader/activity_api.c -- who did what: of one application, or of all, in
 * the shape that the published client prints. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/activity.h"
#include "uploader/date.h"

#include <string.h>

#define LINES_DEFAULT 100
#define LINES_MAX 10000

struct rows {
	struct dc_json *array;
	const char *reader;
};

/* "a,b" of all that TEXT says about KEY. */
static char *
join_values(const char *text, const char *key)
{
	struct dc_str all = {0};
	size_t len, name = strlen(key);

	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		len = strcspn(text, " ");
		if (len <= name || text[name] != '=' ||
		    strncmp(text, key, name) != 0)
			continue;
		dc_str_add(&all, all.len > 0 ? "," : "");
		dc_str_addn(&all, text + name + 1, len - name - 1);
	}
	return dc_str_steal(&all);
}

/* The value of a scale is a number. */
static void
add_detail(struct dc_json *j, const char *key, const char *value)
{
	long long number;

	if (strcmp(key, "value") == 0 &&
	    dc_is_number(value, 0, INT64_MAX, &number))
		dc_json_add_int(j, key, number);
	else
		dc_json_add_str(j, key, value);
}

/* "a=1 b=2"; what an older program wrote otherwise is left out. */
static void
add_details(struct dc_json *j, const char *text)
{
	size_t len, name;

	for (; *text != '\0'; text += len + (text[len] == ' ')) {
		dc_auto_free char *key = NULL;
		dc_auto_free char *value = NULL;

		len = strcspn(text, " ");
		name = strcspn(text, "=");
		if (name == 0 || name >= len)
			continue;
		key = dc_strndup(text, name);
		if (dc_json_find(j, key) != NULL)
			continue;
		value = join_values(text, key);
		add_detail(j, key, value);
	}
}

static int
add_row(const struct dc_activity *row, void *arg, struct dc_err *err)
{
	struct rows *all = arg;
	struct dc_json *j = dc_json_new_object();
	struct dc_json *user = dc_json_new_object();

	(void)err;
	date_add_second(j, "created_at", row->created_at);
	dc_json_add_str(j, "category", row->category);
	dc_json_add_str(j, "action", row->action);
	if (*row->application != '\0')
		dc_json_add_str(j, "application", row->application);
	if (*row->service != '\0')
		dc_json_add_str(j, "service", row->service);
	dc_json_add_str(user, "username", row->actor);
	dc_json_add_bool(user, "self", strcmp(row->actor, all->reader) == 0);
	dc_json_add(j, "user", user);
	add_details(j, row->details);
	dc_json_add(all->array, NULL, j);
	return 0;
}

static int
list(struct request *rq, struct reply *rp, int64_t application_id,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	struct rows rows = {all, rq->account.name};
	int64_t n = 0;
	int rc;

	rc = request_number(rq, &n, "lines", 0, LINES_MAX, LINES_DEFAULT, err);
	if (rc == 0)
		rc = dc_activity_each(rq->db, rq->account.id, application_id, n,
		    add_row, &rows, err);
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
