/* uploader/route.c -- see route.h. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <string.h>

#define SEGMENTS 10
#define APP "/applications/:app"

static const struct route routes[] = {
    {"GET", "/auth/discovery", auth_discover, ROUTE_OPEN},
    {"POST", "/auth/token", auth_login, ROUTE_OPEN | ROUTE_LOGIN},
    {"GET", "/images/:type", image_show, ROUTE_OPEN},
    {"GET", "/images/:type/revisions/:revision", image_show_revision,
	ROUTE_OPEN},
    {"GET", "", account_show, 0},
    {"GET", "/authorized_keys", account_list_keys, 0},
    {"POST", "/authorized_keys", account_add_key, 0},
    {"GET", "/private_keys", account_list_private_keys, 0},
    {"DELETE", "/authorized_keys/:id", account_remove_key, 0},
    {"GET", "/tokens", token_list, 0},
    {"DELETE", "/tokens/:id", token_remove, 0},
    {"GET", "/activity", activity_list, 0},
    {"GET", "/applications", application_list, 0},
    {"POST", "/applications", application_add, 0},
    {"GET", APP, application_show, 0},
    {"DELETE", APP, application_remove, ROUTE_OWNER | ROUTE_WAIT},
    {"GET", APP "/activity", application_list_activity, 0},
    {"GET", APP "/collaborators", collaborator_list, 0},
    {"POST", APP "/collaborators", collaborator_add, ROUTE_OWNER},
    {"DELETE", APP "/collaborators/:user", collaborator_remove, 0},
    {"GET", APP "/environment", application_list_variables, 0},
    {"PATCH", APP "/environment", application_save_variables, 0},
    {"GET", APP "/push-endpoints", application_list_endpoints, 0},
    {"PUT", APP "/hold", hold_save, ROUTE_WAIT},
    {"DELETE", APP "/hold", hold_remove, ROUTE_WAIT},
    {"PUT", APP "/maintenance", maintenance_save, 0},
    {"DELETE", APP "/maintenance", maintenance_remove, 0},
    {"GET", APP "/revision", revision_show_running, 0},
    {"GET", APP "/revisions", revision_list, 0},
    {"GET", APP "/revisions/:revision", revision_show, 0},
    {"GET", APP "/deployments", deployment_list, 0},
    {"POST", APP "/deployments", deployment_add, 0},
    {"POST", APP "/deployments/:id/cancel", deployment_cancel, ROUTE_WAIT},
    {"GET", APP "/deployments/:id/logs", deployment_show_log, ROUTE_STREAM},
    {"GET", APP "/logs", application_show_log, ROUTE_STREAM},
    {"POST", APP "/logs", application_show_log, ROUTE_STREAM},
    {"GET", APP "/services", service_list, 0},
    {"GET", APP "/services/:service", service_show, 0},
    {"PATCH", APP "/services/:service", service_save, 0},
    {"DELETE", APP "/services/:service", service_remove,
	ROUTE_OWNER | ROUTE_WAIT},
    {"PUT", APP "/services/:service/hold", hold_save, ROUTE_WAIT},
    {"DELETE", APP "/services/:service/hold", hold_remove, ROUTE_WAIT},
    {"PUT", APP "/services/:service/instances/:number/status",
	instance_save_status, 0},
    {"GET", APP "/metrics/http", metric_list_traffic, 0},
    {"GET", APP "/services/:service/instances/:number/metrics/memory",
	metric_list_memory, 0},
    {"GET", APP "/services/:service/instances/:number/status",
	instance_show_status, 0},
    {"GET", APP "/services/:service/domains", domain_list, 0},
    {"POST", APP "/services/:service/domains", domain_add, 0},
    {"DELETE", APP "/services/:service/domains/:domain", domain_remove, 0},
    {"PUT", APP "/services/:service/domains/:domain/certificate",
	certificate_save, 0},
    {"DELETE", APP "/services/:service/domains/:domain/certificate",
	certificate_remove, 0},
};

struct path {
	char *copy;
	char *segment[SEGMENTS];
	size_t n;
};

/* Splits PATH; a trailing slash does not matter, "//" is no path of ours. */
static bool
split(struct path *p, const char *path)
{
	char *s;

	p->copy = dc_strdup(path);
	p->n = 0;
	for (s = p->copy; *s == '/' && s[1] != '\0';) {
		*s++ = '\0';
		if (p->n == SEGMENTS || *s == '/')
			return false;
		p->segment[p->n++] = s;
		s += strcspn(s, "/");
	}
	if (*s == '/')
		*s = '\0';
	return *s == '\0';
}

static bool
has_pattern(const struct path *p, size_t first, const char *pattern)
{
	size_t i, len;

	for (i = first; i < p->n; i++) {
		if (*pattern++ != '/')
			return false;
		len = strcspn(pattern, "/");
		if (*pattern != ':' &&
		    (strlen(p->segment[i]) != len ||
			strncmp(pattern, p->segment[i], len) != 0))
			return false;
		pattern += len;
	}
	return *pattern == '\0';
}

static void
save_captures(struct request *rq, const struct path *p, size_t first,
    const char *pattern)
{
	size_t i, n = 0;

	for (i = first; i < p->n; i++) {
		if (pattern[1] == ':' && n < REQUEST_CAPTURES)
			rq->capture[n++] = dc_strdup(p->segment[i]);
		pattern += 1 + strcspn(pattern + 1, "/");
	}
}

/* How many segments of P name the version and the user. */
static int
skip_prefix(struct request *rq, const struct path *p, size_t *first)
{
	if (p->n >= 2 && strcmp(p->segment[1], "me") == 0) {
		*first = 2;
	} else if (p->n >= 3 && strcmp(p->segment[1], "users") == 0) {
		rq->user = dc_strdup(p->segment[2]);
		*first = 3;
	} else {
		*first = 1;
		return 1;
	}
	return 0;
}

static int
find(struct request *rq, const struct path *p, struct dc_err *err)
{
	bool is_path = false, is_open;
	const struct route *r;
	size_t first, i;

	if (p->n < 1 || strcmp(p->segment[0], "v1") != 0)
		return dc_fail(err, DC_ENOTFOUND, "there is nothing here");
	is_open = skip_prefix(rq, p, &first) == 1;
	for (i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		r = &routes[i];
		if (route_has(r, ROUTE_OPEN) != is_open ||
		    !has_pattern(p, first, r->pattern))
			continue;
		is_path = true;
		if (strcmp(r->method, rq->method) != 0)
			continue;
		rq->route = r;
		save_captures(rq, p, first, r->pattern);
		return 0;
	}
	if (is_path)
		return dc_fail(err, DC_EINVAL, "%s is not possible here",
		    rq->method);
	return dc_fail(err, DC_ENOTFOUND, "there is nothing here");
}

int
route_find(struct request *rq, struct dc_err *err)
{
	struct path p = {0};
	int rc;

	if (split(&p, rq->path))
		rc = find(rq, &p, err);
	else
		rc = dc_fail(err, DC_ENOTFOUND, "there is nothing here");
	free(p.copy);
	return rc;
}

int
route_refuse(const struct request *rq, struct dc_err *err)
{
	return dc_fail(err, DC_EDENIED,
	    "Only %s, who owns the application, may do this", rq->app.account);
}

/* /users/OWNER/applications/APP is APP-OWNER of /me. */
int
route_load_app(struct request *rq, struct dc_err *err)
{
	bool is_app = dc_has_prefix(rq->route->pattern, APP);
	dc_auto_free char *name = NULL;
	int rc;

	if (rq->user != NULL && strcmp(rq->user, rq->account.name) != 0) {
		if (!is_app)
			return dc_fail(err, DC_ENOTFOUND, "no user '%.64s'",
			    rq->user);
		name = dc_asprintf("%s-%s", rq->capture[0], rq->user);
	}
	if (!is_app)
		return 0;
	rc = dc_application_find(rq->db, &rq->app, rq->account.id,
	    name != NULL ? name : rq->capture[0], err);
	if (rc == 0 && route_has(rq->route, ROUTE_OWNER) &&
	    rq->app.account_id != rq->account.id)
		rc = route_refuse(rq, err);
	return rc;
}

const struct route *
route_at(size_t i)
{
	return i < sizeof(routes) / sizeof(routes[0]) ? &routes[i] : NULL;
}
