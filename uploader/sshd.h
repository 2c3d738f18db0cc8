/* uploader/sshd.h -- the platform's own sshd: pushes only, keys out of the
 * store, no PAM, no shell. */
#ifndef UPLOADER_SSHD_H
#define UPLOADER_SSHD_H

#include "common/conf/conf.h"

/* Writes <root>/etc/sshd_config and, when there is none, the host key. *PATH
 * is the file's, the caller's to free. CONF_PATH is where our
 * helper programs find CONF. Needs root: sshd reads neither from others. */
int sshd_save_config(char **path, const struct dc_conf *conf,
    const char *conf_path, struct dc_err *err);

#endif
