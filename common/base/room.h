/* common/base/room.h -- how much of a disk strangers may fill.
 *
 * The last DC_DISK_RESERVE of a file system (DC_DISK_RESERVE_PERCENT of a
 * small one), of its bytes and of its inodes, belong to what runs already: the
 * store, logs, instances. Uploads and builds end before. */
#ifndef DC_ROOM_H
#define DC_ROOM_H

#include "common/base/err.h"

#include <stdint.h>

/* How often somebody who waits for a stranger's program looks. */
#define DC_ROOM_MS 200

/* DC_EUSER when what is left of PATH's file system is not for strangers. */
int dc_room_check(const char *path, struct dc_err *err);
int dc_room_check_fd(int fd, struct dc_err *err);

/* The same; *LEFT is how many bytes may be written until then. */
int dc_room_find(int64_t *left, const char *path, struct dc_err *err);

#endif
