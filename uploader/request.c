/* uploader/request.c -- see request.h. */
#include "uploader/request.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"
#include "common/store/service.h"
#include "uploader/reply.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#define KEY_NAME 20 /* of an API key: NAME:SECRET */
#define KEY_SECRET 40
/* A drain and a stop as they are by default, and less than a client's patience.
 */
#define WAIT_MS INT64_C(50000)

struct request *
request_new(const struct dc_conf *conf)
{
	struct request *rq = dc_xcalloc(1, sizeof(*rq));

	rq->conf = conf;
	dc_random_hex(rq->trace, REQUEST_TRACE);
	return rq;
}

void
request_free(struct request *rq)
{
	size_t i;

	if (rq == NULL)
		return;
	free(rq->method);
	free(rq->path);
	params_done(&rq->query);
	params_done(&rq->headers);
	dc_str_done(&rq->body);
	free(rq->remote_addr);
	for (i = 0; i < REQUEST_CAPTURES; i++)
		free(rq->capture[i]);
	free(rq->user);
	dc_account_done(&rq->account);
	dc_application_done(&rq->app);
	free(rq);
}

const char *
request_header(const struct request *rq, const char *name)
{
	return params_find(&rq->headers, name);
}

bool
request_has_flag(const struct request *rq, const char *name)
{
	return param_is_true(params_find(&rq->query, name));
}

/* Our peer is a unix socket of the router, which puts what it sees in the place
 * of what the client says. */
void
request_set_address(struct request *rq)
{
	const char *list = request_header(rq, "x-forwarded-for");
	const char *last;

	if (list == NULL)
		list = "127.0.0.1";
	last = strrchr(list, ',');
	last = last != NULL ? last + 1 : list;
	while (*last == ' ')
		last++;
	rq->remote_addr = dc_strndup(last, 64);
}

/* X-Method-Override or _method, for clients that know GET and POST only. */
void
request_set_method(struct request *rq, const char *method)
{
	const char *other = request_header(rq, "x-method-override");
	dc_auto_free char *name = NULL;
	char *p;

	if (other == NULL)
		other = params_find(&rq->query, "_method");
	name = dc_strdup(
	    other != NULL && strcmp(method, "POST") == 0 ? other : method);
	for (p = name; *p != '\0'; p++)
		*p = (char)toupper((unsigned char)*p);
	rq->method = dc_steal_ptr(&name);
}

int
request_number(const struct request *rq, int64_t *value, const char *name,
    int64_t min, int64_t max, int64_t otherwise, struct dc_err *err)
{
	const char *text = params_find(&rq->query, name);
	long long n;

	if (text == NULL) {
		*value = otherwise;
		return 0;
	}
	if (!dc_is_number(text, min, max, &n))
		return dc_fail(err, DC_EINVAL, "'%s' is not a number", name);
	*value = n;
	return 0;
}

int
request_capture_id(const struct request *rq, int64_t *id, size_t n,
    struct dc_err *err)
{
	long long value;

	if (!dc_is_number(rq->capture[n], 1, INT64_MAX, &value))
		return dc_fail(err, DC_ENOTFOUND, "there is no '%.64s'",
		    rq->capture[n]);
	*id = value;
	return 0;
}

int
request_json(const struct request *rq, struct dc_json **out, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = NULL;
	int rc;

	if (rq->body.len == 0) {
		*out = dc_json_new_object();
		return 0;
	}
	rc = dc_json_parse(&j, rq->body.data, rq->body.len, err);
	if (rc < 0)
		return dc_wrap(err, rc, "malformed JSON");
	if (dc_json_type(j) != DC_JSON_OBJECT)
		return dc_fail(err, DC_EINVAL,
		    "malformed JSON: an object is needed");
	*out = dc_steal_ptr(&j);
	return 0;
}

static bool
is_api_key(const char *s)
{
	size_t i;

	for (i = 0; i < KEY_NAME + 1 + KEY_SECRET; i++) {
		if (i == KEY_NAME && s[i] != ':')
			return false;
		if (i != KEY_NAME && !isalnum((unsigned char)s[i]) &&
		    s[i] != '_')
			return false;
	}
	return s[i] == '\0';
}

/* The secret text of which the store has the hash; the caller's, or NULL. */
static char *
find_token(const struct request *rq)
{
	const char *auth = request_header(rq, "authorization");
	dc_auto_free unsigned char *key = NULL;
	size_t len;

	if (auth == NULL) {
		const char *token = params_find(&rq->query, "access_token");

		return token != NULL ? dc_strdup(token) : NULL;
	}
	if (strncasecmp(auth, "Bearer ", 7) == 0)
		return dc_strdup(auth + 7);
	if (strncasecmp(auth, "Basic ", 6) != 0 ||
	    base64_parse(&key, &len, auth + 6, NULL) < 0 ||
	    strlen((char *)key) != len || !is_api_key((char *)key))
		return NULL;
	return dc_strdup((char *)key);
}

int
request_authenticate(struct request *rq, struct dc_err *err)
{
	dc_auto_free char *token = find_token(rq);
	char hash[DC_SHA256_HEX];
	struct dc_token found;
	int rc;

	if (token == NULL || *token == '\0')
		return dc_fail(err, DC_EDENIED,
		    "a token or an API key is needed");
	dc_sha256_hex(hash, token, strlen(token));
	rc = dc_token_find(rq->db, &found, hash, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, DC_EDENIED,
		    "this token or API key is not valid, or has expired");
	if (rc < 0)
		return rc;
	rq->token_id = found.id;
	return dc_account_load(rq->db, &rq->account, found.account_id, err);
}

char *
request_base_url(const struct request *rq)
{
	const char *host = request_header(rq, "host");
	const char *proto = request_header(rq, "x-forwarded-proto");

	if (host == NULL || *host == '\0' ||
	    host[strspn(host, "abcdefghijklmnopqrstuvwxyz"
			      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]")] !=
		'\0')
		host = rq->conf->http_bind;
	return dc_asprintf("%s://%s",
	    proto != NULL && strcmp(proto, "https") == 0 ? "https" : "http",
	    host);
}

int
request_wait(struct request *rq, const struct reply *rp,
    bool (*is_done)(struct dc_db *db, int64_t id), int64_t id,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(rq->conf, "state.db");
	dc_auto_fd int bell = -1;
	int rc = dc_bell_open(&bell, path, err);

	if (rq->wait_end == 0)
		rq->wait_end = dc_mono_ms() + WAIT_MS;
	while (rc == 0 && !is_done(rq->db, id) && dc_mono_ms() < rq->wait_end) {
		rc = reply_wait(rp, bell, 1000, err);
		dc_bell_clear(bell);
	}
	return rc;
}

int
request_find_service(const struct request *rq, int64_t *id, struct dc_err *err)
{
	int rc = dc_service_find(rq->db, id, rq->app.id, rq->capture[1], err);

	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Service \"%.64s\" does not exist",
		    rq->capture[1]);
	return rc;
}
