/* tests/unit/test_runtime_machine.c -- every state meets every event. */
#include "runtime/machine.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

Suite *runtime_machine_suite(void);

/* What the machine did, and the world it did it in. */
static struct {
	char acts[256];
	int64_t clock, timer_ms;
	bool is_spawn_broken, may_restart;
	bool knows_words, is_late;
} world;

static void
note(const char *act)
{
	size_t n = strlen(world.acts);

	ck_assert_uint_lt(n + strlen(act) + 2, sizeof(world.acts));
	(void)snprintf(world.acts + n, sizeof(world.acts) - n, "%s%s",
	    n > 0 ? " " : "", act);
}

static pid_t
fake_spawn(struct machine *m)
{
	(void)m;
	note("spawn");
	return world.is_spawn_broken ? -1 : 42;
}

static void
fake_signal(struct machine *m, bool is_kill)
{
	(void)m;
	note(is_kill ? "kill" : "signal");
}

static void
fake_timer(struct machine *m, int64_t ms)
{
	(void)m;
	world.timer_ms = ms;
}

static void
fake_changed(struct machine *m)
{
	note(machine_state_name(m->state));
}

static int64_t
fake_now(void)
{
	return world.clock;
}

static bool
fake_may_restart(const struct machine *m)
{
	(void)m;
	return world.may_restart;
}

static bool
fake_ask(struct machine *machine)
{
	(void)machine;
	if (world.knows_words)
		note("ask");
	return world.knows_words;
}

static bool
fake_is_up(struct machine *machine)
{
	(void)machine;
	return !world.is_late;
}

static const struct machine_ops fake_ops = {
    .spawn = fake_spawn,
    .signal = fake_signal,
    .timer = fake_timer,
    .changed = fake_changed,
    .now = fake_now,
    .may_restart = fake_may_restart,
    .ask = fake_ask,
    .is_up = fake_is_up,
};

static struct machine m;

static void
setup(void)
{
	memset(&world, 0, sizeof(world));
	world.may_restart = true;
	m = (struct machine){.ops = &fake_ops,
	    .start_ms = 1000,
	    .stop_ms = 10000,
	    .start_retries = -1,
	    .backoff_ms = MACHINE_BACKOFF_MS};
}

static void
put_in(enum machine_state state)
{
	bool has_pid = state == STATE_STARTING || state == STATE_RUNNING ||
		       state == STATE_STOPPING;

	m.state = state;
	m.pid = has_pid ? 42 : 0;
}

/* The whole matrix: where it goes, what it does. */
static const struct {
	enum machine_state from;
	enum machine_event event;
	enum machine_state to;
	const char *acts;
	int64_t timer;
} cells[] = {
    {STATE_STOPPED, EV_START, STATE_STARTING, "spawn STARTING", 1000},
    {STATE_STOPPED, EV_STOP, STATE_STOPPED, "", 0},
    {STATE_STOPPED, EV_CHILD_DIED, STATE_STOPPED, "", 0},
    {STATE_STOPPED, EV_TIMER, STATE_STOPPED, "", 0},
    {STATE_STARTING, EV_START, STATE_STARTING, "", 0},
    {STATE_STARTING, EV_STOP, STATE_STOPPING, "signal STOPPING", 10000},
    {STATE_STARTING, EV_CHILD_DIED, STATE_BACKOFF, "BACKOFF", 100},
    {STATE_STARTING, EV_TIMER, STATE_RUNNING, "RUNNING", -1},
    {STATE_RUNNING, EV_START, STATE_RUNNING, "", 0},
    {STATE_RUNNING, EV_STOP, STATE_STOPPING, "signal STOPPING", 10000},
    {STATE_RUNNING, EV_CHILD_DIED, STATE_BACKOFF, "BACKOFF", 100},
    {STATE_RUNNING, EV_TIMER, STATE_RUNNING, "", 0},
    {STATE_BACKOFF, EV_START, STATE_STARTING, "spawn STARTING", 1000},
    {STATE_BACKOFF, EV_STOP, STATE_STOPPED, "STOPPED", -1},
    {STATE_BACKOFF, EV_CHILD_DIED, STATE_BACKOFF, "", 0},
    {STATE_BACKOFF, EV_TIMER, STATE_STARTING, "spawn STARTING", 1000},
    {STATE_STOPPING, EV_START, STATE_STOPPING, "", 0},
    {STATE_STOPPING, EV_STOP, STATE_STOPPING, "", 0},
    {STATE_STOPPING, EV_CHILD_DIED, STATE_STOPPED, "STOPPED", -1},
    {STATE_STOPPING, EV_TIMER, STATE_STOPPING, "kill", 1000},
    {STATE_EXITED, EV_START, STATE_STARTING, "spawn STARTING", 1000},
    {STATE_EXITED, EV_STOP, STATE_EXITED, "", 0},
    {STATE_EXITED, EV_CHILD_DIED, STATE_EXITED, "", 0},
    {STATE_EXITED, EV_TIMER, STATE_EXITED, "", 0},
    {STATE_FATAL, EV_START, STATE_STARTING, "spawn STARTING", 1000},
    {STATE_FATAL, EV_STOP, STATE_FATAL, "", 0},
    {STATE_FATAL, EV_CHILD_DIED, STATE_FATAL, "", 0},
    {STATE_FATAL, EV_TIMER, STATE_FATAL, "", 0},
};

START_TEST(handle__every_cell_does_what_the_table_says)
{
	put_in(cells[_i].from);

	machine_handle(&m, cells[_i].event);

	ck_assert_int_eq(m.state, cells[_i].to);
	ck_assert_str_eq(world.acts, cells[_i].acts);
	ck_assert_int_eq(world.timer_ms, cells[_i].timer);
	ck_assert_int_eq(m.pid != 0, m.state == STATE_STARTING ||
					 m.state == STATE_RUNNING ||
					 m.state == STATE_STOPPING);
}
END_TEST

START_TEST(handle__the_matrix_above_is_whole)
{
	bool seen[STATE_NSTATES][EV_NEVENTS] = {0};

	for (size_t i = 0; i < sizeof(cells) / sizeof(*cells); i++)
		seen[cells[i].from][cells[i].event] = true;
	for (int s = 0; s < STATE_NSTATES; s++)
		for (int e = 0; e < EV_NEVENTS; e++)
			ck_assert_msg(seen[s][e], "state %d event %d", s, e);
}
END_TEST

START_TEST(died__a_steady_process_is_restarted_at_once)
{
	put_in(STATE_RUNNING);
	m.quick_deaths = 5;
	world.clock = 10000;

	machine_handle(&m, EV_CHILD_DIED);

	ck_assert_str_eq(world.acts, "spawn STARTING");
	ck_assert_uint_eq(m.crashes, 1);
	ck_assert_int_eq(m.quick_deaths, 0);
}
END_TEST

START_TEST(died__who_is_not_to_be_restarted_has_exited)
{
	put_in(STATE_RUNNING);
	world.may_restart = false;

	machine_handle(&m, EV_CHILD_DIED);

	ck_assert_str_eq(world.acts, "EXITED");
	ck_assert_uint_eq(m.crashes, 0);
}
END_TEST

START_TEST(died__given_retries_end_in_fatal)
{
	m.start_retries = 2;

	machine_handle(&m, EV_START);
	for (int i = 0; i < 2; i++) {
		machine_handle(&m, EV_CHILD_DIED);
		ck_assert_int_eq(m.state, STATE_BACKOFF);
		machine_handle(&m, EV_TIMER);
	}
	machine_handle(&m, EV_CHILD_DIED);

	ck_assert_int_eq(m.state, STATE_FATAL);
	ck_assert_uint_eq(m.crashes, 3);
}
END_TEST

static const int64_t slowest[] = {MACHINE_BACKOFF_MS, 500, 1};

START_TEST(died__without_retries_it_is_tried_for_ever_and_ever_slower)
{
	int64_t before = 0;

	m.backoff_ms = slowest[_i];
	machine_handle(&m, EV_START);
	for (int i = 0; i < 50; i++) {
		world.acts[0] = '\0';
		machine_handle(&m, EV_CHILD_DIED);
		ck_assert_int_eq(m.state, STATE_BACKOFF);
		ck_assert_int_ge(world.timer_ms, before);
		before = world.timer_ms;
		machine_handle(&m, EV_TIMER);
	}
	ck_assert_int_eq(before, slowest[_i]);
}
END_TEST

START_TEST(start__that_cannot_fork_backs_off)
{
	world.is_spawn_broken = true;

	machine_handle(&m, EV_START);

	ck_assert_str_eq(world.acts, "spawn BACKOFF");
	ck_assert_int_eq(m.pid, 0);
}
END_TEST

START_TEST(start__without_startsecs_it_runs_at_once)
{
	m.start_ms = 0;

	machine_handle(&m, EV_START);

	ck_assert_str_eq(world.acts, "spawn RUNNING");
}
END_TEST

START_TEST(restart__the_new_one_comes_after_the_old_one_has_gone)
{
	put_in(STATE_RUNNING);

	machine_handle(&m, EV_STOP);
	machine_handle(&m, EV_START);
	ck_assert_str_eq(world.acts, "signal STOPPING");
	machine_handle(&m, EV_CHILD_DIED);

	ck_assert_str_eq(world.acts, "signal STOPPING STOPPED spawn STARTING");
	ck_assert_uint_eq(m.crashes, 0);
	ck_assert(!m.is_wanted);
}
END_TEST

START_TEST(stop__asks_first_then_signals_then_kills)
{
	world.knows_words = true;
	put_in(STATE_RUNNING);

	machine_handle(&m, EV_STOP);
	ck_assert_str_eq(world.acts, "ask STOPPING");
	ck_assert_int_eq(world.timer_ms, 5000);
	machine_handle(&m, EV_TIMER);
	ck_assert_str_eq(world.acts, "ask STOPPING signal");
	ck_assert_int_eq(world.timer_ms, 5000);
	machine_handle(&m, EV_TIMER);

	ck_assert_str_eq(world.acts, "ask STOPPING signal kill");
}
END_TEST

START_TEST(start__who_is_polled_runs_when_it_is_up)
{
	world.is_late = true;
	m.poll_ms = 25;

	machine_handle(&m, EV_START);
	ck_assert_int_eq(world.timer_ms, 25);
	machine_handle(&m, EV_TIMER);
	ck_assert_str_eq(world.acts, "spawn STARTING");
	ck_assert_int_eq(world.timer_ms, 25);
	world.is_late = false;
	machine_handle(&m, EV_TIMER);

	ck_assert_str_eq(world.acts, "spawn STARTING RUNNING");
}
END_TEST

START_TEST(stop__takes_back_a_restart)
{
	put_in(STATE_RUNNING);

	machine_handle(&m, EV_STOP);
	machine_handle(&m, EV_START);
	machine_handle(&m, EV_STOP);
	machine_handle(&m, EV_CHILD_DIED);

	ck_assert_str_eq(world.acts, "signal STOPPING STOPPED");
}
END_TEST

Suite *
runtime_machine_suite(void)
{
	Suite *s = suite_create("runtime_machine");
	TCase *tc = tcase_create("table");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, handle__every_cell_does_what_the_table_says, 0,
	    sizeof(cells) / sizeof(*cells));
	tcase_add_test(tc, handle__the_matrix_above_is_whole);
	tcase_add_test(tc, died__a_steady_process_is_restarted_at_once);
	tcase_add_test(tc, died__who_is_not_to_be_restarted_has_exited);
	tcase_add_test(tc, died__given_retries_end_in_fatal);
	tcase_add_loop_test(tc,
	    died__without_retries_it_is_tried_for_ever_and_ever_slower, 0,
	    sizeof(slowest) / sizeof(slowest[0]));
	tcase_add_test(tc, start__that_cannot_fork_backs_off);
	tcase_add_test(tc, start__without_startsecs_it_runs_at_once);
	tcase_add_test(tc,
	    restart__the_new_one_comes_after_the_old_one_has_gone);
	tcase_add_test(tc, stop__takes_back_a_restart);
	tcase_add_test(tc, stop__asks_first_then_signals_then_kills);
	tcase_add_test(tc, start__who_is_polled_runs_when_it_is_up);
	suite_add_tcase(s, tc);
	return s;
}
