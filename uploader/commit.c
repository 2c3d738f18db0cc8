/* uploader/commit.c -- see commit.h. */
#include "uploader/commit.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/revision.h"

#include <string.h>

/* commits/NAME: the 40 digits; NULL when there is none. */
static char *
load_commit(const struct receive *r, const char *name)
{
	dc_auto_free char *path = receive_path(r, "commits/%s", name);
	char *text;

	if (dc_fs_load(&text, NULL, path, COMMIT_OID, NULL) < 0)
		return NULL;
	return text;
}

static int
find_name(const struct receive *r, const struct commit_kind *kind,
    const char *oid, char **name, struct dc_err *err)
{
	int n;

	for (n = kind->shortest; n < COMMIT_OID; n++) {
		dc_auto_free char *tried =
		    dc_asprintf("%s%.*s", kind->prefix, n, oid);
		dc_auto_free char *taken = load_commit(r, tried);

		if (taken == NULL || strcmp(taken, oid) == 0) {
			*name = dc_steal_ptr(&tried);
			return 0;
		}
	}
	return dc_fail(err, DC_EFAIL, "no name for commit %s", oid);
}

struct base {
	const char *prefix;
	char *name;
};

/* The newest upload of the kind is the best guess at what has not changed. */
static int
find_base(const struct dc_revision *rev, void *arg, struct dc_err *err)
{
	struct base *base = arg;

	(void)err;
	if (dc_has_prefix(rev->name, base->prefix)) {
		free(base->name);
		base->name = dc_strdup(rev->name);
	}
	return 0;
}

static int
write_out(struct receive *r, const struct commit_kind *kind, const char *oid,
    const char *incoming, struct dc_err *err)
{
	struct base base = {.prefix = kind->prefix};
	dc_auto_free char *base_oid = NULL;
	dc_auto_free char *base_dir = NULL;
	int rc = dc_revision_each(r->db, r->app.id, find_base, &base, err);

	if (rc == 0 && base.name != NULL) {
		base_oid = load_commit(r, base.name);
		base_dir = receive_path(r, "revisions/%s", base.name);
	}
	free(base.name);
	return rc < 0 ? rc
		      : kind->write(r, oid, incoming, base_oid, base_dir,
			    kind->arg, err);
}

/* The commit's name is on disk before the tree is: a tree without it would be
 * taken for another commit's. */
static int
add_tree(struct receive *r, const struct commit_kind *kind, const char *oid,
    const char *name, struct dc_err *err)
{
	dc_auto_free char *note = receive_path(r, "commits/%s", name);
	dc_auto_free char *incoming = NULL;
	int rc = receive_add_incoming(r, &incoming, err);

	if (rc == 0)
		rc = write_out(r, kind, oid, incoming, err);
	if (rc == 0)
		rc = dc_fs_save(note, oid, strlen(oid), 0644, err);
	if (rc == 0)
		rc = receive_add_revision(r, incoming, name, err);
	if (rc < 0 && incoming != NULL)
		(void)dc_fs_remove_tree(incoming, NULL);
	return rc;
}

int
commit_add_revision(struct receive *r, const struct commit_kind *kind,
    const char *oid, char **name, struct dc_err *err)
{
	dc_auto_revision struct dc_revision known = {0};
	dc_auto_free char *found = NULL;
	dc_auto_free char *tree = NULL;
	int64_t id;
	int rc = find_name(r, kind, oid, &found, err);

	if (rc < 0)
		return rc;
	tree = receive_path(r, "revisions/%s", found);
	rc = dc_revision_find(r->db, &known, r->app.id, found, err);
	if (rc == 0 && dc_fs_exists(tree))
		rc = dc_revision_save(r->db, &id, r->app.id, found,
		    r->conf.node, err);
	else if (rc == 0 || rc == DC_ENOTFOUND)
		rc = add_tree(r, kind, oid, found, err);
	if (rc == 0)
		*name = dc_steal_ptr(&found);
	return rc;
}
