/* uploader/limit.h -- how often somebody may try to log in. Lives in the
 * memory of the event loop, which outlives the children that check. */
#ifndef UPLOADER_LIMIT_H
#define UPLOADER_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#define LIMIT_WINDOW_MS 300000L

struct limit;

struct limit *limit_new(void);
void limit_free(struct limit *l);

/* Counts an attempt at ACCOUNT from ADDRESS before it is checked, so that
 * many at once are no way round. False: too many within the window, by this
 * address, at this account from it, or at this account from everywhere. */
bool limit_may_try(struct limit *l, const char *account, const char *address,
    int64_t now_ms);
/* It was the right password: forgets what ADDRESS did to ACCOUNT, and this one
 * attempt elsewhere: logging in oneself is no way to try others' again. */
void limit_remove(struct limit *l, const char *account, const char *address);

#endif
