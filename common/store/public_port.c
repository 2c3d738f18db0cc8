/* common/store/public_port.c -- see public_port.h. */
#include "common/store/public_port.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/store/instance.h"

#include <string.h>

int
dc_public_port_find(struct dc_db *db, int *port, int64_t service_id,
    const char *name, const char *kind, int64_t number, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT coalesce(min(port), 0) AS port FROM public_ports"
	    " WHERE service_id = :service AND name = :name AND kind = :kind"
	    " AND number = :number",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":service", service_id);
	dc_stmt_text(q, ":name", name);
	dc_stmt_text(q, ":kind", kind);
	dc_stmt_int(q, ":number", number);
	rc = dc_stmt_one(q, err);
	if (rc == 0)
		*port = (int)dc_stmt_get_int(q, "port");
	return rc;
}

static int
check_limit(struct dc_db *db, int64_t service_id, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT count(*) AS n FROM public_ports x"
	    " JOIN services s ON s.id = x.service_id"
	    " WHERE x.name <> '" DC_SSH_NAME "' AND s.application_id ="
	    " (SELECT application_id FROM services WHERE id = :service)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":service", service_id);
	rc = dc_stmt_one(q, err);
	if (rc == 0 && dc_stmt_get_int(q, "n") >= DC_MAX_PUBLIC_PORTS)
		return dc_fail(err, DC_EUSER,
		    "the tcp and udp ports of an application, times its"
		    " instances, are limited to %d",
		    DC_MAX_PUBLIC_PORTS);
	return rc;
}

/* IN_USE[port] for every row of the node; *LAST is the newest one allotted. */
static int
load_used(struct dc_db *db, bool *in_use, int *last, int64_t node_id,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_stmt struct dc_stmt *newest = NULL;
	int rc;

	rc = dc_db_prepare(db, &newest,
	    "SELECT value FROM sequences WHERE name = 'public_port'", err);
	if (rc == 0)
		rc = dc_stmt_one(newest, err);
	if (rc < 0)
		return rc;
	*last = (int)dc_stmt_get_int(newest, "value");
	rc = dc_db_prepare(db, &q,
	    "SELECT port FROM public_ports WHERE node_id = :node", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":node", node_id);
	while ((rc = dc_stmt_step(q, err)) == 1)
		in_use[dc_stmt_get_int(q, "port")] = true;
	return rc;
}

static int
find_free(struct dc_db *db, int *port, const struct dc_public_port *p,
    const struct dc_port_range *range, struct dc_err *err)
{
	dc_auto_free bool *in_use = dc_xcalloc(65536, sizeof(*in_use));
	int last = 0, n, at;
	int rc = load_used(db, in_use, &last, p->node_id, err);

	if (rc < 0)
		return rc;
	at = last >= range->first && last < range->last ? last + 1
							: range->first;
	for (n = range->first; n <= range->last; n++) {
		if (!in_use[at] && range->is_free(at, p->kind)) {
			*port = at;
			return 0;
		}
		at = at < range->last ? at + 1 : range->first;
	}
	return dc_fail(err, DC_EUSER,
	    "no public port from %d to %d is free for port '%s'", range->first,
	    range->last, p->name);
}

static int
insert(struct dc_db *db, const struct dc_public_port *p, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	dc_auto_stmt struct dc_stmt *last = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO public_ports (node_id, port, service_id, name, kind,"
	    " number, created_at) VALUES (:node, :port, :service, :name,"
	    " :kind, :number, :now)",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":node", p->node_id);
	dc_stmt_int(q, ":port", p->port);
	dc_stmt_int(q, ":service", p->service_id);
	dc_stmt_text(q, ":name", p->name);
	dc_stmt_text(q, ":kind", p->kind);
	dc_stmt_int(q, ":number", p->number);
	dc_stmt_int(q, ":now", dc_now_ms());
	rc = dc_stmt_run(q, NULL, err);
	if (rc == 0)
		rc = dc_db_prepare(db, &last,
		    "UPDATE sequences SET value = :port"
		    " WHERE name = 'public_port'",
		    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(last, ":port", p->port);
	return dc_stmt_run(last, NULL, err);
}

int
dc_public_port_claim(struct dc_db *db, struct dc_public_port *p,
    const struct dc_port_range *range, struct dc_err *err)
{
	int rc = dc_public_port_find(db, &p->port, p->service_id, p->name,
	    p->kind, p->number, err);

	if (rc < 0 || p->port != 0)
		return rc;
	if (strcmp(p->name, DC_SSH_NAME) != 0)
		rc = check_limit(db, p->service_id, err);
	if (rc == 0)
		rc = find_free(db, &p->port, p, range, err);
	return rc == 0 ? insert(db, p, err) : rc;
}

int
dc_public_port_release(struct dc_db *db, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	/* An instance that is being created has no rows in ports yet. */
	rc = dc_db_prepare(db, &q,
	    "DELETE FROM public_ports WHERE NOT EXISTS"
	    " (SELECT 1 FROM instances i"
	    "  WHERE i.service_id = public_ports.service_id"
	    "  AND i.state <> 'gone'"
	    "  AND public_ports.number IN (-1, i.number)"
	    "  AND (i.state = 'creating' OR EXISTS (SELECT 1 FROM ports p"
	    "   WHERE p.instance_id = i.id AND p.name = public_ports.name"
	    "   AND p.kind = public_ports.kind)))",
	    err);
	return rc < 0 ? rc : dc_stmt_run(q, NULL, err);
}

int
dc_public_port_each(struct dc_db *db, int64_t application_id,
    dc_public_port_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT x.*, s.name AS service FROM public_ports x"
	    " JOIN services s ON s.id = x.service_id"
	    " WHERE s.application_id = :app AND s.state = 'active'"
	    " AND NOT EXISTS (SELECT 1 FROM public_ports y"
	    "  WHERE y.service_id = x.service_id AND y.name = x.name"
	    "  AND y.number = x.number AND y.created_at > x.created_at)"
	    " ORDER BY s.name, x.name, x.kind, x.number",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":app", application_id);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		struct dc_public_port p = {.node_id =
					       dc_stmt_get_int(q, "node_id"),
		    .service_id = dc_stmt_get_int(q, "service_id"),
		    .number = dc_stmt_get_int(q, "number"),
		    .name = dc_stmt_get_text(q, "name"),
		    .kind = dc_stmt_get_text(q, "kind"),
		    .port = (int)dc_stmt_get_int(q, "port")};

		rc = fn(&p, dc_stmt_get_text(q, "service"), arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}

char *
dc_public_port_format(const struct dc_public_port *p, const char *host)
{
	if (strcmp(p->name, DC_SSH_NAME) == 0)
		return dc_asprintf("ssh://dotcloud@%s:%d", host, p->port);
	return dc_asprintf("%s://%s:%d", p->kind, host, p->port);
}

int
dc_public_port_each_target(struct dc_db *db, const char *node, const char *kind,
    dc_port_target_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT x.port AS public_port, p.port, i.id, i.state, n.number,"
	    " s.name AS service, a.name AS application FROM public_ports x"
	    " JOIN nodes o ON o.id = x.node_id"
	    " JOIN instances i ON i.service_id = x.service_id"
	    "  AND i.node_id = x.node_id AND x.number IN (-1, i.number)"
	    " JOIN ports p ON p.instance_id = i.id AND p.name = x.name"
	    "  AND p.kind = x.kind"
	    " JOIN addresses n ON n.instance_id = i.id"
	    " JOIN services s ON s.id = i.service_id"
	    " JOIN applications a ON a.id = s.application_id"
	    " WHERE o.name = :node AND x.kind = :kind"
	    " AND i.state IN ('up', 'down', 'restarting', 'parking', 'parked', "
	    "'draining')"
	    " AND (i.state <> 'draining' OR i.reserved_until = 0)"
	    " ORDER BY x.port, i.state <> 'up', i.id",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_text(q, ":node", node);
	dc_stmt_text(q, ":kind", kind);
	while ((rc = dc_stmt_step(q, err)) == 1) {
		const char *state = dc_stmt_get_text(q, "state");
		struct dc_port_target t = {.public_port =
					       (int)dc_stmt_get_int(q,
						   "public_port"),
		    .port = (int)dc_stmt_get_int(q, "port"),
		    .instance_id = dc_stmt_get_int(q, "id"),
		    .address = dc_stmt_get_int(q, "number"),
		    .is_up = strcmp(state, "up") == 0,
		    .is_draining =
			strcmp(state, "up") != 0 && strcmp(state, "down") != 0,
		    .application = dc_stmt_get_text(q, "application"),
		    .service = dc_stmt_get_text(q, "service")};

		rc = fn(&t, arg, err);
		if (rc < 0)
			return rc;
	}
	return rc;
}
