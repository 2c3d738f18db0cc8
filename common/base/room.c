/* common/base/room.c -- see room.h. */
#include "common/base/room.h"

#include "common/base/limits.h"

#include <stdint.h>
#include <sys/statvfs.h>

static uint64_t
reserve_of(uint64_t all, uint64_t most)
{
	uint64_t part = all * DC_DISK_RESERVE_PERCENT / 100;

	return part < most ? part : most;
}

static int
judge(const struct statvfs *st, struct dc_err *err)
{
	uint64_t size = st->f_frsize;
	uint64_t kept = reserve_of(st->f_blocks * size, DC_DISK_RESERVE);
	uint64_t inodes = reserve_of(st->f_files, DC_INODE_RESERVE);

	if (st->f_bavail * size < kept)
		return dc_fail(err, DC_EUSER,
		    "the platform's disk is full but for the %llu MB that it"
		    " keeps for what runs; try again when there is room",
		    (unsigned long long)kept >> 20);
	/* Some file systems make inodes as they go, and have none to count. */
	if (st->f_files > 0 && st->f_favail < inodes)
		return dc_fail(err, DC_EUSER,
		    "the platform's disk has room for few more files, which it"
		    " keeps for what runs; try again when there is room");
	return 0;
}

int
dc_room_find(int64_t *left, const char *path, struct dc_err *err)
{
	struct statvfs st;
	uint64_t free, kept;

	if (statvfs(path, &st) < 0)
		return dc_fail_errno(err, "statvfs '%s'", path);
	free = st.f_bavail * st.f_frsize;
	kept = reserve_of(st.f_blocks * st.f_frsize, DC_DISK_RESERVE);
	*left = free > kept ? (int64_t)(free - kept) : 0;
	return judge(&st, err);
}

int
dc_room_check(const char *path, struct dc_err *err)
{
	struct statvfs st;

	if (statvfs(path, &st) < 0)
		return dc_fail_errno(err, "statvfs '%s'", path);
	return judge(&st, err);
}

int
dc_room_check_fd(int fd, struct dc_err *err)
{
	struct statvfs st;

	if (fstatvfs(fd, &st) < 0)
		return dc_fail_errno(err, "statvfs");
	return judge(&st, err);
}
