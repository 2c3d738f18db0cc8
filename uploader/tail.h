/* uploader/tail.h -- follows the log files of one instance. Its directory is
 * written by strangers: links, FIFOs and endless lines are expected. */
#ifndef UPLOADER_TAIL_H
#define UPLOADER_TAIL_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct tail;

/* A place in a file: where the next line begins. Rotation renames files, so
 * the inode says which one it is. */
struct tail_mark {
	const char *name;
	uint64_t inode;
	int64_t offset;
};

/* LINE (NULL: only the place is told) has no newline; MARK is the place behind
 * it. < 0 stops. */
typedef int tail_fn(const struct tail_mark *mark, const char *line, void *arg,
    struct dc_err *err);

/* The directory DIR and all of its *.log, which begin at their mark, or N lines
 * before their ends (-1: with the first). What was rotated away since the mark
 * is read before. INOTIFY (-1: none) gets a watch. */
struct tail_start {
	const struct tail_mark *marks;
	size_t nmarks;
	int64_t n;
};
int tail_open(struct tail **out, const char *dir,
    const struct tail_start *start, int inotify, struct dc_err *err);
void tail_close(struct tail *t);

/* Gives FN the lines that have come, also of rotated and new files. Not the
 * last one while it has no end, unless AT_END. */
int tail_read(struct tail *t, bool at_end, tail_fn *fn, void *arg,
    struct dc_err *err);

/* Gives FN where each file is now. */
int tail_tell(struct tail *t, tail_fn *fn, void *arg, struct dc_err *err);

static inline void
tail_auto_(struct tail **t)
{
	tail_close(*t);
}
#define tail_auto __attribute__((cleanup(tail_auto_)))

#endif
