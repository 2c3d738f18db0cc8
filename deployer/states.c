/* deployer/states.c -- see states.h. */
#include "deployer/states.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/instance.h"

#include <stdio.h>
#include <string.h>

static const char intro[] =
    "# States\n"
    "\n"
    "Written by `make docs` from the tables that the programs themselves obey\n"
    "(common/store/build.c, deployment.c, instance.c); do not edit.\n"
    "\n"
    "A move that is not listed here does not exist: the store refuses it. "
    "Each\n"
    "move is one transaction that compares and swaps, and leaves a row in the\n"
    "`events` table. What happens in each state, and after a crash in it, is "
    "in\n"
    "architecture.md; what an operator does about one, in operating.md and\n"
    "dcloud-states(7).\n";

static void
add_names(struct dc_str *out, const struct dc_machine *m, uint32_t in)
{
	bool any = false;
	int i;

	for (i = 0; i < m->nstates; i++) {
		if ((in & DC_FROM(i)) == 0)
			continue;
		dc_str_addf(out, "%s%s", any ? ", " : "", m->states[i].name);
		any = true;
	}
}

/* The states that are entered from this one. */
static uint32_t
next_of(const struct dc_machine *m, int from)
{
	uint32_t in = 0;
	int i;

	for (i = 0; i < m->nstates; i++)
		if ((m->states[i].from & DC_FROM(from)) != 0)
			in |= DC_FROM(i);
	return in;
}

static void
add_state(struct dc_str *out, const struct dc_machine *m, int i)
{
	const struct dc_machine_state *s = &m->states[i];
	uint32_t next = next_of(m, i);

	dc_str_addf(out, "| %s | %s | ", s->name, s->mover);
	if (i == 0)
		dc_str_addf(out, "*a new row*%s", s->from != 0 ? ", " : "");
	add_names(out, m, s->from);
	dc_str_add(out, " | ");
	if (next == 0)
		dc_str_add(out, "*the end*");
	add_names(out, m, next);
	dc_str_add(out, " |\n");
}

/* Rows from, columns to; the columns are numbered as the rows are. */
static void
add_matrix(struct dc_str *out, const struct dc_machine *m)
{
	int from, to;

	dc_str_add(out, "\n    from \\ to      ");
	for (to = 0; to < m->nstates; to++)
		dc_str_addf(out, " %2d", to + 1);
	for (from = 0; from < m->nstates; from++) {
		dc_str_addf(out, "\n    %2d %-13s", from + 1,
		    m->states[from].name);
		for (to = 0; to < m->nstates; to++)
			dc_str_add(out,
			    (m->states[to].from & DC_FROM(from)) != 0 ? "  x"
								      : "  .");
	}
	dc_str_add(out, "\n");
}

static void
add_machine(struct dc_str *out, const struct dc_machine *m)
{
	int i;

	dc_str_addf(out,
	    "\n## %s (table `%s`)\n\n"
	    "| state | moved into it by | entered from | goes on to |\n"
	    "|---|---|---|---|\n",
	    m->thing, m->table);
	for (i = 0; i < m->nstates; i++)
		add_state(out, m, i);
	add_matrix(out, m);
}

char *
states_format(void)
{
	struct dc_str out = {0};

	dc_str_add(&out, intro);
	add_machine(&out, &dc_deployment_machine);
	add_machine(&out, &dc_build_machine);
	add_machine(&out, &dc_instance_machine);
	return dc_str_steal(&out);
}

int
states_print(void)
{
	dc_auto_free char *text = states_format();

	return fputs(text, stdout) < 0 || fflush(stdout) != 0;
}
