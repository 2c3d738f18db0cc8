/* deployer/ssh.h -- the files of an instance's sshd, in /etc/dcloud there: its
 * configuration, the application's host key, and who may enter. */
#ifndef SSH_H
#define SSH_H

#include "common/store/db.h"

#include <sys/types.h>

/* Where dcinit starts it, as an argument of dcinit's: DC_SSH_PORT. */
#define SSH_PORT "22"

/* Into the directory BOX_DIR of a container of the range at FIRST_ID. */
int ssh_save(struct dc_db *db, const char *box_dir, int64_t application_id,
    uid_t first_id, struct dc_err *err);

/* The keys alone, again: at any time, and at once. */
int ssh_save_keys(struct dc_db *db, const char *box_dir, int64_t application_id,
    struct dc_err *err);

#endif
