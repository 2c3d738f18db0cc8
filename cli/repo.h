/* cli/repo.h -- the door to libgit2: a work tree and pushing its commits. */
#ifndef CLI_REPO_H
#define CLI_REPO_H

#include "cli/config.h"
#include "cli/endpoint.h"
#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct repo;

/* DIR must be the root of a work tree that has a commit. DC_ENOTFOUND says in
 * ERR why it is none that could be pushed. */
int repo_open(struct repo **out, const char *dir, struct dc_err *err);
void repo_close(struct repo *r);

/* The checked-out branch by its full name, "feature/x"; *OUT the caller's.
 * DC_ENOTFOUND: HEAD is detached. */
int repo_find_branch(char **out, struct repo *r, struct dc_err *err);
/* The 40 digits of REV (a hash, a part of one, a tag), or of the head of
 * branch REV. DC_ENOTFOUND. */
int repo_find_commit(char **out, struct repo *r, const char *rev,
    struct dc_err *err);
int repo_find_head(char **out, struct repo *r, const char *branch,
    struct dc_err *err);

/* The regular file NAME at the root of COMMIT, NUL-terminated, *OUT the
 * caller's. DC_ENOTFOUND: the commit has no such entry. */
int repo_load_file(char **out, size_t *len, struct repo *r, const char *commit,
    const char *name, size_t max, struct dc_err *err);

/* Files that a push of commits leaves behind: changed or untracked, without
 * our own .dotcloud. */
int repo_count_dirty(size_t *out, struct repo *r, struct dc_err *err);
bool repo_has_submodules(struct repo *r);

/* Pushes all local branches, forced, so that COMMIT is at the other end.
 * Nothing new is success. */
int repo_push(struct repo *r, const struct config *config,
    const struct endpoint *e, const char *commit, struct dc_err *err);

static inline void
repo_close_(struct repo **r)
{
	repo_close(*r);
}
#define dc_auto_repo __attribute__((cleanup(repo_close_)))

#endif
