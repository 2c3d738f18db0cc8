/* common/box/lxc.h -- the door to liblxc: the only file that includes it is
 * lxc.c. Configuration is read from BOXES/NAME/config. */
#ifndef DC_LXC_H
#define DC_LXC_H

#include "common/box/box.h"

/* In the calling process, which should be one made for this. */
int dc_lxc_start(const char *boxes, const char *name, struct dc_err *err);

bool dc_lxc_is_running(const char *boxes, const char *name);
pid_t dc_lxc_pid(const char *boxes, const char *name);
int dc_lxc_attach(pid_t *pid, const char *boxes, const char *name,
    const struct dc_box_run *run, struct dc_err *err);

/* liblxc keeps a lock file per container under /run and never removes it. */
void dc_lxc_forget(const char *boxes, const char *name);

#endif
