/* common/store/maintenance.c -- see maintenance.h. */
#include "common/store/maintenance.h"

#include "common/base/fs.h"
#include "common/crypto/crypto.h"

#include <string.h>

int
dc_maintenance_save(struct dc_db *db, int64_t application_id, const char *page,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	char hash[DC_SHA256_HEX] = "";
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO maintenance (application_id, page, hash, created_at)"
	    " VALUES (:id, :page, :hash, :now) ON CONFLICT (application_id)"
	    " DO UPDATE SET page = excluded.page, hash = excluded.hash,"
	    " created_at = excluded.created_at",
	    err);
	if (rc < 0)
		return rc;
	if (page[0] != '\0')
		dc_sha256_hex(hash, page, strlen(page));
	dc_stmt_int(q, ":id", application_id);
	dc_stmt_text(q, ":page", page);
	dc_stmt_text(q, ":hash", hash);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

int
dc_maintenance_remove(struct dc_db *db, int64_t application_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM maintenance WHERE application_id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", application_id);
	return dc_stmt_run(q, NULL, err);
}

int
dc_maintenance_find(struct dc_db *db, int64_t *since, bool *has_page,
    int64_t application_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT created_at, hash <> '' AS has_page FROM maintenance"
	    " WHERE application_id = :id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", application_id);
	rc = dc_stmt_step(q, err);
	if (rc < 0)
		return rc;
	*since = rc == 1 ? dc_stmt_get_int(q, "created_at") : 0;
	*has_page = rc == 1 && dc_stmt_get_int(q, "has_page") != 0;
	return 0;
}

int
dc_maintenance_each(struct dc_db *db, dc_maintenance_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT r.slot, m.page, m.hash FROM maintenance m"
	    " JOIN services s ON s.application_id = m.application_id"
	    " JOIN routes r ON r.service_id = s.id ORDER BY r.slot",
	    err);
	if (rc < 0)
		return rc;
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rc = fn(dc_stmt_get_int(q, "slot"), dc_stmt_get_text(q, "page"),
		    dc_stmt_get_text(q, "hash"), arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
