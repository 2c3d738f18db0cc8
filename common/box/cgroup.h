/* common/box/cgroup.h -- a container's cgroups, in v1 hierarchies and v2. */
#ifndef DC_CGROUP_H
#define DC_CGROUP_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <stdbool.h>

struct dc_cgroup_tree {
	char *dir;         /* where liblxc makes a container's cgroups */
	char *controllers; /* ",memory,": with commas around each      */
	bool v2;
};

/* The hierarchies mounted on this machine. */
struct dc_cgroups {
	struct dc_cgroup_tree *v;
	size_t n;
};

int dc_cgroup_load(struct dc_cgroups *out, struct dc_err *err);
void dc_cgroup_done(struct dc_cgroups *cg);
#define dc_auto_cgroups __attribute__((cleanup(dc_cgroup_done)))

bool dc_cgroup_has(const struct dc_cgroups *cg, bool v2,
    const char *controller);

/* DIR is lxc.payload.NAME or lxc.monitor.NAME, or either with the "-1" that
 * liblxc adds when the name is taken by a leftover. */
bool dc_cgroup_is_of(const char *dir, const char *name);

/* Kills all that is in the cgroups of container NAME, frozen or not, waits
 * for it to be gone and removes them. None there is success. */
int dc_cgroup_destroy(const char *name, struct dc_err *err);

/* Gives all that is in them no time any more; they keep their memory. DC_EBUSY:
 * not within 2 seconds, it goes on. DC_ENOTFOUND: there is no such container.
 */
int dc_cgroup_freeze(const char *name, struct dc_err *err);
int dc_cgroup_thaw(const char *name, struct dc_err *err);

/* Removes the cgroup that liblxc's monitors die in, when nobody does. */
void dc_cgroup_tidy(void);

/* Adds the names with PREFIX of containers that have cgroups. */
int dc_cgroup_list(struct dc_strv *out, const char *prefix, struct dc_err *err);

/* FN for each cgroup of a container at the top of any hierarchy: DIR in
 * PARENT. */
typedef int dc_cgroup_fn(int parent, const char *dir, void *arg,
    struct dc_err *err);
int dc_cgroup_each(dc_cgroup_fn *fn, void *arg, struct dc_err *err);

/* Kills process PID and waits for its end, at most 5 seconds (DC_EBUSY). It
 * is left alone when it is not (or no longer) what IS_MEANT says. */
int dc_cgroup_kill(int pid, bool (*is_meant)(int pid, const void *arg),
    const void *arg, struct dc_err *err);

#endif
