/* tests/support/tmpdb.h -- a store in a temporary directory, made by the real
 * migrations and filled through the real store functions. */
#ifndef TMPDB_H
#define TMPDB_H

#include "common/store/db.h"

#define TMPDB_DEFINITION "{\"name\":\"www\",\"type\":\"custom\"}"

/* alice's application blog, its revision rsync-1 with the service www, and a
 * queued deployment of it on the machine node1. */
struct tmpdb {
	struct dc_db *db;
	char dir[64], path[96];
	int64_t node, account, application, revision, service, deployment;
};

/* Asserts that all goes well, as everything here does. */
void tmpdb_open(struct tmpdb *t);
/* Closes the store and removes the directory. */
void tmpdb_close(struct tmpdb *t);

int64_t tmpdb_add_service(struct tmpdb *t, const char *name);
int64_t tmpdb_add_deployment(struct tmpdb *t);
int64_t tmpdb_add_build(struct tmpdb *t);
/* Of SERVICE; PARENT may be 0. */
int64_t tmpdb_add_snapshot(struct tmpdb *t, int64_t service, int64_t parent);
int64_t tmpdb_add_instance(struct tmpdb *t, int64_t service, int64_t snapshot);

/* The only column of the only row of SQL, which calls it n. */
int64_t tmpdb_int(struct dc_db *db, const char *sql);
void tmpdb_exec(struct dc_db *db, const char *sql);

#endif
