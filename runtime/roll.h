/* runtime/roll.h -- workers are restarted one after the other: while one is not
 * up yet, the others of its group serve. */
#ifndef DC_ROLL_H
#define DC_ROLL_H

#include "runtime/supervisor.h"

/* P is restarted, or replaced when it has a replacement, when it is its turn:
 * at once when it is no worker with a socket. */
void roll_add(struct program *p);

/* P does not come up: those that were to follow stay as they are, but for their
 * replacements, which wait. */
void roll_cancel(const struct program *p);

/* Between two events. */
void roll_settle(struct supervisor *s);

#endif
