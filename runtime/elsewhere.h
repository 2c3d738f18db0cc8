/* runtime/elsewhere.h -- the programs that the real supervisord runs, as its
 * events tell: for `watch`, so that a deployment sees them crash. */
#ifndef DC_ELSEWHERE_H
#define DC_ELSEWHERE_H

#include <stdbool.h>
#include <stddef.h>

#define ELSEWHERE_MAX 256
#define ELSEWHERE_LISTENER "dcloud" /* the listener, itself such a program */

struct elsewhere_program {
	char name[257], state[16], pid[12];
	unsigned crashes;
};

struct elsewhere {
	struct elsewhere_program *v;
	size_t n;
	/* The listener, started last, is up: all others have been heard of. */
	bool is_complete;
};

/* Notes an event, "NAME STATE PID EXPECTED" as words; NULL: it is none. What is
 * returned is in the list. */
const struct elsewhere_program *elsewhere_note(struct elsewhere *e,
    char *const words[4]);
void elsewhere_done(struct elsewhere *e);

#endif
