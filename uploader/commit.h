/* uploader/commit.h -- a commit becomes a revision: git-<7 hex digits>, more
 * when the application has another commit of that beginning. */
#ifndef UPLOADER_COMMIT_H
#define UPLOADER_COMMIT_H

#include "uploader/export.h"
#include "uploader/receive.h"

/* The same commit again is the same revision, uploaded anew. *NAME is the
 * caller's. */
int commit_add_revision(struct receive *r, struct export *x, const char *oid,
    char **name, struct dc_strv *warnings, struct dc_err *err);

/* What the target asks for: its branch or commit. */
int commit_find_target(struct receive *r, struct export *x,
    char oid[EXPORT_OID], struct dc_err *err);

#endif
