/* common/archive/attr.h -- the extended attributes that an archive keeps. */
#ifndef DC_ATTR_H
#define DC_ATTR_H

#include "common/base/err.h"

#include <stdint.h>

struct archive_entry;

/* Adds those of the open file or directory FD to E, in the order of their
 * names. A file system without any is success, more than limits.h allows
 * DC_EUSER. LEFT: how many bytes the archive may yet have of them. */
int dc_attr_load(struct archive_entry *e, int64_t *left, int fd,
    const char *path, struct dc_err *err);

/* Gives E's to FD. DC_EINVAL: one that dc_attr_load would not have added. */
int dc_attr_save(struct archive_entry *e, int fd, const char *path,
    struct dc_err *err);

#endif
