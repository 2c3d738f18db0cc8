/* common/box/mount.h -- what the kernel has mounted, and the two kinds of
 * mount a container is made of: idmapped trees and overlays. */
#ifndef DC_MOUNT_H
#define DC_MOUNT_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <stdbool.h>

/* One line of /proc/PID/mountinfo; the strings live as long as the call. */
struct dc_mount_line {
	const char *point, *type, *options; /* of the file system, not mount */
};

typedef int dc_mount_fn(const struct dc_mount_line *line, void *arg);

/* Calls FN for each line of TEXT (which is cut up), in order; a result < 0
 * ends it and is returned. */
int dc_mount_parse(char *text, dc_mount_fn *fn, void *arg);

/* The same for the mounts of this process. */
int dc_mount_each(dc_mount_fn *fn, void *arg, struct dc_err *err);

/* Adds the mount points at and below DIR, in order of mounting. DIR has to
 * be as realpath gives it. */
int dc_mount_list(struct dc_strv *out, const char *dir, struct dc_err *err);

/* Unmounts all of those, last one first, busy ones lazily. */
int dc_mount_clear(const char *dir, struct dc_err *err);

/* A view of the tree SOURCE at TARGET whose owners are mapped as the user
 * namespace USERNS says. Read-only, nodev. */
int dc_mount_idmapped(const char *target, const char *source, int userns,
    struct dc_err *err);

/* A view of the directory DIRFD at TARGET through which sockets are reached,
 * and nothing else: owners as USERNS says, no symbolic link is followed. */
int dc_mount_sockets(const char *target, int dirfd, int userns,
    struct dc_err *err);

struct dc_overlay {
	const char *const *lower; /* NULL-terminated, topmost first */
	const char *upper, *work;
	bool is_volatile; /* upper is thrown away: never sync it */
	bool nosuid;
};

/* nodev always. Paths with ':', ',' or '\' are DC_EINVAL. */
int dc_mount_overlay(const char *target, const struct dc_overlay *o,
    struct dc_err *err);

#endif
