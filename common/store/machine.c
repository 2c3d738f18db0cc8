/* common/store/machine.c -- see machine.h. Table names come from constants of
 * ours, never from outside. */
#include "common/store/machine.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#include <inttypes.h>
#include <string.h>

static int
add_event(struct dc_db *db, const struct dc_machine *m, int64_t id, int from,
    int to, const char *me, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO events (thing, thing_id, from_state, to_state,"
	    " moved_by, created_at) VALUES (:thing, :id, :from, :to, :me, "
	    ":now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":thing", m->thing);
	dc_stmt_int(q, ":id", id);
	dc_stmt_text(q, ":from", m->states[from].name);
	dc_stmt_text(q, ":to", m->states[to].name);
	dc_stmt_text(q, ":me", me != NULL ? me : "");
	dc_stmt_int(q, ":now", dc_now_ms());
	return dc_stmt_run(q, NULL, err);
}

static int
swap_state(struct dc_db *db, const struct dc_machine *m, int64_t id, int from,
    int to, const char *me, struct dc_err *err)
{
	dc_auto_free char *sql =
	    dc_asprintf("UPDATE %s SET state = :to"
			" WHERE id = :id AND state = :from"
			" AND (:me IS NULL OR claimed_by = :me)",
		m->table);
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t changed;
	int rc;

	rc = dc_db_prepare(db, &q, sql, err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":to", m->states[to].name);
	dc_stmt_int(q, ":id", id);
	dc_stmt_text(q, ":from", m->states[from].name);
	dc_stmt_text(q, ":me", me);
	rc = dc_stmt_run(q, &changed, err);
	if (rc < 0)
		return rc;
	if (changed == 0)
		return dc_fail(err, DC_ESTALE, "%s %" PRId64 " is not %s%s%s",
		    m->thing, id, m->states[from].name,
		    me != NULL ? " and held by " : "", me != NULL ? me : "");
	return add_event(db, m, id, from, to, me, err);
}

int
dc_machine_move(struct dc_db *db, const struct dc_machine *m, int64_t id,
    int from, int to, const char *me, struct dc_err *err)
{
	int rc;

	if ((m->states[to].from & DC_FROM(from)) == 0)
		return dc_fail(err, DC_EINVAL, "%s %" PRId64 ": %s to %s",
		    m->thing, id, m->states[from].name, m->states[to].name);
	if (dc_db_in_transaction(db))
		return swap_state(db, m, id, from, to, me, err);
	rc = dc_db_begin(db, err);
	if (rc < 0)
		return rc;
	rc = swap_state(db, m, id, from, to, me, err);
	return dc_db_end(db, rc, err);
}

int
dc_machine_parse(const struct dc_machine *m, const char *name)
{
	int i;

	for (i = 0; i < m->nstates; i++)
		if (strcmp(m->states[i].name, name) == 0)
			return i;
	return -1;
}

static char *
state_list(const struct dc_machine *m, uint32_t in)
{
	struct dc_str s = {0};
	int i;

	for (i = 0; i < m->nstates; i++)
		if ((in & DC_FROM(i)) != 0)
			dc_str_addf(&s, "%s'%s'", s.len > 0 ? ", " : "",
			    m->states[i].name);
	return dc_str_steal(&s);
}

int
dc_machine_claim(struct dc_db *db, const struct dc_machine *m, int64_t *id,
    uint32_t in, const char *where, const char *me, struct dc_err *err)
{
	dc_auto_free char *states = state_list(m, in);
	dc_auto_free char *sql =
	    dc_asprintf("UPDATE %s SET claimed_by = :me, lease_until = :until"
			" WHERE id = (SELECT t.id FROM %s t WHERE t.state IN "
			"(%s)"
			"  AND (t.claimed_by IS NULL OR t.lease_until < "
			":now)%s%s"
			"  ORDER BY t.id LIMIT 1)"
			" RETURNING id",
		m->table, m->table, states, where != NULL ? " AND " : "",
		where != NULL ? where : "");
	dc_auto_stmt struct dc_stmt *q = NULL;
	int64_t found = 0;
	int rc;

	rc = dc_db_prepare(db, &q, sql, err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":me", me);
	dc_stmt_int(q, ":now", dc_now_ms());
	dc_stmt_int(q, ":until", dc_now_ms() + DC_LEASE_SECONDS * 1000L);
	rc = dc_stmt_step(q, err);
	if (rc == 1)
		found = dc_stmt_get_int(q, "id");
	if (rc == 1)
		rc = dc_stmt_run(q, NULL, err);
	if (rc < 0)
		return rc;
	*id = found;
	return 0;
}

int
dc_machine_release(struct dc_db *db, const struct dc_machine *m, int64_t id,
    const char *me, struct dc_err *err)
{
	dc_auto_free char *sql =
	    dc_asprintf("UPDATE %s SET claimed_by = NULL, lease_until = 0"
			" WHERE CASE WHEN :id = 0"
			"  THEN substr(claimed_by, 1, length(:me)) = :me"
			"  ELSE id = :id AND claimed_by = :me END",
		m->table);
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, sql, err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_text(q, ":me", me);
	return dc_stmt_run(q, NULL, err);
}

int
dc_machine_renew(struct dc_db *db, const struct dc_machine *m, int64_t id,
    const char *me, int seconds, struct dc_err *err)
{
	dc_auto_free char *sql =
	    dc_asprintf("UPDATE %s SET lease_until = :until"
			" WHERE id = :id AND claimed_by = :me",
		m->table);
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q, sql, err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_text(q, ":me", me);
	dc_stmt_int(q, ":until", dc_now_ms() + seconds * 1000L);
	return dc_stmt_run(q, NULL, err);
}
