/* common/store/host_key.h -- how the sshd of an application's instances is
 * known: one key for all of them, made when it is first asked for. */
#ifndef DC_HOST_KEY_H
#define DC_HOST_KEY_H

#include "common/store/db.h"

/* The file's text, the caller's to free. */
int dc_host_key_load(struct dc_db *db, char **private_key,
    int64_t application_id, struct dc_err *err);

/* "ssh-ed25519 AAAA...", the caller's to free; NULL: there is none yet. */
int dc_host_key_find(struct dc_db *db, char **public_key,
    int64_t application_id, struct dc_err *err);

#endif
