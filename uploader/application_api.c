/* uploader/application_api.c -- applications, their variables, and where their
 * code is pushed to. */
#include "uploader/route.h"

#include "common/appenv/access.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/maintenance.h"
#include "common/store/revision.h"
#include "common/store/rollback.h"
#include "common/store/variable.h"
#include "uploader/act.h"
#include "uploader/date.h"
#include "uploader/service_json.h"

#include <string.h>

/* As this user calls it: BLOG-ALICE when it is alice's. The caller's. */
static char *
format_name(const struct request *rq, const struct dc_application *a)
{
	if (a->account_id == rq->account.id)
		return dc_strdup(a->name);
	return dc_asprintf("%s-%s", a->name, a->account);
}

static struct dc_json *
new_application(const struct request *rq, const struct dc_application *a)
{
	struct dc_json *j = dc_json_new_object();
	dc_auto_free char *name =
	    rq->user != NULL ? dc_strdup(a->name) : format_name(rq, a);

	dc_json_add_str(j, "name", name);
	dc_json_add_str(j, "owner", a->account);
	dc_json_add_str(j, "flavor", a->flavor);
	date_add(j, "created_at", a->created_at * 1000);
	return j;
}

struct applications {
	const struct request *rq;
	struct dc_json *array;
};

static int
add_application(const struct dc_application *a, void *arg, struct dc_err *err)
{
	struct applications *all = arg;

	(void)err;
	dc_json_add(all->array, NULL, new_application(all->rq, a));
	return 0;
}

int
application_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *array = dc_json_new_array();
	struct applications all = {rq, array};
	int rc;

	rc = dc_application_each(rq->db, rq->account.id, add_application, &all,
	    err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&array), err);
}

static int
add(struct request *rq, const char *name, struct dc_err *err)
{
	int64_t id;
	int rc = dc_db_begin(rq->db, err);

	if (rc < 0)
		return rc;
	rc = dc_application_add(rq->db, &id, rq->account.id, name, "live", err);
	if (rc == 0)
		rc = dc_application_load(rq->db, &rq->app, id, err);
	return act_end(rq, rc,
	    &(struct dc_activity){.category = "app", .action = "create"}, err);
}

int
application_add(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	const char *name, *flavor;
	int rc;

	rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	name = dc_json_find_str(body, "name");
	flavor = dc_json_find_str(body, "flavor");
	if (name == NULL)
		return reply_fail(rp, 422, err, "name is needed");
	if (flavor != NULL && strcmp(flavor, "live") != 0)
		return reply_fail(rp, 422, err,
		    "there is no flavor '%.32s', only 'live'", flavor);
	rc = add(rq, name, err);
	if (rc == DC_EINVAL)
		rp->status = 422;
	if (rc < 0)
		return rc;
	return reply_object(rp, 201, new_application(rq, &rq->app), err);
}

static int
add_maintenance(struct dc_json *to, struct request *rq, struct dc_err *err)
{
	struct dc_json *j;
	bool has_page = false;
	int64_t since = 0;
	int rc;

	rc = dc_maintenance_find(rq->db, &since, &has_page, rq->app.id, err);
	if (rc < 0 || since == 0)
		return rc;
	j = dc_json_new_object();
	date_add(j, "since", since * 1000);
	dc_json_add_bool(j, "own_page", has_page);
	dc_json_add(to, "maintenance", j);
	return 0;
}

static int
add_rollback(struct dc_json *to, struct request *rq, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc = dc_rollback_find(rq->db, &text, rq->app.id, err);

	if (rc == 0 && text != NULL)
		dc_json_add_str(to, "rollback", text);
	return rc;
}

/* Nobody pays here; the published client shows what stands in it. */
static void
add_billing(struct dc_json *to)
{
	struct dc_json *j = dc_json_new_object();

	dc_json_add_bool(j, "free", true);
	dc_json_add(to, "billing", j);
}

int
application_show(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_revision struct dc_revision running = {0};
	dc_auto_json struct dc_json *j = new_application(rq, &rq->app);
	struct dc_json *services;
	int rc;

	rc = dc_revision_find_running(rq->db, &running, rq->app.id, err);
	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	if (rc == 0)
		dc_json_add_str(j, "revision", running.name);
	add_billing(j);
	rc = add_maintenance(j, rq, err);
	if (rc == 0)
		rc = add_rollback(j, rq, err);
	if (rc < 0)
		return rc;
	rc = service_json_all(rq, &services, err);
	if (rc < 0)
		return rc;
	dc_json_add(j, "services", services);
	return reply_object(rp, 200, dc_steal_ptr(&j), err);
}

static bool
is_gone(struct dc_db *db, int64_t id)
{
	dc_auto_application struct dc_application a = {0};

	return dc_application_load(db, &a, id, NULL) == DC_ENOTFOUND;
}

int
application_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int rc = dc_db_begin(rq->db, err);

	if (rc == 0)
		rc =
		    act_end(rq, dc_application_destroy(rq->db, rq->app.id, err),
			&(struct dc_activity){.category = "app",
			    .action = "destroy"},
			err);
	if (rc == 0)
		rc = request_wait(rq, rp, is_gone, rq->app.id, err);
	return rc < 0 ? rc : reply_empty(rp, err);
}

static int
add_variable(const struct dc_variable *v, void *arg, struct dc_err *err)
{
	(void)err;
	dc_json_add_str(arg, v->name, v->value);
	return 0;
}

/* What every instance has besides, whatever its service. */
static int
add_platform(struct dc_json *to, struct request *rq, struct dc_err *err)
{
	dc_auto_account struct dc_account owner = {0};
	int rc = dc_account_load(rq->db, &owner, rq->app.account_id, err);

	if (rc < 0)
		return rc;
	dc_json_add_str(to, "DOTCLOUD_PROJECT", rq->app.name);
	dc_json_add_str(to, "DOTCLOUD_ENVIRONMENT", "default");
	dc_json_add_str(to, "DOTCLOUD_FLAVOR", rq->app.flavor);
	dc_json_add_str(to, "DOTCLOUD_USERNAME", owner.name);
	dc_json_add_str(to, "DOTCLOUD_EMAIL", owner.email);
	return dc_access_load(to, rq->conf, rq->db, rq->app.id, err);
}

static int
show_variables(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_object();
	int rc = 0;

	if (!request_has_flag(rq, "own"))
		rc = add_platform(all, rq, err);
	if (rc == 0)
		rc = dc_variable_each(rq->db, rq->app.id, add_variable, all,
		    err);
	return rc < 0 ? rc : reply_object(rp, 200, dc_steal_ptr(&all), err);
}

int
application_list_variables(struct request *rq, struct reply *rp,
    struct dc_err *err)
{
	return show_variables(rq, rp, err);
}

static int
save_variables(struct request *rq, const struct dc_json *body,
    struct dc_err *err)
{
	dc_auto_free struct dc_variable *vars =
	    dc_xcalloc(dc_json_size(body) + 1, sizeof(*vars));
	struct dc_json *value;
	void *it = NULL;
	const char *name;
	dc_auto_str struct dc_str names = {0};
	size_t n = 0;
	int rc;

	if (dc_json_size(body) > DC_MAX_VARIABLES)
		return dc_fail(err, DC_EINVAL,
		    "%d variables at once are the most", DC_MAX_VARIABLES);
	while (dc_json_each(body, &it, &name, &value)) {
		if (dc_json_type(value) != DC_JSON_STRING &&
		    dc_json_type(value) != DC_JSON_NULL)
			return dc_fail(err, DC_EINVAL,
			    "the value of '%.64s' must be a string or null",
			    name);
		vars[n++] = (struct dc_variable){name, dc_json_str(value)};
		dc_str_addf(&names, "%s%s=%.64s", names.len > 0 ? " " : "",
		    dc_json_str(value) != NULL ? "set" : "unset", name);
	}
	rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	/* Names only: values are secrets. */
	return act_end(rq, dc_variable_save(rq->db, rq->app.id, vars, n, err),
	    &(struct dc_activity){.category = "env",
		.action = "change",
		.details = names.data},
	    err);
}

int
application_save_variables(struct request *rq, struct reply *rp,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	int rc;

	rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	rc = save_variables(rq, body, err);
	if (rc == DC_EINVAL)
		rp->status = 422;
	return rc < 0 ? rc : show_variables(rq, rp, err);
}

/* A branch may hold what a URL may not. */
static char *
escape(const char *text)
{
	struct dc_str s = {0};
	const unsigned char *p;

	for (p = (const unsigned char *)text; *p != '\0'; p++)
		if (strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "abcdefghijklmnopqrstuvwxyz0123456789-_./+@,=~",
			*p) != NULL)
			dc_str_addn(&s, (const char *)p, 1);
		else
			dc_str_addf(&s, "%%%02X", *p);
	return dc_str_steal(&s);
}

static void
add_endpoint(struct request *rq, struct dc_json *all, const char *protocol,
    const char *path)
{
	const char *port = strrchr(rq->conf->ssh_bind, ':');
	struct dc_json *j = dc_json_new_object();
	dc_auto_free char *name = format_name(rq, &rq->app);
	dc_auto_free char *url =
	    dc_asprintf("ssh://%s@%s%s/%s%s", rq->conf->user,
		rq->conf->public_host, port != NULL ? port : "", name, path);

	dc_json_add_str(j, "protocol", protocol);
	dc_json_add_str(j, "endpoint", url);
	dc_json_add(all, NULL, j);
}

int
application_list_endpoints(struct request *rq, struct reply *rp,
    struct dc_err *err)
{
	const char *branch = params_find(&rq->query, "branch");
	const char *commit = params_find(&rq->query, "commit");
	dc_auto_free char *name = NULL;
	dc_auto_free char *path = NULL;
	dc_auto_free char *hg = NULL;
	struct dc_json *all;

	if (commit != NULL &&
	    (commit[strspn(commit, "0123456789abcdef")] != '\0' ||
		strlen(commit) < 4 || strlen(commit) > 40))
		return reply_fail(rp, 400, err, "'%.64s' is no commit", commit);
	name = escape(branch != NULL ? branch : "master");
	path = commit != NULL ? dc_asprintf("/commit/%s", commit)
			      : dc_asprintf("/git/%s", name);
	hg = commit != NULL   ? dc_asprintf("/hg/commit/%s", commit)
	     : branch != NULL ? dc_asprintf("/hg/branch/%s", name)
			      : dc_strdup("/hg");
	all = dc_json_new_array();
	add_endpoint(rq, all, "rsync", "/rsync");
	add_endpoint(rq, all, "git", path);
	add_endpoint(rq, all, "mercurial", hg);
	return reply_objects(rp, all, err);
}
