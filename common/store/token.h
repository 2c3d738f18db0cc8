/* common/store/token.h -- log-ins: a token for each machine, and API keys. Only
 * SHA-256 hashes in hex are kept. */
#ifndef DC_TOKEN_H
#define DC_TOKEN_H

#include "common/store/db.h"

/* The published client renews a token and repeats its request with the old. */
#define DC_OLD_TOKEN_SECONDS 60

struct dc_token {
	int64_t id, account_id;
	int64_t created_at, used_at; /* 0: never; to the minute */
	int64_t expires_at;          /* 0: never */
	const char *machine;         /* borrowed */
};

/* REFRESH_HASH NULL: it does not expire (an API key). When the account has
 * DC_MAX_TOKENS the one that was not used for longest goes. */
int dc_token_add(struct dc_db *db, int64_t account_id, const char *hash,
    const char *refresh_hash, const char *machine, struct dc_err *err);

/* By HASH, and notes that it was used. DC_ENOTFOUND: there is none, or it has
 * expired. MACHINE of it is NULL. */
int dc_token_find(struct dc_db *db, struct dc_token *out, const char *hash,
    struct dc_err *err);

/* The token of REFRESH_HASH gets HASH and more time; the hash it had holds for
 * DC_OLD_TOKEN_SECONDS more: requests are under way with it. DC_ENOTFOUND. */
int dc_token_refresh(struct dc_db *db, struct dc_token *out,
    const char *refresh_hash, const char *hash, struct dc_err *err);

/* DC_ENOTFOUND: not of this account. */
int dc_token_remove(struct dc_db *db, int64_t account_id, int64_t id,
    struct dc_err *err);

/* In order of log-in. FN returns < 0 to stop. */
typedef int dc_token_fn(const struct dc_token *t, void *arg,
    struct dc_err *err);
int dc_token_each(struct dc_db *db, int64_t account_id, dc_token_fn *fn,
    void *arg, struct dc_err *err);

#endif
