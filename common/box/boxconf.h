/* common/box/boxconf.h -- the files that say what a container is: liblxc's
 * configuration, the seccomp profile, and the mounts we make for it. */
#ifndef DC_BOXCONF_H
#define DC_BOXCONF_H

#include "common/base/str.h"
#include "common/box/box.h"
#include "common/box/cgroup.h"

/* What of the machine the configuration depends on. */
struct dc_boxconf_host {
	const struct dc_cgroups *cgroups;
	const char *apparmor; /* profile, NULL: the kernel has none */
	int mtu;              /* 0: liblxc's own                    */
	unsigned long nofile; /* open files of a process            */
	bool has_swap_limit;  /* v1 memory.memsw                    */
};

/* Names, paths and addresses that are safe in every file we write. */
int dc_boxconf_check(const char *boxes, const struct dc_box_spec *spec,
    struct dc_err *err);

/* "<bridge>-<letter><digits>", no path. */
bool dc_boxconf_is_name(const char *name);

/* BOXES/NAME/config, for a spec that passed the check. */
void dc_boxconf_format(struct dc_str *out, const char *dir,
    const struct dc_box_spec *spec, const struct dc_boxconf_host *host);

extern const char dc_boxconf_seccomp[];

/* <bridge>-<host number>: at most 15 characters, known from the address. */
char *dc_boxconf_veth(const char *bridge, const char *address,
    unsigned prefix_len);

/* The first value of KEY in a configuration; the caller's; NULL: none. */
char *dc_boxconf_value(const char *text, const char *key);

/* BOXES/NAME/mounts: what has to be mounted again after a reboot. */
struct dc_boxconf_mounts {
	uid_t first_id, code_uid, root_lower_id, listen_uid;
	char *image, *root_lower, *code, *listen;
	struct dc_strv home_lower;
};

void dc_boxconf_mounts_format(struct dc_str *out,
    const struct dc_box_spec *spec);
int dc_boxconf_mounts_parse(struct dc_boxconf_mounts *out, const char *text,
    struct dc_err *err);
void dc_boxconf_mounts_done(struct dc_boxconf_mounts *m);

#endif
