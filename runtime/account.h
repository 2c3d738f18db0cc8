/* runtime/account.h -- the user a program runs as, from /etc/passwd. */
#ifndef DC_ACCOUNT_H
#define DC_ACCOUNT_H

#include "common/base/err.h"

#include <stddef.h>
#include <sys/types.h>

#define ACCOUNT_MAX_GROUPS 32

struct account {
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCOUNT_MAX_GROUPS];
	int ngroups;
	char *name, *home, *shell;
};

/* Finds NAME (or a number that is an account's). *OUT is the caller's. */
int account_find(struct account **out, const char *name, struct dc_err *err);
void account_free(struct account *account);

/* Becomes ACCOUNT for good: groups, gid, uid. For a forked child. */
int account_become(const struct account *account, struct dc_err *err);

/* Opens and renames files with ACCOUNT's rights only (NULL: our own) until
 * account_end_files. */
void account_begin_files(const struct account *account);
void account_end_files(const struct account *account);

#endif
