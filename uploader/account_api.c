/* uploader/account_api.c -- log-in, /me and the ssh keys. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"
#include "uploader/date.h"
#include "uploader/ssh_key.h"

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

int
auth_login(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	const char *name, *password, *grant;
	struct params form = {0};
	char token[TOKEN_HEX + 1], hash[DC_SHA256_HEX];
	int rc;

	rc = form_parse(&form, rq->body.data != NULL ? rq->body.data : "",
	    rq->body.len, err);
	name = params_find(&form, "username");
	password = params_find(&form, "password");
	grant = params_find(&form, "grant_type");
	if (rc == 0 && (grant == NULL || strcmp(grant, "password") != 0))
		rc = reply_fail(rp, 400, err, "grant_type must be password");
	else if (rc == 0 && (name == NULL || password == NULL))
		rc = reply_fail(rp, 400, err,
		    "username and password are needed");
	else if (rc == 0)
		rc = check_password(rq, rp, name, password, err);
	params_done(&form);
	if (rc < 0)
		return rc;
	dc_random_hex(token, TOKEN_HEX);
	dc_sha256_hex(hash, token, strlen(token));
	rc = dc_token_add(rq->db, rq->account.id, hash, err);
	if (rc < 0)
		return rc;
	dc_json_add_str(j, "access_token", token);
	dc_json_add_str(j, "token_type", "bearer");
	return reply_json(rp, 200, j, err);
}

int
account_show(struct request *rq, struct reply *rp, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "username", rq->account.name);
	dc_json_add_str(j, "email", rq->account.email);
	date_add(j, "created_at", rq->account.created_at * 1000);
	return reply_object(rp, 200, j, err);
}

static struct dc_json *
new_key(const struct dc_key *key)
{
	dc_auto_free char *text = dc_asprintf("%s %s%s%s", key->type, key->blob,
	    *key->comment != '\0' ? " " : "", key->comment);
	struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "key", text);
	return j;
}

static int
add_key(const struct dc_key *key, void *arg, struct dc_err *err)
{
	(void)err;
	dc_json_add(arg, NULL, new_key(key));
	return 0;
}

int
account_list_keys(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = dc_json_new_array();
	int rc;

	rc = dc_key_each(rq->db, rq->account.id, add_key, all, err);
	return rc < 0 ? rc : reply_objects(rp, dc_steal_ptr(&all), err);
}

int
account_add_key(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	struct ssh_key parsed = {0};
	struct dc_key key;
	const char *text;
	bool is_new;
	int rc;

	rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	text = dc_json_find_str(body, "key");
	if (text == NULL)
		return reply_fail(rp, 422, err, "key is needed");
	rc = ssh_key_parse(&parsed, text, err);
	if (rc < 0) {
		rp->status = 422;
		return rc;
	}
	key = (struct dc_key){parsed.type, parsed.blob, parsed.comment, 0};
	rc = dc_key_add(rq->db, &is_new, rq->account.id, &key, err);
	if (rc == DC_EINVAL)
		rp->status = 422;
	if (rc == 0)
		rc = reply_object(rp, is_new ? 201 : 200, new_key(&key), err);
	ssh_key_done(&parsed);
	return rc;
}
