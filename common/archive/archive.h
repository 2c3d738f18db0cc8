/* common/archive/archive.h -- a directory tree as tar + zstd, both ways.
 *
 * The tree and the archive are hostile: no link is ever followed, nothing is
 * made outside of the directory, and what is large has a limit. Both calls are
 * meant for a child that is confined to the tree (user namespace, chroot), but
 * do not depend on it. Neither changes the working directory or the umask. */
#ifndef DC_ARCHIVE_H
#define DC_ARCHIVE_H

#include "common/base/err.h"

#include <stdint.h>

/* Directories below each other; a path has PATH_MAX bytes at most. */
#define DC_MAX_ARCHIVE_DEPTH 256

struct dc_archive_limits {
	int64_t bytes;   /* of all files, holes included */
	int64_t entries; /* files, directories, links    */
};

/* Everything below DIRFD (not itself) to FD, which may be a pipe. The same
 * tree gives the same bytes: sorted, numeric owners, no access times. Kept:
 * modes, owners, mtimes, symbolic and hard links, FIFOs, names of any bytes,
 * attributes user.* and access lists. Sockets and devices are removed from the
 * tree. More than LIMITS is DC_EUSER. */
int dc_archive_write(int dirfd, int fd, const struct dc_archive_limits *limits,
    struct dc_err *err);

/* Reads FD, which may be a pipe, to its end into DIRFD, an empty directory.
 * Owners are set when we are root; setuid and setgid bits are dropped; runs of
 * zeros become holes. DC_EINVAL: the archive is damaged, or holds what
 * dc_archive_write would not have written. On failure a part stays behind. */
int dc_archive_read(int fd, int dirfd, const struct dc_archive_limits *limits,
    struct dc_err *err);

#endif
