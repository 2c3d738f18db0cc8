/* uploader/receive.h -- uploads: what comes in over ssh and becomes a
 * revision, an immutable tree with a row in the store. */
#ifndef UPLOADER_RECEIVE_H
#define UPLOADER_RECEIVE_H

#include "common/conf/conf.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/db.h"
#include "uploader/words.h"

#include <stdbool.h>

/* Below code/<application id>/: git, hg/, hooks/, commits/NAME (which commit a
 * revision is), lock, revisions/NAME, revisions/.incoming-<pid>. */
struct receive {
	struct dc_conf conf;
	const char *conf_path;
	struct dc_db *db;
	struct dc_account account;
	struct dc_application app;
	struct target target;
	char *dir; /* code/<application id> */
	int lock;  /* flock: one upload of an application at a time */
	int done;  /* git's hook writes into it when its tree is there; or -1 */
};

int receive_open(struct receive *r, const char *conf_path, struct dc_err *err);
void receive_done(struct receive *r);

/* One command of ACCOUNT_ID's ssh client, from SSH_ORIGINAL_COMMAND. Returns
 * the exit status. */
int receive_run(struct receive *r, int64_t account_id, const char *command,
    struct dc_err *err);

/* Directories and the lock. Says so on stderr when it has to wait; then
 * removes what dead uploads have left. */
int receive_lock(struct receive *r, struct dc_err *err);

/* What dead uploads have left goes. Needs the lock. */
int receive_sweep(struct receive *r, struct dc_err *err);

/* DIR/SUFFIX, the caller's. */
char *receive_path(const struct receive *r, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* An empty revisions/.incoming-<pid>; *PATH is the caller's. */
int receive_add_incoming(const struct receive *r, char **path,
    struct dc_err *err);

/* The tree at INCOMING becomes the revision NAME: on disk first, then by
 * rename, then in the store. */
int receive_add_revision(struct receive *r, const char *incoming,
    const char *name, struct dc_err *err);

/* A line for the developer. TEXT may hold names that he pushed: only what is
 * text of it reaches his terminal. */
void receive_say(const char *prefix, const char *text);

/* Runs ARGV on our own stdin, stdout and stderr; its exit status. With FILLS
 * it writes below R's directory: it is ended when the disk is full but for the
 * reserve (room.h), or an hour has passed, unless r->done says that it has
 * written all it will. */
int receive_spawn(const struct receive *r, bool fills, char *const argv[],
    char *const envp[], struct dc_err *err);

/* bubblewrap, its namespaces and the system's programs; not yet what ARGV is to
 * see, and its --. */
void receive_add_sandbox(struct dc_strv *argv);

/* The kinds of command. Return the exit status. */
int receive_rsync(struct receive *r, const struct dc_strv *words,
    struct dc_err *err);
int receive_git(struct receive *r, const char *service, struct dc_err *err);
int receive_hg(struct receive *r, struct dc_err *err);
/* git's pre-receive hook: we again, below git receive-pack. */
int receive_hook(struct receive *r, struct dc_err *err);

#endif
