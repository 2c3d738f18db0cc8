/* tests/unit/test_machine.c -- the three state machines: every move, claims
 * and leases, and that the SQL knows the same words. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"
#include "tests/support/tmpdb.h"

#define ME "node1/test/1"
#define OTHER "node1/test/2"

Suite *machine_suite(void);

static const struct dc_machine *const machines[] = {&dc_deployment_machine,
    &dc_build_machine, &dc_instance_machine};
#define NMACHINES ((int)(sizeof(machines) / sizeof(machines[0])))

/* Written out once more, as CONTRACT and DESIGN have it: FROM, then where it
 * may go. What is not here is forbidden. */
static const struct {
	const char *thing, *from, *to;
} allowed[] = {
    {"deployment", "queued", "building failed cancelled"},
    {"deployment", "building", "initializing failed cancelled"},
    {"deployment", "initializing", "installing failed cancelled"},
    {"deployment", "installing", "launching failed cancelled"},
    {"deployment", "launching", "moving probing failed cancelled"},
    {"deployment", "moving", "migrating probing failed cancelled"},
    {"deployment", "migrating", "probing failed cancelled"},
    {"deployment", "probing", "switching failed cancelled"},
    {"deployment", "switching", "done"},
    {"deployment", "done", ""},
    {"deployment", "failed", ""},
    {"deployment", "cancelled", ""},
    {"build", "queued", "preparing failed cancelled"},
    {"build", "preparing", "queued building failed cancelled"},
    {"build", "building", "queued snapshotting failed cancelled"},
    {"build", "snapshotting", "queued done failed cancelled"},
    {"build", "done", ""},
    {"build", "failed", ""},
    {"build", "cancelled", ""},
    {"instance", "creating", "installing failed"},
    {"instance", "installing", "launching failed"},
    {"instance", "launching", "ready failed"},
    {"instance", "ready", "launching up failed"},
    {"instance", "up", "down restarting parking draining"},
    {"instance", "down", "up parking draining"},
    {"instance", "restarting", "up parking draining"},
    {"instance", "parking", "down parked draining"},
    {"instance", "parked", "down draining"},
    {"instance", "draining", "reserved gone"},
    {"instance", "reserved", "creating draining"},
    {"instance", "failed", "gone"},
    {"instance", "gone", ""},
};

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

static int64_t
add_row(const struct dc_machine *m)
{
	if (m == &dc_deployment_machine)
		return t.deployment;
	if (m == &dc_build_machine)
		return tmpdb_add_build(&t);
	return tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
}

static void
put_in(const struct dc_machine *m, int64_t id, int state)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
	    "UPDATE %s SET state = '%s' WHERE id = %lld", m->table,
	    m->states[state].name, (long long)id);
	tmpdb_exec(t.db, sql);
}

static bool
is_in(const struct dc_machine *m, int64_t id, int state)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
	    "SELECT count(*) AS n FROM %s WHERE id = %lld AND state = '%s'",
	    m->table, (long long)id, m->states[state].name);
	return tmpdb_int(t.db, sql) == 1;
}

static int64_t
count_events(void)
{
	return tmpdb_int(t.db, "SELECT count(*) AS n FROM events");
}

static bool
has_word(const char *words, const char *word)
{
	size_t n = strlen(word);
	const char *p = words;

	while ((p = strstr(p, word)) != NULL) {
		if ((p == words || p[-1] == ' ') &&
		    (p[n] == ' ' || p[n] == '\0'))
			return true;
		p += n;
	}
	return false;
}

static bool
is_allowed(const struct dc_machine *m, int from, int to)
{
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcmp(allowed[i].thing, m->thing) == 0 &&
		    strcmp(allowed[i].from, m->states[from].name) == 0)
			return has_word(allowed[i].to, m->states[to].name);
	ck_abort_msg("no row for %s %s", m->thing, m->states[from].name);
	return false;
}

static void
check_move(const struct dc_machine *m, int64_t id, int from, int to)
{
	int64_t before = count_events();
	int rc;

	put_in(m, id, from);
	rc = dc_machine_move(t.db, m, id, from, to, NULL, &err);
	if (is_allowed(m, from, to)) {
		ck_assert_int_eq(rc, 0);
		ck_assert(is_in(m, id, to));
		ck_assert_int_eq(count_events(), before + 1);
	} else {
		ck_assert_int_eq(rc, DC_EINVAL);
		ck_assert(is_in(m, id, from));
		ck_assert_int_eq(count_events(), before);
	}
}

START_TEST(move__every_pair_of_states)
{
	const struct dc_machine *m = machines[_i];
	int64_t id = add_row(m);
	int from, to;

	for (from = 0; from < m->nstates; from++)
		for (to = 0; to < m->nstates; to++)
			check_move(m, id, from, to);
}
END_TEST

START_TEST(move__from_another_state_is_stale_and_leaves_no_event)
{
	const struct dc_machine *m = machines[_i];
	int64_t id = add_row(m);
	int rc;

	put_in(m, id, 1);
	rc = dc_machine_move(t.db, m, id, 0, 1, NULL, &err);
	ck_assert_int_eq(rc, DC_ESTALE);
	ck_assert(is_in(m, id, 1));
	ck_assert_int_eq(count_events(), 0);
}
END_TEST

START_TEST(move__second_mover_loses_the_race)
{
	int64_t id = add_row(&dc_build_machine);
	int first, second;

	first = dc_build_move(t.db, id, DC_BUILD_QUEUED, DC_BUILD_PREPARING,
	    NULL, &err);
	second = dc_build_move(t.db, id, DC_BUILD_QUEUED, DC_BUILD_PREPARING,
	    NULL, &err);
	ck_assert_int_eq(first, 0);
	ck_assert_int_eq(second, DC_ESTALE);
	ck_assert_str_eq(err.msg, "build 1 is not queued");
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT attempts AS n FROM builds"),
	    1);
}
END_TEST

/* The builder slept past its lease; the build is another's by now. */
START_TEST(move__only_the_holder_of_the_claim_may)
{
	int64_t id = add_row(&dc_build_machine), found = 0;
	int rc;

	rc = dc_machine_claim(t.db, &dc_build_machine, &found, 1, NULL, OTHER,
	    &err);
	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(found, id);
	rc = dc_build_move(t.db, id, DC_BUILD_QUEUED, DC_BUILD_PREPARING, ME,
	    &err);
	ck_assert_int_eq(rc, DC_ESTALE);
	ck_assert(is_in(&dc_build_machine, id, DC_BUILD_QUEUED));
	ck_assert_int_eq(tmpdb_int(t.db, "SELECT attempts AS n FROM builds"),
	    0);
	ck_assert_int_eq(dc_build_move(t.db, id, DC_BUILD_QUEUED,
			     DC_BUILD_PREPARING, OTHER, &err),
	    0);
}
END_TEST

START_TEST(move__event_tells_who_and_rolls_back_with_it)
{
	int64_t id = add_row(&dc_build_machine);

	ck_assert_int_eq(dc_db_begin(t.db, NULL), 0);
	ck_assert_int_eq(dc_machine_move(t.db, &dc_build_machine, id,
			     DC_BUILD_QUEUED, DC_BUILD_PREPARING, NULL, &err),
	    0);
	ck_assert_int_eq(count_events(), 1);
	dc_db_rollback(t.db);
	ck_assert_int_eq(count_events(), 0);
	ck_assert(is_in(&dc_build_machine, id, DC_BUILD_QUEUED));
	ck_assert_int_eq(dc_machine_claim(t.db, &dc_build_machine, &id, 1, NULL,
			     ME, &err),
	    0);
	ck_assert_int_eq(dc_build_move(t.db, id, DC_BUILD_QUEUED,
			     DC_BUILD_PREPARING, ME, &err),
	    0);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT count(*) AS n FROM events WHERE thing ="
			     " 'build' AND thing_id = 1 AND from_state ="
			     " 'queued' AND to_state = 'preparing' AND"
			     " moved_by = '" ME "' AND created_at > 0"),
	    1);
}
END_TEST

START_TEST(parse__is_the_inverse_of_the_name)
{
	const struct dc_machine *m = machines[_i];
	int i;

	for (i = 0; i < m->nstates; i++)
		ck_assert_int_eq(dc_machine_parse(m, m->states[i].name), i);
	ck_assert_int_eq(dc_machine_parse(m, "no such word"), -1);
}
END_TEST

/* "... CHECK (state IN ('a', 'b'))": the words, each followed by a space. */
static char *
check_words(const char *table)
{
	dc_auto_stmt struct dc_stmt *q = NULL;
	struct dc_str words = {0};
	const char *p, *end;

	ck_assert_int_eq(dc_db_prepare(t.db, &q,
			     "SELECT sql FROM sqlite_schema WHERE name = :name",
			     NULL),
	    0);
	dc_stmt_text(q, ":name", table);
	ck_assert_int_eq(dc_stmt_one(q, NULL), 0);
	p = strstr(dc_stmt_get_text(q, "sql"), "CHECK (state IN (");
	ck_assert_ptr_nonnull(p);
	p += strlen("CHECK (state IN (");
	end = strchr(p, ')');
	ck_assert_ptr_nonnull(end);
	while ((p = strchr(p, '\'')) != NULL && p < end) {
		const char *close = strchr(p + 1, '\'');

		dc_str_addn(&words, p + 1, (size_t)(close - p - 1));
		dc_str_add(&words, " ");
		p = close + 1;
	}
	return dc_str_steal(&words);
}

START_TEST(schema__checks_the_same_words_as_the_table)
{
	const struct dc_machine *m = machines[_i];
	dc_auto_free char *in_sql = check_words(m->table);
	dc_auto_str struct dc_str ours = {0};
	int i;

	for (i = 0; i < m->nstates; i++)
		dc_str_addf(&ours, "%s ", m->states[i].name);
	ck_assert_str_eq(in_sql, ours.data);
}
END_TEST

START_TEST(schema__a_new_row_is_in_the_first_state)
{
	const struct dc_machine *m = machines[_i];

	ck_assert(is_in(m, add_row(m), 0));
}
END_TEST

START_TEST(claim__each_row_goes_to_one)
{
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t);
	int64_t first = 0, second = 0, third = -1;
	const struct dc_machine *m = &dc_build_machine;

	ck_assert_int_eq(dc_machine_claim(t.db, m, &first, 1, NULL, ME, &err),
	    0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &second, 1, NULL, OTHER,
			     &err),
	    0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &third, 1, NULL, OTHER,
			     &err),
	    0);
	ck_assert_int_eq(first, a);
	ck_assert_int_eq(second, b);
	ck_assert_int_eq(third, 0);
}
END_TEST

START_TEST(claim__only_in_the_states_and_where_it_is_told)
{
	const struct dc_machine *m = &dc_build_machine;
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t), id = -1;

	put_in(m, a, DC_BUILD_BUILDING);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id,
			     DC_FROM(DC_BUILD_QUEUED), "t.id < 2", ME, &err),
	    0);
	ck_assert_int_eq(id, 0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id,
			     DC_FROM(DC_BUILD_QUEUED), "t.id > 1", ME, &err),
	    0);
	ck_assert_int_eq(id, b);
}
END_TEST

START_TEST(claim__a_lease_that_ended_can_be_taken)
{
	const struct dc_machine *m = &dc_build_machine;
	int64_t a = tmpdb_add_build(&t), id = 0;

	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, ME, &err), 0);
	ck_assert_int_eq(dc_machine_renew(t.db, m, a, ME, -1, &err), 0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, OTHER, &err),
	    0);
	ck_assert_int_eq(id, a);
	/* What was taken cannot be renewed by the one who slept. */
	ck_assert_int_eq(dc_machine_renew(t.db, m, a, ME, -1, &err), 0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, ME, &err), 0);
	ck_assert_int_eq(id, 0);
}
END_TEST

START_TEST(release__by_prefix_gives_back_what_a_dead_daemon_held)
{
	const struct dc_machine *m = &dc_build_machine;
	int64_t a = tmpdb_add_build(&t), b = tmpdb_add_build(&t), id = 0;

	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL,
			     "node1/builder/9.1", &err),
	    0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL,
			     "node10/builder/9.1", &err),
	    0);
	ck_assert_int_eq(dc_machine_release(t.db, m, 0, "node1/builder/", &err),
	    0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, ME, &err), 0);
	ck_assert_int_eq(id, a);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, ME, &err), 0);
	ck_assert_int_eq(id, 0);
	ck_assert(is_in(m, b, DC_BUILD_QUEUED));
}
END_TEST

/* A job's end must not free the row that job 10 has claimed meanwhile. */
START_TEST(release__of_one_row_is_exact)
{
	const struct dc_machine *m = &dc_build_machine;
	int64_t a = tmpdb_add_build(&t), id = 0;

	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL,
			     "node1/builder/9.10", &err),
	    0);
	ck_assert_int_eq(dc_machine_release(t.db, m, a, "node1/builder/9.1",
			     &err),
	    0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, ME, &err), 0);
	ck_assert_int_eq(id, 0);
	ck_assert_int_eq(dc_machine_release(t.db, m, a, "node1/builder/9.10",
			     &err),
	    0);
	ck_assert_int_eq(dc_machine_claim(t.db, m, &id, 1, NULL, ME, &err), 0);
	ck_assert_int_eq(id, a);
}
END_TEST

static void
add_claims(TCase *tc)
{
	tcase_add_test(tc, claim__each_row_goes_to_one);
	tcase_add_test(tc, claim__only_in_the_states_and_where_it_is_told);
	tcase_add_test(tc, claim__a_lease_that_ended_can_be_taken);
	tcase_add_test(tc,
	    release__by_prefix_gives_back_what_a_dead_daemon_held);
	tcase_add_test(tc, release__of_one_row_is_exact);
}

Suite *
machine_suite(void)
{
	Suite *s = suite_create("machine");
	TCase *tc = tcase_create("machine");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, move__every_pair_of_states, 0, NMACHINES);
	tcase_add_loop_test(tc,
	    move__from_another_state_is_stale_and_leaves_no_event, 0,
	    NMACHINES);
	tcase_add_test(tc, move__second_mover_loses_the_race);
	tcase_add_test(tc, move__only_the_holder_of_the_claim_may);
	tcase_add_test(tc, move__event_tells_who_and_rolls_back_with_it);
	tcase_add_loop_test(tc, parse__is_the_inverse_of_the_name, 0,
	    NMACHINES);
	tcase_add_loop_test(tc, schema__checks_the_same_words_as_the_table, 0,
	    NMACHINES);
	tcase_add_loop_test(tc, schema__a_new_row_is_in_the_first_state, 0,
	    NMACHINES);
	add_claims(tc);
	suite_add_tcase(s, tc);
	return s;
}
