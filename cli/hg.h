/* cli/hg.h -- a Mercurial work tree, through the program hg. */
#ifndef CLI_HG_H
#define CLI_HG_H

#include "cli/config.h"
#include "cli/endpoint.h"

#include <stdbool.h>
#include <stddef.h>

/* The 40 digits of REV, or of what is checked out (NULL), in DIR, which must be
 * the root of a work tree; *OUT the caller's. DC_ENOTFOUND says in ERR why
 * there is none that could be pushed. */
int hg_find_commit(char **out, const char *dir, const char *rev,
    struct dc_err *err);

/* The named branch of COMMIT; *OUT the caller's. */
int hg_find_branch(char **out, const char *dir, const char *commit,
    struct dc_err *err);

/* NAME at the root of COMMIT, NUL-terminated, *OUT the caller's. DC_ENOTFOUND:
 * the commit has no such file. */
int hg_load_file(char **out, size_t *len, const char *dir, const char *commit,
    const char *name, size_t max, struct dc_err *err);

/* Files that a push of commits leaves behind, without our own .dotcloud. */
int hg_count_dirty(size_t *out, const char *dir, struct dc_err *err);

/* COMMIT and what it stands on, forced. Nothing new is success. Subrepositories
 * are left alone. */
int hg_push(const char *dir, const struct config *config,
    const struct endpoint *e, const char *commit, struct dc_err *err);

#endif
