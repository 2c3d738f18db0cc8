/* runtime/machine.c -- see machine.h. */
#include "runtime/machine.h"

#include <assert.h>
#include <stddef.h>

#define BACKOFF_FIRST_MS 100
#define STEADY_MS 10000 /* who lived that long is restarted at once */

typedef void handler_fn(struct machine *m);

static const char *const names[STATE_NSTATES] = {
    [STATE_STOPPED] = "STOPPED",
    [STATE_STARTING] = "STARTING",
    [STATE_RUNNING] = "RUNNING",
    [STATE_BACKOFF] = "BACKOFF",
    [STATE_STOPPING] = "STOPPING",
    [STATE_EXITED] = "EXITED",
    [STATE_FATAL] = "FATAL",
};

const char *
machine_state_name(enum machine_state state)
{
	assert(state < STATE_NSTATES);
	return names[state];
}

bool
machine_is_down(const struct machine *m)
{
	return m->state == STATE_STOPPED || m->state == STATE_EXITED ||
	       m->state == STATE_FATAL;
}

int64_t
machine_backoff(int n, int64_t max)
{
	int64_t ms = BACKOFF_FIRST_MS;

	while (n-- > 0 && ms < max)
		ms *= 2;
	return ms < max ? ms : max;
}

/* MS: the timer of the new state, < 0 for none. */
static void
enter(struct machine *m, enum machine_state state, int64_t ms)
{
	m->state = state;
	m->ops->timer(m, ms);
	m->ops->changed(m);
}

static void
enter_backoff(struct machine *m)
{
	enter(m, STATE_BACKOFF,
	    machine_backoff(m->quick_deaths++, m->backoff_ms));
}

static void
back_off(struct machine *m)
{
	m->failed_starts++;
	if (m->start_retries >= 0 && m->failed_starts > m->start_retries)
		enter(m, STATE_FATAL, -1);
	else
		enter_backoff(m);
}

static void
spawn(struct machine *m)
{
	pid_t pid = m->ops->spawn(m);

	m->started_at = m->ops->now();
	if (pid < 0) {
		m->crashes++;
		back_off(m);
		return;
	}
	m->pid = pid;
	if (m->poll_ms > 0 || m->start_ms > 0) {
		enter(m, STATE_STARTING,
		    m->poll_ms > 0 ? m->poll_ms : m->start_ms);
		return;
	}
	m->failed_starts = 0;
	enter(m, STATE_RUNNING, -1);
}

static void
ignore(struct machine *m)
{
	(void)m;
}

static void
start_afresh(struct machine *m)
{
	m->failed_starts = 0;
	m->quick_deaths = 0;
	spawn(m);
}

static void
stop_process(struct machine *m)
{
	m->is_wanted = false;
	m->is_asked = m->ops->ask(m);
	if (!m->is_asked)
		m->ops->signal(m, false);
	enter(m, STATE_STOPPING, m->is_asked ? m->stop_ms / 2 : m->stop_ms);
}

static void
on_starting_died(struct machine *m)
{
	m->pid = 0;
	m->crashes++;
	back_off(m);
}

static void
on_starting_timer(struct machine *m)
{
	if (!m->ops->is_up(m)) {
		m->ops->timer(m, m->poll_ms);
		return;
	}
	m->failed_starts = 0;
	enter(m, STATE_RUNNING, -1);
}

static void
on_running_died(struct machine *m)
{
	bool is_steady = m->ops->now() - m->started_at >= STEADY_MS;

	m->pid = 0;
	if (!m->ops->may_restart(m)) {
		if (m->exit_status != 0)
			m->crashes++;
		enter(m, STATE_EXITED, -1);
		return;
	}
	m->crashes++;
	if (is_steady) {
		m->quick_deaths = 0;
		spawn(m);
		return;
	}
	/* It has been up: the tries of start_retries are not used up. */
	enter_backoff(m);
}

static void
on_backoff_stop(struct machine *m)
{
	enter(m, STATE_STOPPED, -1);
}

static void
on_stopping_start(struct machine *m)
{
	m->is_wanted = true;
}

static void
on_stopping_stop(struct machine *m)
{
	m->is_wanted = false;
}

static void
on_stopping_died(struct machine *m)
{
	m->pid = 0;
	enter(m, STATE_STOPPED, -1);
	if (!m->is_wanted)
		return;
	m->is_wanted = false;
	start_afresh(m);
}

/* Killed again until it is gone: a new process of the group may have come. */
static void
on_stopping_timer(struct machine *m)
{
	if (m->is_asked) {
		m->is_asked = false;
		m->ops->signal(m, false);
		m->ops->timer(m, m->stop_ms - m->stop_ms / 2);
		return;
	}
	m->ops->signal(m, true);
	m->ops->timer(m, 1000);
}

static handler_fn *const table[STATE_NSTATES][EV_NEVENTS] = {
    [STATE_STOPPED][EV_START] = start_afresh,
    [STATE_STOPPED][EV_STOP] = ignore,
    [STATE_STOPPED][EV_CHILD_DIED] = ignore,
    [STATE_STOPPED][EV_TIMER] = ignore,

    [STATE_STARTING][EV_START] = ignore,
    [STATE_STARTING][EV_STOP] = stop_process,
    [STATE_STARTING][EV_CHILD_DIED] = on_starting_died,
    [STATE_STARTING][EV_TIMER] = on_starting_timer,

    [STATE_RUNNING][EV_START] = ignore,
    [STATE_RUNNING][EV_STOP] = stop_process,
    [STATE_RUNNING][EV_CHILD_DIED] = on_running_died,
    [STATE_RUNNING][EV_TIMER] = ignore,

    [STATE_BACKOFF][EV_START] = spawn,
    [STATE_BACKOFF][EV_STOP] = on_backoff_stop,
    [STATE_BACKOFF][EV_CHILD_DIED] = ignore,
    [STATE_BACKOFF][EV_TIMER] = spawn,

    [STATE_STOPPING][EV_START] = on_stopping_start,
    [STATE_STOPPING][EV_STOP] = on_stopping_stop,
    [STATE_STOPPING][EV_CHILD_DIED] = on_stopping_died,
    [STATE_STOPPING][EV_TIMER] = on_stopping_timer,

    [STATE_EXITED][EV_START] = start_afresh,
    [STATE_EXITED][EV_STOP] = ignore,
    [STATE_EXITED][EV_CHILD_DIED] = ignore,
    [STATE_EXITED][EV_TIMER] = ignore,

    [STATE_FATAL][EV_START] = start_afresh,
    [STATE_FATAL][EV_STOP] = ignore,
    [STATE_FATAL][EV_CHILD_DIED] = ignore,
    [STATE_FATAL][EV_TIMER] = ignore,
};

void
machine_handle(struct machine *m, enum machine_event event)
{
	handler_fn *handler;

	assert(m->state < STATE_NSTATES && event < EV_NEVENTS);
	handler = table[m->state][event];
	assert(handler != NULL);
	handler(m);
}
