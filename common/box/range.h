/* common/box/range.h -- an application's own range of 65,536 uids and gids:
 * user namespaces over it, and work done as nobody but that range's root. */
#ifndef DC_RANGE_H
#define DC_RANGE_H

#include "common/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* COUNT ids from INSIDE, as a user namespace's file system sees them, are
 * the ids from OUTSIDE of the host. */
struct dc_range_map {
	uid_t inside_uid, outside_uid;
	gid_t inside_gid, outside_gid;
	unsigned count;
};

/* A descriptor of a new user namespace with that map, for idmapped mounts. */
int dc_range_open(int *out, const struct dc_range_map *map, struct dc_err *err);

typedef int dc_range_fn(void *arg);

/* Runs FN(ARG) in a child that is root of the range at FIRST_ID and nothing
 * else: a user and a network namespace of its own, ROOT_DIR as its whole file
 * system, no descriptor but 0, 1, 2 and KEEP (ended by -1, may be NULL), no
 * capability but those over the range's own files. For reading and writing
 * trees that a stranger wrote. FN's result is the child's exit status and is
 * returned (128 + the signal's number when it was killed); < 0 when the child
 * could not be set up. The child dies with the caller. */
int dc_box_in_range(uid_t first_id, const char *root_dir, const int *keep,
    dc_range_fn *fn, void *arg, struct dc_err *err);

/* Whether liblxc will be able to map the range: with newuidmap installed it
 * insists on /etc/subuid and /etc/subgid giving root the range, and the error
 * says what to write there. */
int dc_range_check(uid_t first_id, struct dc_err *err);

/* SUBIDS, the text of /etc/subuid, gives root COUNT ids from FIRST. */
bool dc_range_is_given(const char *subids, long long first, long long count);

#endif
