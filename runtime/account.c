/* runtime/account.c -- see account.h. */
#include "runtime/account.h"

#include "common/base/str.h"

#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <unistd.h>

int
account_find(struct account **out, const char *name, struct dc_err *err)
{
	struct passwd *pw;
	struct account *a;
	long long uid;

	if (dc_is_number(name, 0, UINT_MAX - 1, &uid))
		pw = getpwuid((uid_t)uid);
	else
		pw = getpwnam(name);
	if (pw == NULL)
		return dc_fail(err, DC_ENOTFOUND, "no user '%s'", name);
	a = dc_xcalloc(1, sizeof(*a));
	a->uid = pw->pw_uid;
	a->gid = pw->pw_gid;
	a->name = dc_strdup(pw->pw_name);
	a->home = dc_strdup(pw->pw_dir);
	a->shell = dc_strdup(pw->pw_shell);
	a->ngroups = ACCOUNT_MAX_GROUPS;
	if (getgrouplist(a->name, a->gid, a->groups, &a->ngroups) < 0)
		a->ngroups = ACCOUNT_MAX_GROUPS; /* the first ones */
	*out = a;
	return 0;
}

void
account_free(struct account *account)
{
	if (account == NULL)
		return;
	free(account->name);
	free(account->home);
	free(account->shell);
	free(account);
}

int
account_become(const struct account *account, struct dc_err *err)
{
	/* Nothing to give up, and perhaps no right to call setgroups. */
	if (geteuid() == account->uid && getuid() == account->uid &&
	    account->uid != 0)
		return 0;
	if (setgroups((size_t)account->ngroups, account->groups) < 0 ||
	    setresgid(account->gid, account->gid, account->gid) < 0 ||
	    setresuid(account->uid, account->uid, account->uid) < 0)
		return dc_fail_errno(err, "become '%s'", account->name);
	return 0;
}

/* With another fsuid the kernel takes CAP_DAC_OVERRIDE and the like out of the
 * effective set, and gives them back afterwards. */
void
account_begin_files(const struct account *account)
{
	if (account == NULL || account->uid == geteuid())
		return;
	(void)setfsgid(account->gid);
	(void)setfsuid(account->uid);
}

void
account_end_files(const struct account *account)
{
	int saved = errno;

	if (account == NULL || account->uid == geteuid())
		return;
	(void)setfsuid(geteuid());
	(void)setfsgid(getegid());
	errno = saved;
}
