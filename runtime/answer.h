/* runtime/answer.h -- the commands that only tell; see control.h. */
#ifndef DC_ANSWER_H
#define DC_ANSWER_H

#include "runtime/control.h"

/* NAME is P's, "GROUP:*" or "all" (also: none given). */
bool answer_is_meant(const struct program *p, const char *name);
/* Is anybody? If not, CLIENT is told. */
bool answer_is_known(struct client *client, const char *name);

void answer_status(struct client *client, const char *name, const char *word);
void answer_pid(struct client *client, const char *name, const char *word);
void answer_avail(struct client *client, const char *name, const char *word);
void answer_log(struct client *client, const char *name, const char *word);

#endif
