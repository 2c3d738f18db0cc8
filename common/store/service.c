/* common/store/service.c -- see service.h. */
#include "common/store/service.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <string.h>

#define SELECT                                                                 \
	"SELECT s.*, a.name AS application, u.name AS account"                 \
	" FROM services s JOIN applications a ON a.id = s.application_id"      \
	" JOIN accounts u ON u.id = a.account_id "

void
dc_service_done(struct dc_service *s)
{
	free(s->name);
	free(s->type);
	free(s->application);
	free(s->account);
	*s = (struct dc_service){0};
}

static void
fill(struct dc_service *s, struct dc_stmt *q)
{
	*s = (struct dc_service){.id = dc_stmt_get_int(q, "id")};
	s->application_id = dc_stmt_get_int(q, "application_id");
	s->instance_count = dc_stmt_get_int(q, "instance_count");
	s->memory = dc_stmt_get_int(q, "memory");
	s->name = dc_stmt_dup_text(q, "name");
	s->type = dc_stmt_dup_text(q, "type");
	s->application = dc_stmt_dup_text(q, "application");
	s->account = dc_stmt_dup_text(q, "account");
}

int
dc_service_save(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, const char *type, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO services (application_id, name, type, created_at)"
	    " VALUES (:app, :name, :type, :now)"
	    " ON CONFLICT (application_id, name)"
	    " DO UPDATE SET type = excluded.type, state = 'active'",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", name);
	dc_stmt_text(q, ":type", type);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, NULL, err);
	if (rc < 0)
		return rc;
	return dc_service_find(db, id, application_id, name, err);
}

int
dc_service_load(struct dc_db *db, struct dc_service *out, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, SELECT "WHERE s.id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_wrap(err, rc, "service %lld", (long long)id);
	fill(out, q);
	return 0;
}

int
dc_service_find(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT id FROM services WHERE application_id = :app"
	    " AND name = :name AND state = 'active'",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	dc_stmt_text(q, ":name", name);
	rc = dc_stmt_one(q, err);
	if (rc < 0)
		return dc_fail(err, rc, "no service '%s'", name);
	*id = dc_stmt_get_int(q, "id");
	return 0;
}

/* FN may write: no statement of ours is open when it is called. */
static int
each_row(struct dc_stmt *q, dc_service_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_free struct dc_service *rows = NULL;
	size_t i, n = 0;
	int rc;

	while ((rc = dc_stmt_step(q, err)) == 1) {
		rows = dc_xrealloc(rows, (n + 1) * sizeof(*rows));
		fill(&rows[n++], q);
	}
	for (i = 0; i < n; i++) {
		if (rc == 0)
			rc = fn(&rows[i], arg, err);
		dc_service_done(&rows[i]);
	}
	return rc;
}

int
dc_service_each(struct dc_db *db, int64_t application_id, dc_service_fn *fn,
    void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE s.application_id = :app AND s.state = 'active'"
		   " ORDER BY s.name",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	return each_row(q, fn, arg, err);
}

int
dc_service_each_destroying(struct dc_db *db, dc_service_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    SELECT "WHERE s.state = 'destroying' ORDER BY s.id", err);
	return rc < 0 ? rc : each_row(q, fn, arg, err);
}

int
dc_service_remove(struct dc_db *db, int64_t id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "DELETE FROM services WHERE id = :id AND state = 'destroying'",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	return dc_stmt_run(q, NULL, err);
}

/* One number of one service; SQL has :id and :value. */
static int
update(struct dc_db *db, const char *sql, int64_t id, int64_t value,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc = dc_db_prepare(db, &q, sql, err);

	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_int(q, ":value", value);
	rc = dc_stmt_run(q, &changed, err);
	if (rc == 0 && changed == 0)
		return dc_fail(err, DC_ENOTFOUND, "no service %lld",
		    (long long)id);
	return rc;
}

int
dc_service_scale(struct dc_db *db, int64_t id, int64_t count,
    struct dc_err *err)
{
	return update(db,
	    "UPDATE services SET instance_count = :value WHERE id = :id", id,
	    count, err);
}

int
dc_service_set_memory(struct dc_db *db, int64_t id, int64_t bytes,
    struct dc_err *err)
{
	return update(db, "UPDATE services SET memory = :value WHERE id = :id",
	    id, bytes, err);
}

int
dc_service_destroy(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return update(db,
	    "UPDATE services SET state = 'destroying'"
	    " WHERE id = :id AND :value = 0",
	    id, 0, err);
}

static int
add_slot(struct dc_db *db, int64_t id, struct dc_err *err)
{
	return update(db,
	    "INSERT INTO routes (service_id, slot) SELECT :id, coalesce("
	    " (SELECT min(c.slot) FROM (SELECT 0 AS slot"
	    "  UNION SELECT slot + 1 FROM routes) c"
	    "  WHERE c.slot NOT IN (SELECT slot FROM routes)), :value)"
	    " WHERE NOT EXISTS"
	    " (SELECT 1 FROM routes WHERE service_id = :id)",
	    id, 0, err);
}

/* HOST for the service unless it has one, or another service has HOST: then
 * *ADDED is 0. */
static int
add_host(struct dc_db *db, int64_t id, const char *host, int64_t *added,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO domains (service_id, host, own, created_at)"
	    " SELECT :id, :host, 1, :now"
	    " WHERE NOT EXISTS (SELECT 1 FROM domains"
	    "  WHERE service_id = :id AND own = 1)"
	    " ON CONFLICT (host) DO NOTHING",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_text(q, ":host", host);
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, added, err);
}

/* An underscore is no part of a host name. */
static char *
host_label(const char *name)
{
	char *label = dc_strdup(name), *p;

	for (p = label; *p != '\0'; p++)
		if (*p == '_')
			*p = '-';
	return label;
}

int
dc_service_add_route(struct dc_db *db, int64_t id, const char *domain,
    struct dc_err *err)
{
	dc_auto_service struct dc_service s = {0};
	dc_auto_free char *first = NULL;
	dc_auto_free char *other = NULL;
	dc_auto_free char *label = NULL;
	int64_t added;
	int rc = dc_service_load(db, &s, id, err);

	if (rc < 0)
		return rc;
	rc = add_slot(db, id, err);
	if (rc < 0 && rc != DC_ENOTFOUND)
		return rc;
	label = host_label(s.name);
	first = dc_asprintf("%s-%s.%s", s.application, s.account, domain);
	other =
	    dc_asprintf("%s-%s-%s.%s", label, s.application, s.account, domain);
	rc = add_host(db, id, first, &added, err);
	if (rc == 0 && added == 0)
		rc = add_host(db, id, other, &added, err);
	return rc;
}

int
dc_service_find_slot(struct dc_db *db, int64_t *slot, int64_t id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT slot FROM routes WHERE service_id = :id", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*slot = dc_stmt_get_int(q, "slot");
	return rc;
}

int
dc_service_each_host(struct dc_db *db, int64_t id, dc_host_fn *fn, void *arg,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT d.host, d.service_id, r.slot FROM domains d"
	    " JOIN routes r ON r.service_id = d.service_id"
	    " WHERE :id = 0 OR d.service_id = :id ORDER BY d.id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		rc = fn(dc_stmt_get_text(q, "host"),
		    dc_stmt_get_int(q, "service_id"),
		    dc_stmt_get_int(q, "slot"), arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
