/* runtime/digest.h -- has what is to be run changed? */
#ifndef DC_DIGEST_H
#define DC_DIGEST_H

#include "runtime/settings.h"

/* Of all that makes P's processes what they are; ENV is that of every program.
 * Equal means same. */
uint64_t digest_of(const struct program_settings *p, const struct dc_strv *env);

#endif
