/* deployer/verdict.c -- see verdict.h. */
#include "deployer/verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLES                                                                \
	(sizeof(((struct verdict_window *)0)->v) /                             \
	    sizeof(((struct verdict_window *)0)->v[0]))

static void
forget_first(struct verdict_window *w)
{
	w->n--;
	memmove(w->v, w->v + 1, w->n * sizeof(w->v[0]));
}

void
verdict_add(struct verdict_window *w, int64_t now, int64_t answers,
    int64_t errors)
{
	if (w->n > 0 && (answers < w->v[w->n - 1].answers ||
			    errors < w->v[w->n - 1].errors))
		w->n = 0;
	while (w->n > 1 && now - w->v[1].at >= VERDICT_WINDOW_MS)
		forget_first(w);
	if (w->n == SAMPLES)
		forget_first(w);
	w->v[w->n++] = (struct verdict_sample){now, answers, errors};
}

void
verdict_sum(const struct verdict_window *w, int64_t *answers, int64_t *errors)
{
	const struct verdict_sample *first = &w->v[0];
	const struct verdict_sample *last = w->n > 0 ? &w->v[w->n - 1] : first;

	*answers = w->n > 0 ? last->answers - first->answers : 0;
	*errors = w->n > 0 ? last->errors - first->errors : 0;
}

bool
verdict_is_bad(int64_t answers, int64_t errors, int percent)
{
	return answers >= VERDICT_ANSWERS && errors * 100 >= answers * percent;
}

static struct verdict_program *
program_of(struct verdict_crashes *c, const char *name, size_t len)
{
	size_t i;

	if (len >= sizeof(c->v[0].name))
		len = sizeof(c->v[0].name) - 1;
	for (i = 0; i < c->n; i++)
		if (strlen(c->v[i].name) == len &&
		    memcmp(c->v[i].name, name, len) == 0)
			return &c->v[i];
	if (c->n == sizeof(c->v) / sizeof(c->v[0]))
		return NULL;
	(void)snprintf(c->v[c->n].name, sizeof(c->v[0].name), "%.*s", (int)len,
	    name);
	c->v[c->n].first = -1;
	return &c->v[c->n++];
}

void
verdict_read(struct verdict_crashes *c, const char *line)
{
	const char *word = strstr(line, " crashes=");
	struct verdict_program *p;
	long n;

	if (word == NULL)
		return;
	p = program_of(c, line, strcspn(line, " "));
	n = strtol(word + strlen(" crashes="), NULL, 10);
	if (p == NULL || n < 0)
		return;
	if (p->first < 0 || n < p->first)
		p->first = n;
	p->last = n;
}

void
verdict_restart(struct verdict_crashes *c)
{
	int64_t before = verdict_crashes(c);

	*c = (struct verdict_crashes){.before = before};
}

int64_t
verdict_crashes(const struct verdict_crashes *c)
{
	int64_t sum = c->before;
	size_t i;

	for (i = 0; i < c->n; i++)
		sum += c->v[i].last - c->v[i].first;
	return sum;
}
