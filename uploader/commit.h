/* uploader/commit.h -- a commit becomes a revision: git-<7 hex digits> or
 * hg-<12>, more when the application has another commit of that beginning. */
#ifndef UPLOADER_COMMIT_H
#define UPLOADER_COMMIT_H

#include "uploader/receive.h"

#define COMMIT_OID 41 /* 40 hex digits and NUL */

/* How commits of one kind of repository are named and written out. */
struct commit_kind {
	const char *prefix; /* "git-" */
	int shortest;       /* digits of a name */
	/* OID's files into the empty directory INCOMING. What has not changed
	 * since BASE_OID, whose files are in BASE, becomes a hard link; both
	 * may be NULL. */
	int (*write)(struct receive *r, const char *oid, const char *incoming,
	    const char *base_oid, const char *base, void *arg,
	    struct dc_err *err);
	void *arg;
};

/* The same commit again is the same revision, uploaded anew. *NAME is the
 * caller's. */
int commit_add_revision(struct receive *r, const struct commit_kind *kind,
    const char *oid, char **name, struct dc_err *err);

#endif
