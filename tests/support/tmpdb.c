/* tests/support/tmpdb.c -- see tmpdb.h. */
#include "tests/support/tmpdb.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/fs.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "common/store/node.h"
#include "common/store/revision.h"
#include "common/store/service.h"

#define MEMORY (64L << 20)

void
tmpdb_open(struct tmpdb *t)
{
	const struct dc_revision_service www = {"www", "custom",
	    TMPDB_DEFINITION};
	struct dc_err err = DC_ERR_INIT;

	*t = (struct tmpdb){.dir = "/tmp/dcloud-test-XXXXXX"};
	ck_assert_ptr_nonnull(mkdtemp(t->dir));
	(void)snprintf(t->path, sizeof(t->path), "%s/state.db", t->dir);
	ck_assert_msg(dc_db_open(&t->db, t->path, &err) == 0, "%s", err.msg);
	ck_assert_int_eq(dc_node_save(t->db, &t->node, "node1", NULL), 0);
	ck_assert_int_eq(dc_account_add(t->db, &t->account, "alice",
			     "alice@example.org", "hash", NULL),
	    0);
	ck_assert_int_eq(dc_application_add(t->db, &t->application, t->account,
			     "blog", "live", NULL),
	    0);
	ck_assert_int_eq(dc_revision_save(t->db, &t->revision, t->application,
			     "rsync-1", "node1", NULL),
	    0);
	ck_assert_int_eq(dc_revision_save_services(t->db, t->revision, &www, 1,
			     NULL),
	    0);
	t->service = tmpdb_add_service(t, "www");
	t->deployment = tmpdb_add_deployment(t);
}

void
tmpdb_close(struct tmpdb *t)
{
	dc_db_close(t->db);
	ck_assert_int_eq(dc_fs_remove_tree(t->dir, NULL), 0);
}

int64_t
tmpdb_add_service(struct tmpdb *t, const char *name)
{
	int64_t id = 0;

	ck_assert_int_eq(dc_service_save(t->db, &id, t->application, name,
			     "custom", NULL),
	    0);
	return id;
}

int64_t
tmpdb_add_deployment(struct tmpdb *t)
{
	int64_t id = 0;

	ck_assert_int_eq(dc_deployment_add(t->db, &id, NULL, t->application,
			     t->revision, t->account, false, NULL),
	    0);
	return id;
}

int64_t
tmpdb_add_build(struct tmpdb *t)
{
	int64_t deployment = tmpdb_add_deployment(t);

	ck_assert_int_eq(dc_build_add(t->db, deployment, t->service,
			     TMPDB_DEFINITION, NULL),
	    0);
	return dc_db_last_id(t->db);
}

int64_t
tmpdb_add_snapshot(struct tmpdb *t, int64_t service, int64_t parent)
{
	struct dc_snapshot s = {.application_id = t->application,
	    .service_id = service,
	    .revision_id = t->revision,
	    .parent_id = parent,
	    .size = 1};

	ck_assert_int_eq(dc_snapshot_new_id(t->db, &s.id, NULL), 0);
	(void)snprintf(s.hash, sizeof(s.hash), "%064d", (int)s.id);
	ck_assert_int_eq(dc_db_begin(t->db, NULL), 0);
	ck_assert_int_eq(dc_snapshot_add(t->db, &s, t->node, NULL), 0);
	ck_assert_int_eq(dc_db_commit(t->db, NULL), 0);
	return s.id;
}

int64_t
tmpdb_add_instance(struct tmpdb *t, int64_t service, int64_t snapshot)
{
	int64_t id = 0;

	ck_assert_int_eq(dc_db_begin(t->db, NULL), 0);
	ck_assert_int_eq(dc_instance_add(t->db, &id, t->deployment, service,
			     snapshot, TMPDB_DEFINITION, 0, MEMORY, t->node,
			     NULL),
	    0);
	ck_assert_int_eq(dc_db_commit(t->db, NULL), 0);
	return id;
}

int64_t
tmpdb_int(struct dc_db *db, const char *sql)
{
	struct dc_err err = DC_ERR_INIT;
	struct dc_stmt *q = NULL;
	int64_t n;

	ck_assert_msg(dc_db_prepare(db, &q, sql, &err) == 0, "%s", err.msg);
	ck_assert_msg(dc_stmt_one(q, &err) == 0, "%s", err.msg);
	n = dc_stmt_get_int(q, "n");
	dc_stmt_close(q);
	return n;
}

void
tmpdb_exec(struct dc_db *db, const char *sql)
{
	struct dc_err err = DC_ERR_INIT;
	struct dc_stmt *q = NULL;

	ck_assert_msg(dc_db_prepare(db, &q, sql, &err) == 0, "%s", err.msg);
	ck_assert_msg(dc_stmt_run(q, NULL, &err) == 0, "%s", err.msg);
	dc_stmt_close(q);
}
