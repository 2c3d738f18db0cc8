/* uploader/account_api.c -- /me and the ssh keys. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/crypto/crypto.h"
#include "uploader/act.h"
#include "uploader/date.h"
#include "uploader/ssh_key.h"

#include <string.h>

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
	dc_auto_free unsigned char *raw = NULL;
	struct dc_json *j = dc_json_new_object();
	char print[DC_SHA256_BASE64];
	size_t len;

	if (key->id != 0)
		dc_json_add_int(j, "id", key->id);
	dc_json_add_str(j, "key", text);
	/* As ssh-keygen -l writes it. */
	if (base64_parse(&raw, &len, key->blob, NULL) == 0) {
		dc_auto_free char *fingerprint = NULL;

		dc_sha256_base64(print, raw, len);
		fingerprint = dc_asprintf("SHA256:%s", print);
		dc_json_add_str(j, "fingerprint", fingerprint);
	}
	if (key->created_at != 0)
		date_add(j, "created_at", key->created_at * 1000);
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

static int
save_key(struct request *rq, bool *is_new, const struct dc_key *key,
    struct dc_err *err)
{
	int rc = dc_db_begin(rq->db, err);

	if (rc < 0)
		return rc;
	rc = dc_key_add(rq->db, is_new, rq->account.id, key, err);
	if (rc == 0 && !*is_new)
		return dc_db_end(rq->db, rc, err);
	return act_end(rq, rc,
	    &(struct dc_activity){.category = "key", .action = "add"}, err);
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
	key = (struct dc_key){.type = parsed.type,
	    .blob = parsed.blob,
	    .comment = parsed.comment};
	rc = save_key(rq, &is_new, &key, err);
	if (rc == DC_EINVAL)
		rp->status = 422;
	if (rc == 0)
		rc = reply_object(rp, is_new ? 201 : 200, new_key(&key), err);
	ssh_key_done(&parsed);
	return rc;
}

int
account_remove_key(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int64_t id;
	int rc = request_capture_id(rq, &id, 0, err);

	if (rc == 0)
		rc = dc_db_begin(rq->db, err);
	if (rc < 0)
		return rc;
	rc = act_end(rq, dc_key_remove(rq->db, rq->account.id, id, err),
	    &(struct dc_activity){.category = "key", .action = "remove"}, err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
