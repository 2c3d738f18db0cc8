/* common/store/host_key.c -- see host_key.h. */
#include "common/store/host_key.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/crypto/ssh_pair.h"

#include <stdlib.h>

static int
find(struct dc_db *db, char **out, const char *sql, const char *column,
    int64_t application_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*out = dc_strdup(dc_stmt_get_text(q, column));
	return rc;
}

static int
find_private(struct dc_db *db, char **out, int64_t application_id,
    struct dc_err *err)
{
	return find(db, out,
	    "SELECT private_key FROM host_keys WHERE application_id = :app",
	    "private_key", application_id, err);
}

/* Two jobs may come at once: the first one's counts. */
static int
add(struct dc_db *db, int64_t application_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_free char *private_key = NULL;
	dc_auto_free char *public_key = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO host_keys (application_id, private_key, public_key,"
	    " created_at) VALUES (:app, :private, :public, :now)"
	    " ON CONFLICT DO NOTHING",
	    err);
	if (rc < 0)
		return rc;
	dc_ssh_pair_new(&private_key, &public_key, "dcloud");
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":private", private_key);
	dc_stmt_text(q, ":public", public_key);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

int
dc_host_key_load(struct dc_db *db, char **private_key, int64_t application_id,
    struct dc_err *err)
{
	int rc = find_private(db, private_key, application_id, err);

	if (rc != DC_ENOTFOUND)
		return rc;
	rc = add(db, application_id, err);
	return rc == 0 ? find_private(db, private_key, application_id, err)
		       : rc;
}

int
dc_host_key_find(struct dc_db *db, char **public_key, int64_t application_id,
    struct dc_err *err)
{
	int rc = find(db, public_key,
	    "SELECT public_key FROM host_keys WHERE application_id = :app",
	    "public_key", application_id, err);

	return rc == DC_ENOTFOUND ? 0 : rc;
}
