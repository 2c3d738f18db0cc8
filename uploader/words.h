/* uploader/words.h -- cuts what an ssh client wants to run into words, without
 * a shell. */
#ifndef UPLOADER_WORDS_H
#define UPLOADER_WORDS_H

#include "common/base/str.h"

#include "common/base/err.h"

/* Quotes and backslashes as git and rsync write them. Nothing is expanded:
 * $, `, ;, & and their like are letters. DC_EINVAL: an open quote, control
 * characters, or more than a command line may hold. */
int words_parse(struct dc_strv *out, const char *text, struct dc_err *err);

/* What is asked for: /APP.git, /APP/git/BRANCH, /APP/commit/HASH, /APP/rsync/,
 * /APP/hg, /APP/hg/branch/BRANCH, /APP/hg/commit/HASH */
enum target_kind {
	TARGET_PLAIN,  /* git push of a plain git: deploys           */
	TARGET_BRANCH, /* git: this branch becomes a revision         */
	TARGET_COMMIT, /* git: this commit becomes a revision         */
	TARGET_RSYNC,  /* the received files become a revision        */
	TARGET_HG,     /* hg: the head of default, if something came  */
	TARGET_HG_BRANCH,
	TARGET_HG_COMMIT,
};

struct target {
	enum target_kind kind;
	char *app, *name; /* NAME: branch or commit, or NULL */
};

static inline bool
target_is_hg(const struct target *t)
{
	return t->kind >= TARGET_HG;
}

static inline bool
target_is_git(const struct target *t)
{
	return t->kind < TARGET_RSYNC;
}

int target_parse(struct target *out, const char *path, struct dc_err *err);
void target_done(struct target *t);
#define target_auto __attribute__((cleanup(target_done)))

#endif
