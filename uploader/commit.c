/* uploader/commit.c -- see commit.h. */
#include "uploader/commit.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/revision.h"

#include <string.h>

#define SHORTEST 7

/* commits/NAME: the 40 digits; NULL when there is none. */
static char *
load_commit(const struct receive *r, const char *name)
{
	dc_auto_free char *path = receive_path(r, "commits/%s", name);
	char *text;

	if (dc_fs_load(&text, NULL, path, EXPORT_OID, NULL) < 0)
		return NULL;
	return text;
}

static int
find_name(const struct receive *r, const char *oid, char **name,
    struct dc_err *err)
{
	int n;

	for (n = SHORTEST; n < EXPORT_OID; n++) {
		dc_auto_free char *tried = dc_asprintf("git-%.*s", n, oid);
		dc_auto_free char *taken = load_commit(r, tried);

		if (taken == NULL || strcmp(taken, oid) == 0) {
			*name = dc_steal_ptr(&tried);
			return 0;
		}
	}
	return dc_fail(err, DC_EFAIL, "no name for commit %s", oid);
}

/* The newest upload by git is the best guess at what has not changed. */
static int
find_base(const struct dc_revision *rev, void *arg, struct dc_err *err)
{
	char **base = arg;

	(void)err;
	if (dc_has_prefix(rev->name, "git-")) {
		free(*base);
		*base = dc_strdup(rev->name);
	}
	return 0;
}

static int
write_out(struct receive *r, struct export *x, const char *oid,
    const char *incoming, struct dc_strv *warnings, struct dc_err *err)
{
	dc_auto_free char *base = NULL;
	dc_auto_free char *base_oid = NULL;
	dc_auto_free char *base_dir = NULL;
	int rc = dc_revision_each(r->db, r->app.id, find_base, &base, err);

	if (rc < 0)
		return rc;
	if (base != NULL) {
		base_oid = load_commit(r, base);
		base_dir = receive_path(r, "revisions/%s", base);
	}
	return export_run(x, oid, incoming, base_oid, base_dir, warnings, err);
}

/* The commit's name is on disk before the tree is: a tree without it would be
 * taken for another commit's. */
static int
add_tree(struct receive *r, struct export *x, const char *oid, const char *name,
    struct dc_strv *warnings, struct dc_err *err)
{
	dc_auto_free char *note = receive_path(r, "commits/%s", name);
	dc_auto_free char *incoming = NULL;
	int rc = receive_add_incoming(r, &incoming, err);

	if (rc == 0)
		rc = write_out(r, x, oid, incoming, warnings, err);
	if (rc == 0)
		rc = dc_fs_save(note, oid, strlen(oid), 0644, err);
	if (rc == 0)
		rc = receive_add_revision(r, incoming, name, err);
	if (rc < 0 && incoming != NULL)
		(void)dc_fs_remove_tree(incoming, NULL);
	return rc;
}

int
commit_add_revision(struct receive *r, struct export *x, const char *oid,
    char **name, struct dc_strv *warnings, struct dc_err *err)
{
	dc_auto_revision struct dc_revision known = {0};
	dc_auto_free char *found = NULL;
	dc_auto_free char *tree = NULL;
	int64_t id;
	int rc = find_name(r, oid, &found, err);

	if (rc < 0)
		return rc;
	tree = receive_path(r, "revisions/%s", found);
	rc = dc_revision_find(r->db, &known, r->app.id, found, err);
	if (rc == 0 && dc_fs_exists(tree))
		rc = dc_revision_save(r->db, &id, r->app.id, found,
		    r->conf.node, err);
	else if (rc == 0 || rc == DC_ENOTFOUND)
		rc = add_tree(r, x, oid, found, warnings, err);
	if (rc == 0)
		*name = dc_steal_ptr(&found);
	return rc;
}

int
commit_find_target(struct receive *r, struct export *x, char oid[EXPORT_OID],
    struct dc_err *err)
{
	if (r->target.kind == TARGET_BRANCH)
		return export_find_branch(x, oid, r->target.name, err);
	return export_find_commit(x, oid, r->target.name, err);
}
