/* tests/unit/test_public_port.c -- which public ports services are given, and
 * for how long. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/limits.h"
#include "common/store/instance.h"
#include "common/store/public_port.h"
#include "common/store/service.h"
#include "tests/support/tmpdb.h"

Suite *public_port_suite(void);

static struct tmpdb t;
static struct dc_err err;
static int taken; /* a port that another program of the machine has */
static int64_t instance;

static bool
is_free(int port, const char *kind)
{
	ck_assert(strcmp(kind, "tcp") == 0 || strcmp(kind, "udp") == 0);
	return port != taken;
}

static const struct dc_port_range range = {40000, 40009, is_free};

static void
setup(void)
{
	tmpdb_open(&t);
	taken = 0;
	instance = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

/* The port, or what failed. */
static int
claim(int64_t service, const char *name, const char *kind, int64_t number)
{
	struct dc_public_port p = {.node_id = t.node,
	    .service_id = service,
	    .number = number,
	    .name = name,
	    .kind = kind};
	int rc = dc_public_port_claim(t.db, &p, &range, &err);

	return rc < 0 ? rc : p.port;
}

static int64_t
count(void)
{
	return tmpdb_int(t.db, "SELECT count(*) AS n FROM public_ports");
}

START_TEST(claim__the_same_thing_keeps_its_port)
{
	int own = claim(t.service, "echo", "tcp", DC_ANY_INSTANCE);
	int first = claim(t.service, "echo", "tcp", 0);
	int found = 0;

	ck_assert_int_eq(own, 40000);
	ck_assert_int_eq(first, 40001);
	ck_assert_int_eq(claim(t.service, "echo", "udp", 0), 40002);
	ck_assert_int_eq(claim(t.service, "Echo", "tcp", 0), 40003);
	ck_assert_int_eq(claim(t.service, "echo", "tcp", -1), own);
	ck_assert_int_eq(claim(t.service, "echo", "tcp", 0), first);
	ck_assert_int_eq(dc_public_port_find(t.db, &found, t.service, "echo",
			     "tcp", 0, &err),
	    0);
	ck_assert_int_eq(found, first);
	ck_assert_int_eq(dc_public_port_find(t.db, &found, t.service, "none",
			     "tcp", 0, &err),
	    0);
	ck_assert_int_eq(found, 0);
}
END_TEST

START_TEST(claim__goes_round_and_past_what_others_use)
{
	taken = 40001;
	ck_assert_int_eq(claim(t.service, "a", "tcp", 0), 40000);
	ck_assert_int_eq(claim(t.service, "b", "tcp", 0), 40002);
	tmpdb_exec(t.db, "DELETE FROM public_ports WHERE name = 'b'");
	ck_assert_int_eq(claim(t.service, "c", "tcp", 0), 40003);
	tmpdb_exec(t.db, "UPDATE sequences SET value = 40009"
			 " WHERE name = 'public_port'");
	ck_assert_int_eq(claim(t.service, "d", "tcp", 0), 40002);
	tmpdb_exec(t.db, "UPDATE sequences SET value = 99"
			 " WHERE name = 'public_port'");
	ck_assert_int_eq(claim(t.service, "e", "tcp", 0), 40004);
}
END_TEST

START_TEST(claim__a_full_range_is_said)
{
	int64_t i;

	taken = 40005;
	for (i = 0; i < 9; i++)
		ck_assert_int_gt(claim(t.service, "echo", "tcp", i), 0);
	ck_assert_int_eq(claim(t.service, "echo", "tcp", i), DC_EUSER);
	ck_assert_str_eq(err.msg,
	    "no public port from 40000 to 40009 is free for port 'echo'");
	ck_assert_int_eq(count(), 9);
}
END_TEST

START_TEST(claim__an_application_is_limited)
{
	tmpdb_exec(t.db,
	    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c"
	    " WHERE n < 512) INSERT INTO public_ports (node_id, port,"
	    " service_id, name, kind, number, created_at)"
	    " SELECT 1, n, 1, 'x', 'tcp', n, 0 FROM c");
	ck_assert_int_eq(count(), DC_MAX_PUBLIC_PORTS);
	ck_assert_int_eq(claim(t.service, "x", "tcp", 512), 512);
	ck_assert_int_eq(claim(t.service, "x", "tcp", 513), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "limited to 512"));
	ck_assert_int_gt(claim(t.service, "ssh", "tcp", 0), 0);
	tmpdb_exec(t.db, "DELETE FROM public_ports WHERE number = 1");
	ck_assert_int_gt(claim(t.service, "x", "tcp", 513), 0);
}
END_TEST

static void
release(void)
{
	ck_assert_int_eq(dc_public_port_release(t.db, &err), 0);
}

static void
set_state(const char *state)
{
	char sql[80];

	(void)snprintf(sql, sizeof(sql), "UPDATE instances SET state = '%s'",
	    state);
	tmpdb_exec(t.db, sql);
}

START_TEST(release__what_no_instance_has)
{
	const struct dc_port echo = {"echo", "tcp", 42800};
	int64_t other = tmpdb_add_service(&t, "other");

	(void)claim(t.service, "echo", "tcp", DC_ANY_INSTANCE);
	(void)claim(t.service, "echo", "tcp", 0);
	(void)claim(t.service, "dns", "udp", 0);
	release(); /* instance 0 is being created: it may have any of them */
	ck_assert_int_eq(count(), 3);
	(void)claim(t.service, "echo", "tcp", 1);
	(void)claim(other, "echo", "tcp", DC_ANY_INSTANCE);
	release();
	ck_assert_int_eq(count(), 3);
	ck_assert_int_eq(dc_instance_save_ports(t.db, instance, &echo, 1, &err),
	    0);
	set_state("up");
	release();
	ck_assert_int_eq(count(), 2);
	set_state("draining");
	release();
	ck_assert_int_eq(count(), 2);
	set_state("gone");
	release();
	ck_assert_int_eq(count(), 0);
}
END_TEST

START_TEST(remove__a_service_takes_its_ports_along)
{
	int64_t other = tmpdb_add_service(&t, "other");

	(void)claim(other, "echo", "tcp", 0);
	ck_assert_int_eq(dc_service_destroy(t.db, other, &err), 0);
	ck_assert_int_eq(dc_service_remove(t.db, other, &err), 0);
	ck_assert_int_eq(count(), 0);
}
END_TEST

struct seen {
	int n, up, draining;
};

static int
note_target(const struct dc_port_target *target, void *arg, struct dc_err *e)
{
	struct seen *seen = arg;

	(void)e;
	ck_assert_int_eq(target->public_port, 40000 + seen->n);
	ck_assert_int_eq(target->port, 42800);
	ck_assert_int_eq(target->instance_id, instance);
	ck_assert_int_gt(target->address, 1);
	ck_assert_str_eq(target->application, "blog");
	seen->n++;
	seen->up += target->is_up;
	seen->draining += target->is_draining;
	return 0;
}

static struct seen
see(const char *node, const char *kind)
{
	struct seen seen = {0};

	ck_assert_int_eq(dc_public_port_each_target(t.db, node, kind,
			     note_target, &seen, &err),
	    0);
	return seen;
}

START_TEST(each_target__is_what_serves_or_has_served)
{
	const struct dc_port echo = {"echo", "tcp", 42800};

	(void)claim(t.service, "echo", "tcp", DC_ANY_INSTANCE);
	(void)claim(t.service, "echo", "tcp", 0);
	(void)claim(t.service, "echo", "tcp", 1);
	ck_assert_int_eq(dc_instance_save_ports(t.db, instance, &echo, 1, &err),
	    0);
	ck_assert_int_eq(see("node1", "tcp").n, 0);
	set_state("up");
	ck_assert_int_eq(see("node1", "tcp").up, 2);
	ck_assert_int_eq(see("node1", "udp").n, 0);
	ck_assert_int_eq(see("node2", "tcp").n, 0);
	set_state("draining");
	ck_assert_int_eq(see("node1", "tcp").draining, 2);
	set_state("gone");
	ck_assert_int_eq(see("node1", "tcp").n, 0);
}
END_TEST

static int
note_kind(const struct dc_public_port *p, const char *service, void *arg,
    struct dc_err *e)
{
	(void)e;
	ck_assert_str_eq(service, "www");
	*(const char **)arg = strcmp(p->kind, "tcp") == 0 ? "tcp" : "udp";
	return 0;
}

START_TEST(each__a_port_that_changed_its_kind_is_the_new_one)
{
	const char *kind = NULL;

	(void)claim(t.service, "echo", "udp", 0);
	tmpdb_exec(t.db, "UPDATE public_ports SET created_at = 1");
	(void)claim(t.service, "echo", "tcp", 0);
	ck_assert_int_eq(dc_public_port_each(t.db, t.application, note_kind,
			     &kind, &err),
	    0);
	ck_assert_str_eq(kind, "tcp");
}
END_TEST

Suite *
public_port_suite(void)
{
	Suite *s = suite_create("public_port");
	TCase *tc = tcase_create("public_port");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, claim__the_same_thing_keeps_its_port);
	tcase_add_test(tc, claim__goes_round_and_past_what_others_use);
	tcase_add_test(tc, claim__a_full_range_is_said);
	tcase_add_test(tc, claim__an_application_is_limited);
	tcase_add_test(tc, release__what_no_instance_has);
	tcase_add_test(tc, remove__a_service_takes_its_ports_along);
	tcase_add_test(tc, each_target__is_what_serves_or_has_served);
	tcase_add_test(tc, each__a_port_that_changed_its_kind_is_the_new_one);
	suite_add_tcase(s, tc);
	return s;
}
