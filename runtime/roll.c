/* runtime/roll.c -- see roll.h. */
#include "runtime/roll.h"

#include "runtime/control.h"

#include <string.h>

static void
begin(struct program *p)
{
	p->is_due = false;
	machine_handle(&p->machine, EV_STOP);
	if (!p->has_replacement)
		machine_handle(&p->machine, EV_START);
}

static bool
is_mate(const struct program *p, const struct program *q)
{
	return p != q && q->settings.socket != NULL && !q->is_removed &&
	       strcmp(p->settings.group, q->settings.group) == 0;
}

/* Down already, or about to be: nothing is lost by its restart. */
static bool
is_idle(const struct program *p)
{
	return p->machine.state != STATE_RUNNING;
}

/* One that is down for good, as somebody wanted, is nobody to wait for. */
static bool
is_under_way(const struct program *p)
{
	if (machine_is_down(&p->machine))
		return p->has_replacement && p->replacement.is_autostarted;
	return p->machine.state != STATE_RUNNING;
}

static bool
may_begin(const struct program *p)
{
	const struct supervisor *s = p->owner;

	if (is_idle(p))
		return true;
	for (size_t i = 0; i < s->n; i++)
		if (is_mate(p, s->v[i]) && is_under_way(s->v[i]))
			return false;
	return true;
}

void
roll_add(struct program *p)
{
	if (p->settings.socket == NULL || may_begin(p))
		begin(p);
	else
		p->is_due = true;
}

void
roll_cancel(const struct program *p)
{
	const struct supervisor *s = p->owner;

	if (p->settings.socket == NULL)
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct program *q = s->v[i];

		if (!is_mate(p, q) || !q->is_due || q->has_replacement)
			continue;
		q->is_due = false;
		control_changed(s->control, q);
	}
}

void
roll_settle(struct supervisor *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->is_due && !s->is_stopping && may_begin(s->v[i]))
			begin(s->v[i]);
}
