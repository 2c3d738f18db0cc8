/* common/store/private_key.h -- the pair of an account whose private half the
 * platform has too: the published client wants it from the server. */
#ifndef DC_PRIVATE_KEY_H
#define DC_PRIVATE_KEY_H

#include "common/store/account.h"

/* *PEM is the caller's. DC_ENOTFOUND: none, or its public half was removed. */
int dc_private_key_find(struct dc_db *db, char **pem, int64_t account_id,
    struct dc_err *err);

/* Also adds KEY, the public half, to those of the account. DC_EBUSY: somebody
 * else has just done it. */
int dc_private_key_add(struct dc_db *db, int64_t account_id,
    const struct dc_key *key, const char *pem, struct dc_err *err);

#endif
