/* uploader/token_api.c -- log-in, from as many machines as one has, and taking
 * it back from one. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"
#include "uploader/act.h"
#include "uploader/date.h"

#include <string.h>

#define TOKEN_HEX 48

int
auth_discover(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *base = request_base_url(rq);
	dc_auto_free char *url = dc_asprintf("%s/v1/auth/token", base);
	struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "token", url);
	return reply_object(rp, 200, j, err);
}

/* The same work for a name that does not exist: how long the answer takes
 * tells nothing. */
static int
check_password(struct request *rq, struct reply *rp, const char *name,
    const char *password, struct dc_err *err)
{
	char hash[DC_PASSWORD_MAX];
	int rc;

	if (strlen(password) > DC_MAX_PASSWORD)
		return reply_fail(rp, 400, err, "The password is too long");
	rc = dc_account_find(rq->db, &rq->account, name, err);
	if (rc == DC_ENOTFOUND)
		(void)dc_password_hash(hash, password, NULL);
	else if (rc < 0)
		return rc;
	else if (dc_password_is(rq->account.password_hash, password))
		return 0;
	return reply_fail(rp, 401, err, "Username and password do not match");
}

/* As its owner calls it; control characters do not get far. */
static char *
clean_machine(const char *name)
{
	char *copy = dc_strndup(name != NULL ? name : "", DC_MAX_MACHINE);
	char *p;

	for (p = copy; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == '=')
			*p = '?';
	return copy;
}

static int
grant_password(struct request *rq, struct reply *rp, const struct params *form,
    const char *hash, const char *refresh, struct dc_err *err)
{
	const char *name = params_find(form, "username");
	const char *password = params_find(form, "password");
	dc_auto_free char *machine = NULL;
	dc_auto_free char *details = NULL;
	char refresh_hash[DC_SHA256_HEX];
	int rc;

	if (name == NULL || password == NULL)
		return reply_fail(rp, 400, err,
		    "username and password are needed");
	rc = check_password(rq, rp, name, password, err);
	if (rc < 0)
		return rc;
	machine = clean_machine(params_find(form, "machine"));
	details = dc_asprintf("machine=%s", machine);
	dc_sha256_hex(refresh_hash, refresh, strlen(refresh));
	rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	rc = dc_token_add(rq->db, rq->account.id, hash, refresh_hash, machine,
	    err);
	return act_end(rq, rc,
	    &(struct dc_activity){.category = "account",
		.action = "login",
		.details = *machine != '\0' ? details : ""},
	    err);
}

/* The refresh token stays as it is: two commands that find the other one
 * expired at once do not log each other out. */
static int
grant_refresh(struct request *rq, struct reply *rp, const char *refresh,
    const char *hash, struct dc_err *err)
{
	char refresh_hash[DC_SHA256_HEX];
	struct dc_token t;
	int rc;

	dc_sha256_hex(refresh_hash, refresh, strlen(refresh));
	rc = dc_token_refresh(rq->db, &t, refresh_hash, hash, err);
	if (rc == DC_ENOTFOUND)
		return reply_fail(rp, 401, err,
		    "This refresh token is not valid, or has expired");
	return rc < 0
		   ? rc
		   : dc_account_load(rq->db, &rq->account, t.account_id, err);
}

static int
grant(struct request *rq, struct reply *rp, const struct params *form,
    const char *hash, char *refresh, struct dc_err *err)
{
	const char *kind = params_find(form, "grant_type");
	const char *given = params_find(form, "refresh_token");

	if (kind != NULL && strcmp(kind, "password") == 0)
		return grant_password(rq, rp, form, hash, refresh, err);
	if (kind == NULL || strcmp(kind, "refresh_token") != 0)
		return reply_fail(rp, 400, err,
		    "grant_type must be password or refresh_token");
	if (given == NULL || strlen(given) != TOKEN_HEX)
		return reply_fail(rp, 400, err, "refresh_token is needed");
	(void)stpcpy(refresh, given);
	return grant_refresh(rq, rp, refresh, hash, err);
}

int
auth_login(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	struct params form = {0};
	char token[TOKEN_HEX + 1], refresh[TOKEN_HEX + 1], hash[DC_SHA256_HEX];
	int rc;

	dc_random_hex(token, TOKEN_HEX);
	dc_random_hex(refresh, TOKEN_HEX);
	dc_sha256_hex(hash, token, strlen(token));
	rc = form_parse(&form, rq->body.data != NULL ? rq->body.data : "",
	    rq->body.len, err);
	if (rc == 0)
		rc = grant(rq, rp, &form, hash, refresh, err);
	params_done(&form);
	if (rc < 0)
		return rc;
	dc_json_add_str(j, "access_token", token);
	dc_json_add_str(j, "refresh_token", refresh);
	dc_json_add_str(j, "token_type", "bearer");
	dc_json_add_int(j, "expires_in", DC_TOKEN_DAYS * INT64_C(86400));
	return reply_json(rp, 200, j, err);
}

struct tokens {
	struct dc_json *array;
	int64_t current;
};

static int
add_token(const struct dc_token *t, void *arg, struct dc_err *err)
{
	struct tokens *all = arg;
	struct dc_json *j = dc_json_new_object();

	(void)err;
	dc_json_add_int(j, "id", t->id);
	dc_json_add_str(j, "machine", t->machine);
	dc_json_add_bool(j, "current", t->id == all->current);
	date_add(j, "created_at", t->created_at * 1000);
	if (t->used_at != 0)
		date_add(j, "used_at", t->used_at * 1000);
	if (t->expires_at != 0)
		date_add(j, "expires_at", t->expires_at * 1000);
	dc_json_add(all->array, NULL, j);
	return 0;
}

int
token_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *array = dc_json_new_array();
	struct tokens all = {array, rq->token_id};
	int rc = dc_token_each(rq->db, rq->account.id, add_token, &all, err);

	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&array), err);
}

int
token_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int64_t id;
	int rc = request_capture_id(rq, &id, 0, err);

	if (rc == 0)
		rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	rc = act_end(rq, dc_token_remove(rq->db, rq->account.id, id, err),
	    &(struct dc_activity){.category = "account", .action = "logout"},
	    err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
