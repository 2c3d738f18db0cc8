/* runtime/tail.h -- the end of a log, and what is added to it. */
#ifndef DC_TAIL_H
#define DC_TAIL_H

#include <stdbool.h>

/* Prints the last BYTES of the file at PATH with the rights of whoever asks;
 * FOLLOWS: and then what comes, rotation included, until interrupted. False,
 * with a message, when it cannot be read. */
bool tail_run(const char *path, long long bytes, bool follows);

#endif
