/* runtime/words.h -- a command line to its words, as Python's shlex does. */
#ifndef DC_WORDS_H
#define DC_WORDS_H

#include "common/base/err.h"
#include "common/base/str.h"

/* Appends the words of LINE to OUT: POSIX quoting ('..', "..", \x), nothing
 * is expanded. DC_EINVAL when a quote is not closed or a word ends in '\'. */
int words_split(struct dc_strv *out, const char *line, struct dc_err *err);

#endif
