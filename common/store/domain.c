/* common/store/domain.c -- see domain.h. */
#include "common/store/domain.h"

#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <inttypes.h>
#include <string.h>

#define HOST_MAX 253
#define LABEL_MAX 63

bool
dc_domain_is_host(const char *host)
{
	const char *p = dc_has_prefix(host, "*.") ? host + 2 : host;
	size_t label = 0;

	if (strlen(host) > HOST_MAX)
		return false;
	for (;; p++) {
		if (*p == '.' || *p == '\0') {
			if (label == 0 || label > LABEL_MAX || p[-1] == '-')
				return false;
			if (*p == '\0')
				return true;
			label = 0;
			continue;
		}
		if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
			(*p == '-' && label > 0)))
			return false;
		label++;
	}
}

/* One number that SQL finds for a service and a host. */
static int
count(struct dc_db *db, const char *sql, int64_t *n, int64_t service_id,
    const char *host, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_text(q, ":host", host);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*n = dc_stmt_get_int(q, "n");
	return rc;
}

static int
check(struct dc_db *db, int64_t id, const char *host, struct dc_err *err)
{
	int64_t n = 0;
	int rc = count(db,
	    "SELECT count(*) AS n FROM routes"
	    " WHERE service_id = :id AND :host <> ''",
	    &n, id, host, err);

	if (rc == 0 && n == 0)
		return dc_fail(err, DC_EUSER,
		    "it has no http port: push a version that has one first");
	if (rc == 0)
		rc = count(db,
		    "SELECT count(*) AS n FROM domains d"
		    " JOIN services s ON s.id = d.service_id"
		    " JOIN services mine ON"
		    "  mine.application_id = s.application_id"
		    " WHERE mine.id = :id AND d.own = 0 AND :host <> ''",
		    &n, id, host, err);
	if (rc == 0 && n >= DC_MAX_DOMAINS)
		return dc_fail(err, DC_EUSER,
		    "an application may have %d domains", DC_MAX_DOMAINS);
	return rc;
}

static int
insert(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t added;
	int rc = dc_db_prepare(db, &q,
	    "INSERT INTO domains (service_id, host, own, created_at)"
	    " VALUES (:id, :host, 0, :now) ON CONFLICT (host) DO NOTHING",
	    err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_text(q, ":host", host);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, &added, err);
	if (rc == 0 && added == 0)
		return dc_fail(err, DC_EBUSY,
		    "domain \"%s\" already belongs to a service", host);
	return rc;
}

int
dc_domain_add(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err)
{
	int rc = dc_db_begin(db, err);

	if (rc < 0)
		return rc;
	rc = check(db, service_id, host, err);
	if (rc == 0)
		rc = insert(db, service_id, host, err);
	return dc_db_end(db, rc, err);
}

int
dc_domain_remove(struct dc_db *db, int64_t service_id, const char *host,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t removed, own = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM domains WHERE service_id = :id AND host = :host"
	    " AND own = 0",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", service_id);
	dc_stmt_text(q, ":host", host);
	rc = dc_stmt_run(q, &removed, err);
	if (rc < 0 || removed > 0)
		return rc;
	rc = count(db,
	    "SELECT count(*) AS n FROM domains"
	    " WHERE service_id = :id AND host = :host",
	    &own, service_id, host, err);
	if (rc < 0)
		return rc;
	if (own > 0)
		return dc_fail(err, DC_EUSER,
		    "\"%s\" is the platform's own name for it, and stays",
		    host);
	return dc_fail(err, DC_ENOTFOUND, "it has no domain \"%s\"", host);
}

int
dc_domain_find_version(struct dc_db *db, int64_t *version, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	/* Names that go change the count, and those that come the rest. */
	rc = dc_db_prepare(db, &q,
	    "SELECT count(*) * 31 + coalesce(max(id), 0) * 37"
	    " + coalesce(max(created_at), 0)"
	    " + (SELECT count(*) * 41 + coalesce(sum(created_at), 0) * 43"
	    "  FROM certificates)"
	    " + (SELECT count(*) * 47 + coalesce(sum(created_at), 0) * 53"
	    "  FROM maintenance) AS n FROM domains",
	    err);
	if (rc < 0)
		return rc;
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*version = dc_stmt_get_int(q, "n");
	return rc;
}
