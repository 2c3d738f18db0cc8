/* runtime/command.h -- what a client of the control socket may ask. */
#ifndef DC_COMMAND_H
#define DC_COMMAND_H

#include "runtime/control.h"

/* Answers LINE (changed in place), or notes in CLIENT what it waits for. */
void command_run(struct client *client, char *line);

/* P is in another state: answers CLIENT when it waited for that. */
void command_changed(struct client *client, const struct program *p);
void command_removed(struct client *client, const struct program *p);

#endif
