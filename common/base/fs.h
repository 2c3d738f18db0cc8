/* common/base/fs.h -- files and directories that belong to us.
 *
 * Nothing here is for trees that a stranger wrote, except dc_fs_open_in and
 * dc_fs_remove_tree, which never follow a link. */
#ifndef DC_FS_H
#define DC_FS_H

#include "common/base/err.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* mkdir -p with MODE for what is made. Existing directories are success. */
int dc_fs_mkdirs(const char *path, mode_t mode, struct dc_err *err);

/* The whole file, NUL-terminated, *OUT the caller's; more than MAX bytes is
 * DC_EINVAL. *LEN may be NULL. */
int dc_fs_load(char **out, size_t *len, const char *path, size_t max,
    struct dc_err *err);

/* Temporary name, fsync, rename: PATH holds the old or the new text, never a
 * part of it. */
int dc_fs_save(const char *path, const char *data, size_t len, mode_t mode,
    struct dc_err *err);

/* Writes all of it, retrying short writes. */
int dc_fs_write_all(int fd, const void *data, size_t len, struct dc_err *err);

/* Opens the regular file NAME below DIRFD for reading, resolving no link and
 * leaving DIRFD by no way; a FIFO or device is DC_EINVAL. */
int dc_fs_open_in(int *out, int dirfd, const char *name, struct dc_err *err);

/* rm -rf that follows no link and crosses no mount. A missing PATH is
 * success. */
int dc_fs_remove_tree(const char *path, struct dc_err *err);

/* True when PATH exists (links are not followed). */
_Bool dc_fs_exists(const char *path);

/* fsync of a directory, after a rename in it. */
int dc_fs_sync_dir(const char *path, struct dc_err *err);

/* Milliseconds since the epoch; and of the clock that never jumps. */
int64_t dc_now_ms(void);
int64_t dc_mono_ms(void);

#endif
