/* common/store/certificate.c -- see certificate.h. */
#include "common/store/certificate.h"

#include "common/base/fs.h"
#include "common/crypto/crypto.h"

#include <string.h>

/* The domain's id. */
static int
find_domain(struct dc_db *db, int64_t *id, int64_t service_id, const char *host,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT id, own FROM domains"
	    " WHERE service_id = :id AND host = :host",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_text(q, ":host", host);
	rc = dc_stmt_step(q, err);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "it has no domain \"%s\": add it first", host);
	if (dc_stmt_get_int(q, "own") != 0)
		return dc_fail(err, DC_EUSER,
		    "\"%s\" is the platform's own name, and has its"
		    " certificate",
		    host);
	*id = dc_stmt_get_int(q, "id");
	return 0;
}

static int
save(struct dc_db *db, int64_t domain_id, const struct dc_certificate *c,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	char hash[DC_SHA256_HEX];
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO certificates (domain_id, pem, hash, ends_at,"
	    " created_at) VALUES (:id, :pem, :hash, :ends, :now)"
	    " ON CONFLICT (domain_id) DO UPDATE SET pem = excluded.pem,"
	    " hash = excluded.hash, ends_at = excluded.ends_at,"
	    " created_at = excluded.created_at",
	    err);
	if (rc < 0)
		return rc;
	dc_sha256_hex(hash, c->pem, strlen(c->pem));
	dc_stmt_int(q, ":id", domain_id);
	dc_stmt_text(q, ":pem", c->pem);
	dc_stmt_text(q, ":hash", hash);
	dc_stmt_int(q, ":ends", c->ends_at);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

int
dc_certificate_save(struct dc_db *db, int64_t service_id,
    const struct dc_certificate *c, struct dc_err *err)
{
	int64_t id = 0;
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = find_domain(db, &id, service_id, c->host, err);
	if (rc == 0)
		rc = save(db, id, c, err);
	return dc_db_end(db, rc, err);
}

int
dc_certificate_may_save(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err)
{
	int64_t id;

	return find_domain(db, &id, service_id, host, err);
}

int
dc_certificate_remove(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t removed;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM certificates WHERE domain_id IN (SELECT id"
	    " FROM domains WHERE service_id = :id AND host = :host)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_text(q, ":host", host);
	rc = dc_stmt_run(q, &removed, err);
	if (rc == 0 && removed == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "domain \"%s\" has no certificate", host);
	return rc;
}

int
dc_certificate_find_end(struct dc_db *db, int64_t *ends_at, const char *host,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT coalesce(max(c.ends_at), 0) AS n FROM certificates c"
	    " JOIN domains d ON d.id = c.domain_id WHERE d.host = :host",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":host", host);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*ends_at = dc_stmt_get_int(q, "n");
	return rc;
}

int
dc_certificate_each(struct dc_db *db, dc_certificate_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT d.host, c.pem, c.hash, c.ends_at FROM certificates c"
	    " JOIN domains d ON d.id = c.domain_id ORDER BY d.host",
	    err);
	if (rc < 0)
		return rc;
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_certificate c = {dc_stmt_get_text(q, "host"),
		    dc_stmt_get_text(q, "pem"), dc_stmt_get_text(q, "hash"),
		    dc_stmt_get_int(q, "ends_at")};

		rc = fn(&c, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
