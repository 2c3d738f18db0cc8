/* common/box/boxhome.h -- what a container has written into its home, as
 * directories of the host that can be moved to another container's.
 *
 * NAME's home is an overlay: nothing here may run while it is mounted, but
 * dc_box_home_has. ENTRY is a name at the top of the home. */
#ifndef DC_BOXHOME_H
#define DC_BOXHOME_H

#include "common/base/err.h"

#include <stdbool.h>

/* A directory ENTRY (no link to one, no file) that it has made or written to;
 * one that is as the layers below made it does not count. */
bool dc_box_home_has(const char *boxes, const char *name, const char *entry);

/* Where ENTRY's directory is, the caller's. */
char *dc_box_home_path(const char *boxes, const char *name, const char *entry);

/* Whether that directory is all there is to see of ENTRY. Otherwise a part is
 * in the layers below, its own or those of something that was renamed into
 * it. */
int dc_box_home_is_whole(bool *out, const char *boxes, const char *name,
    const char *entry, struct dc_err *err);

/* What is seen of ENTRY as a whole directory COPY beside it, made by cp in the
 * container (which is started for it and stopped). DC_EUSER: there is no room,
 * and nothing is left of it. */
int dc_box_home_copy(const char *boxes, const char *name, const char *entry,
    const char *copy, struct dc_err *err);

/* Puts the directory FROM, complete, as ENTRY into the home, over whatever the
 * layers below have. There must be none. */
int dc_box_home_put(const char *boxes, const char *name, const char *entry,
    const char *from, struct dc_err *err);

#endif
