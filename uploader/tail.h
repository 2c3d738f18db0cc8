/* uploader/tail.h -- follows the log files of one instance. Its directory is
 * written by strangers: links, FIFOs and endless lines are expected. */
#ifndef UPLOADER_TAIL_H
#define UPLOADER_TAIL_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

struct tail;

/* NAME is the file's; LINE has no newline. < 0 stops. */
typedef int tail_fn(const char *name, const char *line, void *arg,
    struct dc_err *err);

/* The directory DIR and all of its *.log, which begin N lines before their
 * ends. INOTIFY (-1: none) gets a watch. */
int tail_open(struct tail **out, const char *dir, int64_t n, int inotify,
    struct dc_err *err);
void tail_close(struct tail *t);

/* Gives FN the lines that have come, also of rotated and new files. Not the
 * last one while it has no end, unless AT_END. */
int tail_read(struct tail *t, bool at_end, tail_fn *fn, void *arg,
    struct dc_err *err);

static inline void
tail_auto_(struct tail **t)
{
	tail_close(*t);
}
#define tail_auto __attribute__((cleanup(tail_auto_)))

#endif
