/* common/store/port.c -- see port.h. */
#include "common/store/port.h"

#include <stdio.h>

static int
add_port(struct dc_db *db, int64_t id, const struct dc_port *port,
    struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "INSERT INTO ports (instance_id, name, kind, port)"
	    " VALUES (:id, :name, :kind, :port) ON CONFLICT"
	    " (instance_id, name) DO UPDATE SET kind = excluded.kind,"
	    " port = excluded.port",
	    err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	dc_stmt_text(q, ":name", port->name);
	dc_stmt_text(q, ":kind", port->kind);
	dc_stmt_int(q, ":port", port->port);
	return dc_stmt_run(q, NULL, err);
}

int
dc_instance_save_ports(struct dc_db *db, int64_t id,
    const struct dc_port *ports, size_t n, struct dc_err *err)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++)
		rc = add_port(db, id, &ports[i], err);
	return rc;
}

int
dc_instance_load_ports(struct dc_db *db, int64_t id, struct dc_port *ports,
    size_t max, size_t *n, struct dc_err *err)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	size_t count = 0;
	int rc;

	rc = dc_db_prepare(db, &q,
	    "SELECT * FROM ports WHERE instance_id = :id ORDER BY port", err);
	if (rc < 0)
		return rc;
	dc_stmt_int(q, ":id", id);
	while ((rc = dc_stmt_step(q, err)) == 1 && count < max) {
		struct dc_port *p = &ports[count++];

		(void)snprintf(p->name, sizeof(p->name), "%s",
		    dc_stmt_get_text(q, "name"));
		(void)snprintf(p->kind, sizeof(p->kind), "%s",
		    dc_stmt_get_text(q, "kind"));
		p->port = (int)dc_stmt_get_int(q, "port");
	}
	if (rc < 0)
		return rc;
	*n = count;
	return 0;
}
