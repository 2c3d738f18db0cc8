/* tests/unit/test_store_rows.c -- deployments, builds, snapshots and
 * instances: what their store functions keep true together. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "common/store/log_entry.h"
#include "tests/support/tmpdb.h"

#define ME "node1/builder/1.1"

Suite *store_rows_suite(void);

static struct tmpdb t;
static struct dc_err err;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static int
add_message(const struct dc_log_entry *e, void *arg, struct dc_err *ignored)
{
	(void)ignored;
	dc_str_addf(arg, "%s%s|", e->status != NULL ? e->status : "",
	    e->message);
	return 0;
}

START_TEST(deployment__has_a_name_and_a_first_line)
{
	dc_auto_str struct dc_str log = {0};
	dc_auto_deployment struct dc_deployment d = {0};
	char *name = NULL;
	int64_t id = 0, found = 0;

	ck_assert_int_eq(dc_deployment_add(t.db, &id, &name, t.application,
			     t.revision, t.account, true, &err),
	    0);
	ck_assert_uint_eq(strlen(name), 12);
	ck_assert_int_eq(dc_deployment_find(t.db, &found, t.application, name,
			     &err),
	    0);
	ck_assert_int_eq(found, id);
	ck_assert_int_eq(dc_deployment_load(t.db, &d, id, &err), 0);
	ck_assert_str_eq(d.deploy_id, name);
	ck_assert_str_eq(d.revision, "rsync-1");
	ck_assert(d.clean);
	ck_assert_int_eq(dc_log_entry_each(t.db, id, 0, add_message, &log,
			     &err),
	    0);
	ck_assert_ptr_nonnull(strstr(log.data,
	    "Deploy of \"blog\" scheduled for revision rsync-1 at "));
	free(name);
}
END_TEST

START_TEST(deployment_find__latest_and_only_ones_own)
{
	int64_t second = tmpdb_add_deployment(&t), found = 0;

	ck_assert_int_eq(dc_deployment_find(t.db, &found, t.application,
			     "latest", &err),
	    0);
	ck_assert_int_eq(found, second);
	ck_assert_int_eq(dc_deployment_find(t.db, &found, 99, "latest", &err),
	    DC_ENOTFOUND);
	ck_assert_int_eq(dc_deployment_find(t.db, &found, t.application, "'",
			     &err),
	    DC_ENOTFOUND);
}
END_TEST

START_TEST(deployment_end__says_why_and_gives_up_the_claim)
{
	dc_auto_deployment struct dc_deployment d = {0};
	dc_auto_str struct dc_str log = {0};
	int64_t id = 0;

	ck_assert_int_eq(dc_machine_claim(t.db, &dc_deployment_machine, &id, 1,
			     NULL, ME, &err),
	    0);
	ck_assert_int_eq(dc_deployment_end(t.db, id, DC_DEPLOYMENT_QUEUED,
			     DC_DEPLOYMENT_FAILED, ME, "it is broken", &err),
	    0);
	ck_assert_int_eq(dc_deployment_load(t.db, &d, id, &err), 0);
	ck_assert_int_eq(d.state, DC_DEPLOYMENT_FAILED);
	ck_assert_str_eq(d.error, "it is broken");
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT claimed_by IS NULL AND ended_at > 0 AS n"
			     " FROM deployments"),
	    1);
	ck_assert_int_eq(dc_log_entry_each(t.db, id, 1, add_message, &log,
			     &err),
	    0);
	ck_assert_str_eq(log.data, "deploy_failit is broken|");
	/* A second end changes nothing, its line included. */
	ck_assert_int_eq(dc_deployment_end(t.db, id, DC_DEPLOYMENT_QUEUED,
			     DC_DEPLOYMENT_CANCELLED, NULL, "x", &err),
	    DC_ESTALE);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM log_entries"),
	    2);
}
END_TEST

START_TEST(build_add__one_for_each_service_of_a_deployment)
{
	int i;

	for (i = 0; i < 2; i++)
		ck_assert_int_eq(dc_build_add(t.db, t.deployment, t.service,
				     "{}", &err),
		    0);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM builds"),
	    1);
}
END_TEST

/* A build that is claimed and about to finish. */
static int64_t
begin_build(struct dc_snapshot *s)
{
	int64_t id = tmpdb_add_build(&t), claimed = 0;
	int state;

	ck_assert_int_eq(dc_machine_claim(t.db, &dc_build_machine, &claimed, 1,
			     NULL, ME, &err),
	    0);
	ck_assert_int_eq(claimed, id);
	for (state = DC_BUILD_QUEUED; state < DC_BUILD_SNAPSHOTTING; state++)
		ck_assert_int_eq(dc_build_move(t.db, id, state, state + 1, ME,
				     &err),
		    0);
	*s = (struct dc_snapshot){.application_id = t.application,
	    .service_id = t.service,
	    .revision_id = t.revision,
	    .size = 7,
	    .hash = "abc",
	    .image = "img"};
	ck_assert_int_eq(dc_snapshot_new_id(t.db, &s->id, &err), 0);
	return id;
}

START_TEST(build_finish__snapshot_and_move_together)
{
	dc_auto_build struct dc_build b = {0};
	struct dc_snapshot s, found;
	int64_t id = begin_build(&s), since = 0;

	ck_assert_int_eq(dc_build_finish(t.db, id, &s, t.node, ME, &err), 0);
	ck_assert_int_eq(dc_build_load(t.db, &b, id, &err), 0);
	ck_assert_int_eq(b.state, DC_BUILD_DONE);
	ck_assert_int_eq(b.snapshot_id, s.id);
	ck_assert_int_eq(b.attempts, 1);
	ck_assert_int_eq(dc_snapshot_find(t.db, &found, t.service, 0, &err), 0);
	ck_assert_str_eq(found.hash, "abc");
	ck_assert_int_eq(found.size, 7);
	ck_assert_int_eq(dc_snapshot_find_image(t.db, &since, "img", &err), 0);
	ck_assert_int_gt(since, 0);
	ck_assert_int_eq(dc_snapshot_find_image(t.db, &since, "abc", &err),
	    DC_ENOTFOUND);
}
END_TEST

/* Its lease went to another builder: neither row nor snapshot. */
START_TEST(build_finish__by_another_leaves_nothing)
{
	struct dc_snapshot s, found;
	int64_t id = begin_build(&s);

	ck_assert_int_eq(dc_build_finish(t.db, id, &s, t.node,
			     "node1/builder/1.2", &err),
	    DC_ESTALE);
	ck_assert_int_eq(dc_snapshot_find(t.db, &found, t.service, 0, &err),
	    DC_ENOTFOUND);
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM blobs"), 0);
}
END_TEST

START_TEST(build_fail__tells_why)
{
	dc_auto_build struct dc_build b = {0};
	int64_t id = tmpdb_add_build(&t);

	ck_assert_int_eq(dc_build_fail(t.db, id, DC_BUILD_QUEUED,
			     DC_BUILD_CANCELLED, NULL, "why", &err),
	    0);
	ck_assert_int_eq(dc_build_load(t.db, &b, id, &err), 0);
	ck_assert_int_eq(b.state, DC_BUILD_CANCELLED);
	ck_assert_str_eq(b.error, "why");
}
END_TEST

START_TEST(snapshot__ids_are_never_given_twice)
{
	int64_t a = 0, b = 0;

	ck_assert_int_eq(dc_snapshot_new_id(t.db, &a, &err), 0);
	ck_assert_int_eq(dc_snapshot_new_id(t.db, &b, &err), 0);
	ck_assert_int_gt(b, a);
}
END_TEST

static int
add_id(const struct dc_snapshot *s, void *arg, struct dc_err *ignored)
{
	(void)ignored;
	dc_str_addf(arg, "%lld ", (long long)s->id);
	return 0;
}

static void
idle_are(int64_t keep, const char *want)
{
	dc_auto_str struct dc_str got = {0};

	ck_assert_int_eq(dc_snapshot_each_idle(t.db, 0, keep, add_id, &got,
			     &err),
	    0);
	ck_assert_str_eq(got.data != NULL ? got.data : "", want);
}

START_TEST(snapshot_each_idle__not_the_newest_nor_what_is_needed)
{
	int64_t other = tmpdb_add_service(&t, "other");
	int64_t first = tmpdb_add_snapshot(&t, t.service, 0);
	int64_t parent = tmpdb_add_snapshot(&t, t.service, 0);
	int64_t used = tmpdb_add_snapshot(&t, t.service, 0);
	int64_t instance = tmpdb_add_instance(&t, t.service, used);

	(void)tmpdb_add_snapshot(&t, other, 0);
	(void)tmpdb_add_snapshot(&t, t.service, parent);
	idle_are(10, "");
	idle_are(2, "1 ");
	idle_are(1, "1 ");
	idle_are(0, "5 4 1 ");
	/* What the instance that is gone had is nobody's. */
	ck_assert_int_eq(dc_instance_fail(t.db, instance, DC_INSTANCE_CREATING,
			     NULL, "x", &err),
	    0);
	idle_are(1, "1 ");
	ck_assert_int_eq(dc_instance_end(t.db, instance, DC_INSTANCE_FAILED,
			     NULL, &err),
	    0);
	idle_are(1, "3 1 ");
	ck_assert_int_eq(dc_snapshot_remove(t.db, used, &err), 0);
	ck_assert_int_eq(dc_snapshot_remove(t.db, first, &err), 0);
	idle_are(1, "");
	ck_assert(!dc_snapshot_is_known(t.db, used));
	ck_assert(dc_snapshot_is_known(t.db, parent));
}
END_TEST

START_TEST(snapshot_needs_blob__until_the_last_of_it_is_gone)
{
	dc_auto_str struct dc_str hash = {0};
	int64_t id = tmpdb_add_snapshot(&t, t.service, 0);

	dc_str_addf(&hash, "%064d", (int)id);
	ck_assert(dc_snapshot_needs_blob(t.db, hash.data));
	ck_assert_int_eq(dc_snapshot_remove(t.db, id, &err), 0);
	ck_assert(!dc_snapshot_needs_blob(t.db, hash.data));
	ck_assert(!dc_snapshot_needs_blob(t.db, "unheard of"));
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT count(*) AS n FROM blobs"), 0);
}
END_TEST

START_TEST(instance_ports__the_last_word_counts)
{
	struct dc_port ports[] = {{"www", "http", 42800}, {"db", "tcp", 42801}};
	struct dc_port got[2];
	int64_t id = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	size_t n = 0;

	ck_assert_int_eq(dc_instance_save_ports(t.db, id, ports, 2, &err), 0);
	ports[0].port = 8080;
	ck_assert_int_eq(dc_instance_save_ports(t.db, id, ports, 2, &err), 0);
	ck_assert_int_eq(dc_instance_load_ports(t.db, id, got, 2, &n, &err), 0);
	ck_assert_uint_eq(n, 2);
	ck_assert_str_eq(got[0].name, "www");
	ck_assert_int_eq(got[0].port, 8080);
	ck_assert_str_eq(got[1].kind, "tcp");
	ck_assert_int_eq(dc_instance_load_ports(t.db, id, got, 1, &n, &err), 0);
	ck_assert_uint_eq(n, 1);
}
END_TEST

static void
add_snapshots(TCase *tc)
{
	tcase_add_test(tc, snapshot__ids_are_never_given_twice);
	tcase_add_test(tc,
	    snapshot_each_idle__not_the_newest_nor_what_is_needed);
	tcase_add_test(tc, snapshot_needs_blob__until_the_last_of_it_is_gone);
	tcase_add_test(tc, instance_ports__the_last_word_counts);
}

Suite *
store_rows_suite(void)
{
	Suite *s = suite_create("store_rows");
	TCase *tc = tcase_create("store_rows");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, deployment__has_a_name_and_a_first_line);
	tcase_add_test(tc, deployment_find__latest_and_only_ones_own);
	tcase_add_test(tc, deployment_end__says_why_and_gives_up_the_claim);
	tcase_add_test(tc, build_add__one_for_each_service_of_a_deployment);
	tcase_add_test(tc, build_finish__snapshot_and_move_together);
	tcase_add_test(tc, build_finish__by_another_leaves_nothing);
	tcase_add_test(tc, build_fail__tells_why);
	add_snapshots(tc);
	suite_add_tcase(s, tc);
	return s;
}
