/* deployer/verdict.h -- counts of answers and crashes over time, and whether
 * they are bad enough to take a version back. */
#ifndef VERDICT_H
#define VERDICT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VERDICT_WINDOW_MS 10000
#define VERDICT_ANSWERS 10 /* fewer say nothing */

/* What HAProxy has counted of one instance, lately. */
struct verdict_window {
	struct verdict_sample {
		int64_t at; /* monotonic ms */
		int64_t answers, errors;
	} v[16];
	size_t n;
};

/* Counters that fall begin anew: an old worker of HAProxy's has ended. */
void verdict_add(struct verdict_window *w, int64_t now, int64_t answers,
    int64_t errors);
/* Answers within the window, and the bad ones of them. */
void verdict_sum(const struct verdict_window *w, int64_t *answers,
    int64_t *errors);
bool verdict_is_bad(int64_t answers, int64_t errors, int percent);

/* The processes of one instance, by what its pid 1 says of each: "NAME STATE
 * pid=N crashes=N how". Those of before the first word do not count. */
struct verdict_crashes {
	struct verdict_program {
		char name[65];
		long first, last;
	} v[64];
	size_t n;
	int64_t before; /* in containers that have ended */
};

void verdict_read(struct verdict_crashes *c, const char *line);
/* Another container: it counts from 0. */
void verdict_restart(struct verdict_crashes *c);
int64_t verdict_crashes(const struct verdict_crashes *c);

#endif
