/* common/store/account.h -- people: accounts and their ssh keys. */
#ifndef DC_ACCOUNT_H
#define DC_ACCOUNT_H

#include "common/store/db.h"

struct dc_account {
	int64_t id, created_at;
	char *name, *email, *password_hash;
};

void dc_account_done(struct dc_account *a);
#define dc_auto_account __attribute__((cleanup(dc_account_done)))

/* [a-z0-9]{1,DC_MAX_USER_NAME} */
bool dc_account_is_name(const char *name);

/* DC_EINVAL: no such name can be; DC_EBUSY: taken. */
int dc_account_add(struct dc_db *db, int64_t *id, const char *name,
    const char *email, const char *password_hash, struct dc_err *err);
int dc_account_load(struct dc_db *db, struct dc_account *out, int64_t id,
    struct dc_err *err);
/* By name, or by e-mail address when only one account has it. */
int dc_account_find(struct dc_db *db, struct dc_account *out, const char *name,
    struct dc_err *err);
/* Also takes back every token: whoever knew the old one is out. */
int dc_account_set_password(struct dc_db *db, int64_t id,
    const char *password_hash, struct dc_err *err);
/* DC_EBUSY while it owns applications. */
int dc_account_remove(struct dc_db *db, int64_t id, struct dc_err *err);

/* By name. FN returns < 0 to stop. */
typedef int dc_account_fn(const struct dc_account *a, void *arg,
    struct dc_err *err);
int dc_account_each(struct dc_db *db, dc_account_fn *fn, void *arg,
    struct dc_err *err);

struct dc_key {
	int64_t id;
	const char *type, *blob, *comment; /* borrowed */
	int64_t created_at;
};

/* Adding one's own key again is success with *IS_NEW false; another account's
 * is DC_EBUSY. */
int dc_key_add(struct dc_db *db, bool *is_new, int64_t account_id,
    const struct dc_key *key, struct dc_err *err);
int dc_key_find(struct dc_db *db, int64_t *account_id, const char *type,
    const char *blob, struct dc_err *err);
typedef int dc_key_fn(const struct dc_key *key, void *arg, struct dc_err *err);
int dc_key_each(struct dc_db *db, int64_t account_id, dc_key_fn *fn, void *arg,
    struct dc_err *err);
/* The keys that may enter the containers of an application. */
int dc_key_each_of_app(struct dc_db *db, int64_t application_id, dc_key_fn *fn,
    void *arg, struct dc_err *err);
/* Another number whenever anybody has another key. */
int dc_key_find_version(struct dc_db *db, int64_t *version, struct dc_err *err);

/* DC_ENOTFOUND: not of this account. */
int dc_key_remove(struct dc_db *db, int64_t account_id, int64_t id,
    struct dc_err *err);

#endif
