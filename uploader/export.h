/* uploader/export.h -- the door to libgit2: commits of a bare repository, and
 * a commit's files written out as a tree. */
#ifndef UPLOADER_EXPORT_H
#define UPLOADER_EXPORT_H

#include "common/base/err.h"
#include "common/base/str.h"

#define EXPORT_OID 41 /* 40 hex digits and NUL */

struct export;

/* A new bare repository at PATH; an existing one is left alone. */
int export_init(const char *path, struct dc_err *err);

/* In git's pre-receive hook the repository is the one of the environment, with
 * the objects that are in quarantine. */
int export_open(struct export **out, const char *path, int is_hook,
    struct dc_err *err);
void export_close(struct export *x);

/* The full name of the commit that a branch or a (shortened) hash stands
 * for. DC_ENOTFOUND; DC_EINVAL: ambiguous, or no commit. */
int export_find_branch(struct export *x, char oid[EXPORT_OID],
    const char *branch, struct dc_err *err);
int export_find_commit(struct export *x, char oid[EXPORT_OID], const char *hash,
    struct dc_err *err);

/* Writes the commit's files into the empty directory DIR. What BASE_OID (may
 * be NULL), whose files are in BASE_DIR, has unchanged becomes a hard link.
 * Names, links and sizes are a stranger's: nothing is written outside of DIR.
 * What could not be taken along is added to WARNINGS. */
int export_run(struct export *x, const char *oid, const char *dir,
    const char *base_oid, const char *base_dir, struct dc_strv *warnings,
    struct dc_err *err);

static inline void
export_auto_(struct export **x)
{
	export_close(*x);
}
#define export_auto __attribute__((cleanup(export_auto_)))

#endif
