/* common/box/cgmemory.h -- what the cgroups of a running container say of its
 * memory, in v1 hierarchies and v2. Bytes. */
#ifndef DC_CGMEMORY_H
#define DC_CGMEMORY_H

#include "common/base/err.h"

#include <stdbool.h>

/* The limit; swap is not to be had beyond it. DC_ENOTFOUND: none has one. */
int dc_cgmemory_set(const char *name, long long bytes, struct dc_err *err);

/* What it uses, without and with a file behind it. */
struct dc_cgmemory {
	long long rss, active, inactive;
};

/* DC_ENOTFOUND: it has no cgroup that says so. */
int dc_cgmemory_load(struct dc_cgmemory *out, const char *name,
    struct dc_err *err);

/* Has the kernel killed one of its processes for want of it? */
bool dc_cgmemory_was_short(const char *name);

#endif
