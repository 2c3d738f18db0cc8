/* uploader/private_key_api.c -- the private ssh key that the published client
 * wants from the server. Our own makes its key where it runs. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/crypto/ssh_pair.h"
#include "common/store/private_key.h"
#include "uploader/ssh_key.h"

#define COMMENT "made by the server for /private_keys"

static int
add(struct request *rq, char **pem, struct dc_err *err)
{
	dc_auto_free char *made = NULL;
	dc_auto_free char *line = NULL;
	struct ssh_key half = {0};
	struct dc_key key;
	int rc;

	dc_ssh_pair_new(&made, &line, COMMENT);
	rc = ssh_key_parse(&half, line, err);
	if (rc < 0)
		return rc;
	key = (struct dc_key){.type = half.type,
	    .blob = half.blob,
	    .comment = COMMENT};
	rc = dc_private_key_add(rq->db, rq->account.id, &key, made, err);
	ssh_key_done(&half);
	if (rc == DC_EBUSY)
		return dc_private_key_find(rq->db, pem, rq->account.id, err);
	if (rc == 0)
		*pem = dc_steal_ptr(&made);
	return rc;
}

int
account_list_private_keys(struct request *rq, struct reply *rp,
    struct dc_err *err)
{
	dc_auto_free char *pem = NULL;
	struct dc_json *all, *j;
	int rc = dc_private_key_find(rq->db, &pem, rq->account.id, err);

	if (rc == DC_ENOTFOUND)
		rc = add(rq, &pem, err);
	if (rc == DC_EINVAL)
		rp->status = 422;
	if (rc < 0)
		return rc;
	all = dc_json_new_array();
	j = dc_json_new_object();
	dc_json_add_str(j, "private_key", pem);
	dc_json_add(all, NULL, j);
	return reply_objects(rp, all, err);
}
