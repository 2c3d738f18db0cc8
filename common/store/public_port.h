/* common/store/public_port.h -- the ports of this machine at which the world
 * reaches the tcp and udp ports of services: one for the service, which any
 * of its instances answers, and one for each instance number. */
#ifndef DC_PUBLIC_PORT_H
#define DC_PUBLIC_PORT_H

#include "common/store/db.h"

/* As the number of an instance: the service's own port. */
#define DC_ANY_INSTANCE (-1)

/* What a port is for. Text is borrowed. */
struct dc_public_port {
	int64_t node_id, service_id, number;
	const char *name, *kind; /* "echo", "tcp" */
	int port;                /* 0: none yet */
};

/* Which ports may be allotted. IS_FREE asks the machine about one that no row
 * has. */
struct dc_port_range {
	int first, last;
	bool (*is_free)(int port, const char *kind);
};

/* Sets P's port: the one it has had, or a free one. Numbers go round, so that
 * a freed one is not somebody else's at once. Inside a transaction. DC_EUSER:
 * none is free, or the application has DC_MAX_PUBLIC_PORTS. */
int dc_public_port_claim(struct dc_db *db, struct dc_public_port *p,
    const struct dc_port_range *range, struct dc_err *err);

/* Removes what no instance has any more, one that is not there yet included. */
int dc_public_port_release(struct dc_db *db, struct dc_err *err);

/* 0 when there is none. */
int dc_public_port_find(struct dc_db *db, int *port, int64_t service_id,
    const char *name, const char *kind, int64_t number, struct dc_err *err);

/* Those of an application, by service, name and number; where a port has just
 * changed its kind, the new one. FN returns < 0 to stop, and does not write. */
typedef int dc_public_port_fn(const struct dc_public_port *p,
    const char *service, void *arg, struct dc_err *err);
int dc_public_port_each(struct dc_db *db, int64_t application_id,
    dc_public_port_fn *fn, void *arg, struct dc_err *err);

/* "tcp://HOST:40000", what clients of it are told; the caller's to free. */
char *dc_public_port_format(const struct dc_public_port *p, const char *host);

/* A public port and one instance behind it that is up, down or draining. */
struct dc_port_target {
	int public_port, port; /* outside, in the container */
	int64_t instance_id, address;
	bool is_up, is_draining;
	const char *application, *service;
};

/* All of a KIND on the node of that name, by public port, those that are up
 * first. */
typedef int dc_port_target_fn(const struct dc_port_target *t, void *arg,
    struct dc_err *err);
int dc_public_port_each_target(struct dc_db *db, const char *node,
    const char *kind, dc_port_target_fn *fn, void *arg, struct dc_err *err);

#endif
