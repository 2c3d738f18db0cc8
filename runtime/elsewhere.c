/* runtime/elsewhere.c -- see elsewhere.h. */
#include "runtime/elsewhere.h"

#include "common/base/str.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct elsewhere_program *
find(struct elsewhere *e, const char *name)
{
	for (size_t i = 0; i < e->n; i++)
		if (strcmp(e->v[i].name, name) == 0)
			return &e->v[i];
	if (e->n == ELSEWHERE_MAX || strlen(name) >= sizeof(e->v[0].name))
		return NULL;
	e->v = dc_xrealloc(e->v, (e->n + 1) * sizeof(*e->v));
	e->v[e->n] = (struct elsewhere_program){0};
	(void)snprintf(e->v[e->n].name, sizeof(e->v[0].name), "%s", name);
	return &e->v[e->n++];
}

const struct elsewhere_program *
elsewhere_note(struct elsewhere *e, char *const words[4])
{
	static const char *const states[] = {"STOPPED", "STARTING", "RUNNING",
	    "BACKOFF", "STOPPING", "EXITED", "FATAL", "UNKNOWN"};
	struct elsewhere_program *p;
	const char *state = NULL;
	long long pid;

	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (strcmp(words[1], states[i]) == 0)
			state = states[i];
	if (state == NULL || !dc_is_number(words[2], 0, INT_MAX, &pid))
		return NULL;
	p = find(e, words[0]);
	if (p == NULL)
		return NULL;
	(void)snprintf(p->state, sizeof(p->state), "%s", state);
	(void)snprintf(p->pid, sizeof(p->pid), "%lld", pid);
	if (strcmp(state, "BACKOFF") == 0 ||
	    (strcmp(state, "EXITED") == 0 && strcmp(words[3], "0") == 0))
		p->crashes++;
	if (strcmp(p->name, ELSEWHERE_LISTENER) == 0 &&
	    strcmp(state, "RUNNING") == 0)
		e->is_complete = true;
	return p;
}

void
elsewhere_done(struct elsewhere *e)
{
	free(e->v);
	*e = (struct elsewhere){0};
}
