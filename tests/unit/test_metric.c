/* tests/unit/test_metric.c -- what is kept of looks at memory and HAProxy. */
#include <check.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/metric.h"
#include "common/store/service.h"
#include "tests/support/tmpdb.h"

Suite *metric_suite(void);

#define NOON INT64_C(1800014400) /* a full hour */

static struct tmpdb t;
static int64_t slot;

static void
setup(void)
{
	tmpdb_open(&t);
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "localhost",
			     NULL),
	    0);
	ck_assert_int_eq(dc_service_find_slot(t.db, &slot, t.service, NULL), 0);
}

static void
teardown(void)
{
	tmpdb_close(&t);
}

static void
look(int64_t now, const struct dc_traffic_counter *counters, size_t n)
{
	struct dc_memory_metric m = {.service_id = t.service,
	    .used = now % 7200,
	    .allocated = 1000,
	    .rss = 7};
	struct dc_metric_look l = {.node_id = t.node,
	    .now = now,
	    .memory = &m,
	    .n_memory = 1,
	    .counters = counters,
	    .n_counters = n};

	ck_assert_int_eq(dc_metric_save(t.db, &l, NULL), 0);
}

/* 2xx counted by WORKER; the others are a tenth, a hundredth, none. */
static void
look_at(int64_t now, int64_t worker, int64_t ok)
{
	struct dc_traffic_counter c = {.worker = worker,
	    .slot = slot,
	    .answers = {ok, ok / 10, ok / 100, 0},
	    .application_ms = 20,
	    .platform_ms = 2};

	look(now, &c, 1);
}

static int64_t
count(const char *table, const char *where)
{
	dc_auto_free char *sql =
	    dc_asprintf("SELECT count(*) AS n FROM %s WHERE %s", table, where);

	return tmpdb_int(t.db, sql);
}

static int64_t
ok_of(int64_t span)
{
	dc_auto_free char *sql =
	    dc_asprintf("SELECT coalesce(sum(ok), -1) AS n FROM traffic_metrics"
			" WHERE span = %lld",
		(long long)span);

	return tmpdb_int(t.db, sql);
}

START_TEST(find_range__those_of_the_contract)
{
	ck_assert_int_eq(dc_metric_find_range("1h")->span, 60);
	ck_assert_int_eq(dc_metric_find_range("1w")->span, 600);
	ck_assert_int_eq(dc_metric_find_range("1M")->seconds, 30 * 86400);
	ck_assert_ptr_null(dc_metric_find_range("2h"));
	ck_assert_ptr_null(dc_metric_find_range(""));
}
END_TEST

START_TEST(save__the_first_look_is_only_a_beginning)
{
	look_at(NOON, 10, 5000);
	ck_assert_int_eq(ok_of(60), -1);
	look_at(NOON + 60, 10, 5300);
	ck_assert_int_eq(ok_of(60), 300);
	ck_assert_int_eq(ok_of(3600), 300);
}
END_TEST

START_TEST(save__a_new_worker_counts_from_nothing)
{
	look_at(NOON, 10, 5000);
	look_at(NOON + 60, 11, 40);
	ck_assert_int_eq(ok_of(60), 40);
	look_at(NOON + 120, 11, 50);
	ck_assert_int_eq(ok_of(60), 50);
}
END_TEST

START_TEST(save__so_does_one_with_an_old_pid)
{
	look_at(NOON, 10, 5000);
	look_at(NOON + 60, 10, 30);
	ck_assert_int_eq(ok_of(60), 30);
}
END_TEST

START_TEST(save__workers_add_up)
{
	struct dc_traffic_counter c[2] = {
	    {.worker = 10, .slot = slot, .answers = {100}},
	    {.worker = 11, .slot = slot, .answers = {0}},
	};

	look(NOON, c, 2);
	c[0].answers[0] = 110;
	c[1].answers[0] = 7;
	look(NOON + 60, c, 2);
	ck_assert_int_eq(ok_of(600), 17);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT seconds AS n FROM traffic_metrics"
			     " WHERE span = 600"),
	    60);
}
END_TEST

START_TEST(save__a_silent_router_loses_nothing)
{
	look_at(NOON, 10, 100);
	look(NOON + 60, NULL, 0);
	look_at(NOON + 120, 10, 400);
	ck_assert_int_eq(ok_of(60), 300);
	ck_assert_int_eq(tmpdb_int(t.db,
			     "SELECT seconds AS n FROM traffic_metrics"
			     " WHERE span = 60"),
	    120);
}
END_TEST

START_TEST(save__backends_of_nobody_are_left_out)
{
	struct dc_traffic_counter c = {.worker = 10,
	    .slot = slot + 1,
	    .answers = {100}};

	look(NOON, &c, 1);
	c.answers[0] = 300;
	look(NOON + 60, &c, 1);
	ck_assert_int_eq(count("traffic_counters", "true"), 0);
	ck_assert_int_eq(ok_of(60), 0);
}
END_TEST

START_TEST(save__an_instance_of_nobody_is_left_out)
{
	struct dc_memory_metric m = {.service_id = 999};
	struct dc_metric_look l = {.node_id = t.node,
	    .now = NOON,
	    .memory = &m,
	    .n_memory = 1};

	ck_assert_int_eq(dc_metric_save(t.db, &l, NULL), 0);
	ck_assert_int_eq(count("memory_metrics", "true"), 0);
}
END_TEST

/* A look each minute for two days. */
START_TEST(save__fine_rows_go_first)
{
	int64_t i, n = INT64_C(2) * 24 * 60;

	tmpdb_exec(t.db, "PRAGMA synchronous = OFF");
	for (i = 0; i < n; i++)
		look_at(NOON + i * 60, 10, i);
	ck_assert_int_eq(count("memory_metrics", "span = 60"), 7 * 60 + 1);
	ck_assert_int_eq(count("memory_metrics", "span = 600"), n / 10);
	ck_assert_int_eq(count("memory_metrics", "span = 3600"), n / 60);
	ck_assert_int_eq(count("traffic_metrics", "span = 60"), 7 * 60 + 1);
	ck_assert_int_eq(ok_of(3600), n - 1);
	/* Later: all but what is of that moment has gone. */
	look(NOON + INT64_C(40) * 86400, NULL, 0);
	ck_assert_int_eq(count("memory_metrics", "true"), 3);
	ck_assert_int_eq(count("traffic_metrics", "true"), 0);
}
END_TEST

static int
add_text(const struct dc_memory_metric *m, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%lld:%lld/%lld ", (long long)(m->at - NOON),
	    (long long)m->used, (long long)m->allocated);
	return 0;
}

START_TEST(each_memory__means_of_the_range)
{
	const struct dc_metric_range *range = dc_metric_find_range("1d");
	dc_auto_str struct dc_str s = {0};
	int64_t now = NOON + 600;

	look(NOON - 2 * 86400, NULL, 0);
	look(NOON, NULL, 0);
	look(NOON + 60, NULL, 0);
	look(NOON + 600, NULL, 0);
	dc_str_add(&s, "");
	ck_assert_int_eq(dc_metric_each_memory(t.db, t.service, 0, range, now,
			     add_text, &s, NULL),
	    0);
	ck_assert_str_eq(s.data, NOON % 7200 == 0 ? "0:30/1000 600:600/1000 "
						  : "0:3630/1000 "
						    "600:4200/1000 ");
	ck_assert_int_eq(dc_metric_each_memory(t.db, t.service, 1, range, now,
			     add_text, &s, NULL),
	    0);
}
END_TEST

static int
add_rate(const struct dc_traffic_metric *m, void *arg, struct dc_err *err)
{
	(void)err;
	dc_str_addf(arg, "%lld+%lld+%lld+%lld in %lld, %lld, %lld ",
	    (long long)m->answers[0], (long long)m->answers[1],
	    (long long)m->answers[2], (long long)m->answers[3],
	    (long long)m->seconds, (long long)m->application_ms,
	    (long long)m->platform_ms);
	return 0;
}

START_TEST(each_traffic__of_one_service_or_all)
{
	const struct dc_metric_range *range = dc_metric_find_range("1h");
	dc_auto_str struct dc_str s = {0};
	int64_t services[] = {0, t.service, t.service + 1};
	size_t i;

	look_at(NOON, 10, 0);
	look_at(NOON + 60, 10, 200);
	for (i = 0; i < 3; i++)
		ck_assert_int_eq(dc_metric_each_traffic(t.db, t.application,
				     services[i], range, NOON + 90, add_rate,
				     &s, NULL),
		    0);
	ck_assert_str_eq(s.data,
	    "200+20+2+0 in 60, 4440, 444 200+20+2+0 in 60, 4440, 444 ");
}
END_TEST

Suite *
metric_suite(void)
{
	Suite *s = suite_create("metric");
	TCase *tc = tcase_create("metric");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, find_range__those_of_the_contract);
	tcase_add_test(tc, save__the_first_look_is_only_a_beginning);
	tcase_add_test(tc, save__a_new_worker_counts_from_nothing);
	tcase_add_test(tc, save__so_does_one_with_an_old_pid);
	tcase_add_test(tc, save__workers_add_up);
	tcase_add_test(tc, save__a_silent_router_loses_nothing);
	tcase_add_test(tc, save__backends_of_nobody_are_left_out);
	tcase_add_test(tc, save__an_instance_of_nobody_is_left_out);
	tcase_add_test(tc, save__fine_rows_go_first);
	tcase_add_test(tc, each_memory__means_of_the_range);
	tcase_add_test(tc, each_traffic__of_one_service_or_all);
	suite_add_tcase(s, tc);
	return s;
}
