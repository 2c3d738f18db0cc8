/* cli/api.c -- see api.h. */
#include "cli/api.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "cli/http.h"
#include "common/base/auto.h"
#include "common/base/str.h"

#define JSON_TYPE "application/json"
/* 503 is the router's word that the front door is being started again and has
 * not seen the request: it is sent once more, after a growing pause. */
#define UNAVAILABLE 503
#define UNAVAILABLE_TRIES 5
#define UNAVAILABLE_PAUSE_MS 100
#define FORM_TYPE "application/x-www-form-urlencoded"

/* What a command does about a status; those not listed are DC_EFAIL. The text
 * goes in front of the server's description. */
static const struct {
	long status;
	int code;
	const char *text;
} statuses[] = {
    {400, DC_EINVAL, ""},
    {403, DC_EDENIED, "Authorization Error: "},
    {404, DC_ENOTFOUND, "Not Found: "},
    {405, DC_EINVAL, ""},
    {409, DC_EBUSY, ""},
    {413, DC_EINVAL, ""},
    {415, DC_EINVAL, ""},
    {418, DC_EFAIL, ""}, /* maintenance */
    {422, DC_EINVAL, ""},
    {429, DC_EFAIL, ""},
};

void
api_init(struct api *a, struct config *config)
{
	const char *endpoint = getenv("DCLOUD_API_ENDPOINT");
	const char *user = getenv("DCLOUD_USERNAME");
	const char *key = getenv("DCLOUD_API_KEY");
	dc_auto_free char *escaped = NULL;
	size_t n;

	*a = (struct api){.config = config};
	if (endpoint == NULL || *endpoint == '\0')
		endpoint = config->endpoint;
	if (endpoint == NULL || *endpoint == '\0')
		endpoint = API_DEFAULT_ENDPOINT;
	n = strlen(endpoint);
	while (n > 0 && endpoint[n - 1] == '/')
		n--;
	a->endpoint = dc_strndup(endpoint, n);
	if (user != NULL && *user != '\0') {
		escaped = http_escape(user);
		a->prefix = dc_asprintf("/users/%s", escaped);
	} else {
		a->prefix = dc_strdup("/me");
	}
	if (key == NULL || *key == '\0')
		key = config->api_key;
	a->api_key = key != NULL ? dc_strdup(key) : NULL;
}

void
api_done(struct api *a)
{
	free(a->endpoint);
	free(a->prefix);
	free(a->api_key);
	*a = (struct api){0};
}

static int
fail_status(const struct http_reply *reply, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = NULL;
	const char *text = NULL;
	size_t i;

	if (reply->body.len > 0)
		(void)dc_json_parse(&j, reply->body.data, reply->body.len,
		    NULL);
	text = dc_json_find_str(dc_json_find(j, "error"), "description");
	if (text == NULL)
		text = dc_json_find_str(dc_json_find(j, "error"), "title");
	if (reply->status == 401)
		return dc_fail(err, DC_EDENIED,
		    "Authentication Error: 401: you are not logged in (any "
		    "more), please run `dcloud setup`.");
	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].status == reply->status && text != NULL)
			return dc_fail(err, statuses[i].code, "%s%s",
			    statuses[i].text, text);
		else if (statuses[i].status == reply->status)
			return dc_fail(err, statuses[i].code, "%sHTTP %ld",
			    statuses[i].text, reply->status);
	if (reply->status >= 502 && reply->status <= 504)
		return dc_fail(err, DC_EFAIL,
		    "The server seems to be unresponsive. Please try again "
		    "later.\nDetails: HTTP %ld",
		    reply->status);
	if (reply->status >= 500)
		return dc_fail(err, DC_EFAIL,
		    "Server Error: %s\nIf the problem persists, please tell "
		    "the operator of the platform and mention Trace ID \"%s\"",
		    text != NULL ? text : "no details", reply->trace_id);
	return dc_fail(err, DC_EFAIL, "An unknown error has occurred: HTTP %ld",
	    reply->status);
}

/* Both are NULL when the caller brings nothing: setup has not been run. */
static int
run_once(struct api *a, struct http_reply *reply, struct http_request *r,
    struct dc_err *err)
{
	if (a->api_key != NULL)
		r->basic = a->api_key;
	else
		r->bearer = a->config->access_token;
	if (r->basic == NULL && r->bearer == NULL)
		return dc_fail(err, DC_EDENIED,
		    "Not configured yet. Please run \"dcloud setup\"");
	return http_send(reply, r, err);
}

/* An expired token is renewed once, when there is what it takes. */
static int
may_refresh(struct api *a)
{
	const struct config *c = a->config;
	dc_auto_free char *token = NULL;
	dc_auto_free char *form = NULL;
	int rc;

	if (a->api_key != NULL || c->refresh_token == NULL ||
	    c->token_url == NULL)
		return DC_EDENIED;
	token = http_escape(c->refresh_token);
	form = dc_asprintf("grant_type=refresh_token&refresh_token=%s&"
			   "client_id=dcloud",
	    token);
	rc = api_load_token(a, c->token_url, form, NULL);
	if (rc < 0)
		return rc;
	return config_save(c, NULL);
}

static int
run_patiently(struct api *a, struct http_reply *reply, struct http_request *r,
    struct dc_err *err)
{
	int tries, pause = UNAVAILABLE_PAUSE_MS, rc;

	/* Who follows a stream has a patience of his own. */
	for (tries = r->on_line != NULL ? UNAVAILABLE_TRIES : 1;; tries++) {
		rc = run_once(a, reply, r, err);
		if (rc < 0 || reply->status != UNAVAILABLE ||
		    tries >= UNAVAILABLE_TRIES)
			return rc;
		http_reply_done(reply);
		(void)poll(NULL, 0, pause);
		pause *= 2;
	}
}

static int
run(struct api *a, struct http_reply *reply, struct http_request *r,
    const char *path, struct dc_err *err)
{
	dc_auto_free char *url = NULL;
	int rc;

	url = dc_asprintf("%s%s%s", a->endpoint, a->prefix, path);
	r->url = url;
	a->status = 0;
	rc = run_patiently(a, reply, r, err);
	if (rc == 0 && reply->status == 401 && may_refresh(a) == 0) {
		http_reply_done(reply);
		rc = run_once(a, reply, r, err);
	}
	r->url = NULL;
	if (rc < 0)
		return rc;
	a->status = reply->status;
	if (reply->status >= 200 && reply->status < 300)
		return 0;
	/* A stream may be stopped before its status is known. */
	if (reply->status == 0 && reply->stopped)
		return 0;
	rc = fail_status(reply, err);
	http_reply_done(reply);
	return rc;
}

/* What the envelope held, or the whole for an answer without one. */
static int
open_envelope(struct dc_json **out, const struct dc_str *body,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *j = NULL;
	const struct dc_json *inner;
	int rc;

	if (body->len == 0) {
		*out = NULL;
		return 0;
	}
	rc = dc_json_parse(&j, body->data, body->len, err);
	if (rc < 0)
		return dc_wrap(err, DC_EFAIL,
		    "The server's answer is not understood");
	inner = dc_json_find(j, "object");
	if (inner == NULL)
		inner = dc_json_find(j, "objects");
	*out = inner != NULL ? dc_json_copy(inner) : dc_steal_ptr(&j);
	return 0;
}

static int
ask(struct api *a, struct dc_json **out, struct http_request *r,
    const char *path, struct dc_err *err)
{
	struct http_reply reply = {0};
	int rc;

	rc = run(a, &reply, r, path, err);
	if (rc < 0)
		return rc;
	if (out != NULL)
		rc = open_envelope(out, &reply.body, err);
	http_reply_done(&reply);
	return rc;
}

int
api_get(struct api *a, struct dc_json **out, const char *path,
    struct dc_err *err)
{
	struct http_request r = {.method = "GET", .stop_fd = -1};

	return ask(a, out, &r, path, err);
}

int
api_get_secret(struct api *a, struct dc_json **out, const char *path,
    struct dc_err *err)
{
	struct http_request r = {.method = "GET",
	    .is_secret = true,
	    .stop_fd = -1};

	return ask(a, out, &r, path, err);
}

static int
send_body(struct api *a, struct dc_json **out, struct http_request *r,
    const char *path, const struct dc_json *body, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc;

	if (body != NULL) {
		text = dc_json_format(body, DC_JSON_COMPACT);
		r->body = text;
		r->type = JSON_TYPE;
	}
	rc = ask(a, out, r, path, err);
	r->body = NULL;
	return rc;
}

int
api_send(struct api *a, struct dc_json **out, const char *method,
    const char *path, const struct dc_json *body, struct dc_err *err)
{
	struct http_request r = {.method = method, .stop_fd = -1};

	return send_body(a, out, &r, path, body, err);
}

int
api_send_secret(struct api *a, struct dc_json **out, const char *method,
    const char *path, const struct dc_json *body, struct dc_err *err)
{
	struct http_request r = {.method = method,
	    .is_secret = true,
	    .stop_fd = -1};

	return send_body(a, out, &r, path, body, err);
}

int
api_stream_run(struct api *a, const struct api_stream *s, const char *path,
    struct dc_err *err)
{
	struct http_request r = {.method = s->body != NULL ? "POST" : "GET",
	    .body = s->body,
	    .type = s->body != NULL ? JSON_TYPE : NULL,
	    .on_line = s->on_line,
	    .arg = s->arg,
	    .stop_fd = s->stop_fd};
	struct http_reply reply = {0};
	int rc;

	rc = run(a, &reply, &r, path, err);
	if (rc == 0)
		http_reply_done(&reply);
	return rc;
}

static int
ask_for_type(long *status, const struct api *a, const char *name,
    struct dc_err *err)
{
	dc_auto_free char *url = dc_asprintf("%s/images/%s", a->endpoint, name);
	struct http_request r = {.method = "GET", .url = url, .stop_fd = -1};
	struct http_reply reply = {0};
	int rc = http_send(&reply, &r, err);

	if (rc < 0)
		return DC_EFAIL;
	*status = reply.status;
	http_reply_done(&reply);
	return 0;
}

/* One that has no answer for "custom" does not know the question. */
int
api_find_type(struct api *a, const char *name, struct dc_err *err)
{
	long status = 0, custom = 0;
	int rc = ask_for_type(&status, a, name, err);

	if (rc < 0 || status == 200)
		return rc;
	rc = ask_for_type(&custom, a, "custom", err);
	if (rc < 0)
		return rc;
	return dc_fail(err,
	    status == 404 && custom == 200 ? DC_ENOTFOUND : DC_EFAIL,
	    "service type '%s': HTTP %ld", name, status);
}

int
api_find_token_url(struct api *a, char **out, struct dc_err *err)
{
	dc_auto_free char *url = dc_asprintf("%s/auth/discovery", a->endpoint);
	struct http_request r = {.method = "GET", .url = url, .stop_fd = -1};
	dc_auto_json struct dc_json *j = NULL;
	struct http_reply reply = {0};
	const char *found;
	int rc;

	rc = http_send(&reply, &r, err);
	if (rc < 0)
		return rc;
	if (reply.status == 200)
		rc = open_envelope(&j, &reply.body, err);
	else
		rc = fail_status(&reply, err);
	http_reply_done(&reply);
	if (rc < 0)
		return rc;
	found = dc_json_find_str(j, "url");
	if (found == NULL)
		found = dc_json_find_str(j, "token");
	if (found == NULL)
		return dc_fail(err, DC_EFAIL,
		    "%s does not say where to log in: is it a dcloud server?",
		    url);
	/* The password must not travel more openly than we were told to. */
	if (dc_has_prefix(a->endpoint, "https:") &&
	    !dc_has_prefix(found, "https:"))
		return dc_fail(err, DC_EFAIL,
		    "'%s' would send the password unencrypted: refused", found);
	*out = dc_strdup(found);
	return 0;
}

int
api_load_token(struct api *a, const char *url, const char *form,
    struct dc_err *err)
{
	struct http_request r = {.method = "POST",
	    .url = url,
	    .body = form,
	    .type = FORM_TYPE,
	    .is_secret = true,
	    .stop_fd = -1};
	dc_auto_json struct dc_json *j = NULL;
	struct http_reply reply = {0};
	const char *token, *refresh;
	int rc;

	rc = http_send(&reply, &r, err);
	if (rc < 0)
		return rc;
	if (reply.status == 200 || reply.status == 201)
		rc = open_envelope(&j, &reply.body, err);
	else if (reply.status == 400 || reply.status == 401)
		rc = dc_fail(err, DC_EDENIED,
		    "Username and password do not match.");
	else
		rc = fail_status(&reply, err);
	http_reply_done(&reply);
	if (rc < 0)
		return rc;
	token = dc_json_find_str(j, "access_token");
	refresh = dc_json_find_str(j, "refresh_token");
	if (token == NULL)
		return dc_fail(err, DC_EFAIL, "%s gave no access token", url);
	config_set(&a->config->access_token, token);
	if (refresh != NULL)
		config_set(&a->config->refresh_token, refresh);
	config_set(&a->config->token_url, url);
	return 0;
}
