/* uploader/export.c -- see export.h. The only file that includes git2.h. */
#include "uploader/export.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"

#include <fcntl.h>
#include <git2.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define BLOB_MAX (512LL << 20)

struct export
{
	git_repository *repo;
	/* Of the run. */
	git_odb *odb;
	struct dc_strv *warnings;
	int64_t files, bytes;
};

static int
fail(const char *what, int code, struct dc_err *err)
{
	const git_error *e = git_error_last();
	int rc = code == GIT_ENOTFOUND    ? DC_ENOTFOUND
		 : code == GIT_EAMBIGUOUS ? DC_EINVAL
					  : DC_EFAIL;

	return dc_fail(err, rc, "git: %s: %s", what,
	    e != NULL ? e->message : "unknown error");
}

/* Nobody's configuration has a say here. */
static void
start_library(void)
{
	static const int levels[] = {GIT_CONFIG_LEVEL_SYSTEM,
	    GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL,
	    GIT_CONFIG_LEVEL_PROGRAMDATA};
	size_t i;

	(void)git_libgit2_init();
	for (i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
		(void)git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, levels[i], "");
}

int
export_init(const char *path, struct dc_err *err)
{
	dc_auto_free char *head = dc_asprintf("%s/HEAD", path);
	git_repository_init_options opts;
	git_repository *repo = NULL;
	int code;

	if (dc_fs_exists(head))
		return 0;
	start_library();
	(void)git_repository_init_options_init(&opts,
	    GIT_REPOSITORY_INIT_OPTIONS_VERSION);
	opts.flags = GIT_REPOSITORY_INIT_BARE | GIT_REPOSITORY_INIT_MKPATH;
	opts.initial_head = "master";
	code = git_repository_init_ext(&repo, path, &opts);
	git_repository_free(repo);
	return code < 0 ? fail(path, code, err) : 0;
}

int
export_open(struct export **out, const char *path, int is_hook,
    struct dc_err *err)
{
	struct export *x = dc_xcalloc(1, sizeof(*x));
	int code;

	start_library();
	code = git_repository_open_ext(&x->repo, is_hook ? NULL : path,
	    is_hook ? GIT_REPOSITORY_OPEN_FROM_ENV | GIT_REPOSITORY_OPEN_BARE
		    : GIT_REPOSITORY_OPEN_BARE | GIT_REPOSITORY_OPEN_NO_SEARCH,
	    NULL);
	if (code < 0) {
		free(x);
		return fail(is_hook ? "open repository" : path, code, err);
	}
	*out = x;
	return 0;
}

void
export_close(struct export *x)
{
	if (x == NULL)
		return;
	git_repository_free(x->repo);
	free(x);
	(void)git_libgit2_shutdown();
}

static int
peel(char oid[EXPORT_OID], git_object *object, const char *what,
    struct dc_err *err)
{
	git_object *commit = NULL;
	int code = git_object_peel(&commit, object, GIT_OBJECT_COMMIT);

	if (code < 0)
		return dc_fail(err, DC_EINVAL, "'%s' is no commit", what);
	(void)git_oid_tostr(oid, EXPORT_OID, git_object_id(commit));
	git_object_free(commit);
	return 0;
}

int
export_find_branch(struct export *x, char oid[EXPORT_OID], const char *branch,
    struct dc_err *err)
{
	dc_auto_free char *name = dc_asprintf("refs/heads/%s", branch);
	char hex[EXPORT_OID];
	git_oid id;
	int code = git_reference_name_to_id(&id, x->repo, name);

	if (code == GIT_ENOTFOUND)
		return dc_fail(err, DC_ENOTFOUND,
		    "There is no branch '%s' in what was pushed", branch);
	if (code < 0)
		return fail(name, code, err);
	(void)git_oid_tostr(hex, sizeof(hex), &id);
	return export_find_commit(x, oid, hex, err);
}

int
export_find_commit(struct export *x, char oid[EXPORT_OID], const char *hash,
    struct dc_err *err)
{
	git_object *object = NULL;
	git_oid id;
	int code, rc;

	if (git_oid_fromstrp(&id, hash) < 0)
		return dc_fail(err, DC_EINVAL, "'%s' is no commit", hash);
	code = git_object_lookup_prefix(&object, x->repo, &id, strlen(hash),
	    GIT_OBJECT_ANY);
	if (code == GIT_ENOTFOUND)
		return dc_fail(err, DC_ENOTFOUND,
		    "There is no commit '%s' in what was pushed", hash);
	if (code < 0)
		return fail(hash, code, err);
	rc = peel(oid, object, hash, err);
	git_object_free(object);
	return rc;
}

static int
load_tree(struct export *x, git_tree **out, const char *oid, struct dc_err *err)
{
	git_commit *commit = NULL;
	git_oid id;
	int code = git_oid_fromstr(&id, oid);

	if (code == 0)
		code = git_commit_lookup(&commit, x->repo, &id);
	if (code == 0)
		code = git_commit_tree(out, commit);
	git_commit_free(commit);
	return code < 0 ? fail(oid, code, err) : 0;
}

static int
check_name(const char *name, struct dc_err *err)
{
	if (*name == '\0' || strchr(name, '/') != NULL ||
	    strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strcasecmp(name, ".git") == 0)
		return dc_fail(err, DC_EUSER,
		    "the commit holds a file named '%s'", name);
	return 0;
}

static int
count(struct export *x, int64_t bytes, const char *name, struct dc_err *err)
{
	if (bytes > BLOB_MAX)
		return dc_fail(err, DC_EUSER, "'%s' is larger than %lld MB",
		    name, BLOB_MAX / (1 << 20));
	x->bytes += bytes;
	if (x->bytes > DC_MAX_TREE_BYTES)
		return dc_fail(err, DC_EUSER, "more than %lld MB are too much",
		    DC_MAX_TREE_BYTES / (1 << 20));
	return 0;
}

static int
write_file(int dir, const char *name, git_blob *blob, bool is_program,
    struct dc_err *err)
{
	dc_auto_fd int fd = -1;

	fd = openat(dir, name,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    is_program ? 0755 : 0644);
	if (fd < 0)
		return dc_fail_errno(err, "create '%s'", name);
	return dc_fs_write_all(fd, git_blob_rawcontent(blob),
	    (size_t)git_blob_rawsize(blob), err);
}

static int
write_link(int dir, const char *name, git_blob *blob, struct dc_err *err)
{
	size_t len = (size_t)git_blob_rawsize(blob);
	dc_auto_free char *to = dc_strndup(git_blob_rawcontent(blob), len);

	if (len == 0 || len > 4095 || strlen(to) != len)
		return dc_fail(err, DC_EUSER, "the link '%s' is malformed",
		    name);
	if (symlinkat(to, dir, name) < 0)
		return dc_fail_errno(err, "link '%s'", name);
	return 0;
}

static int
write_blob(struct export *x, int dir, const git_tree_entry *e,
    struct dc_err *err)
{
	const char *name = git_tree_entry_name(e);
	git_blob *blob = NULL;
	git_object_t type;
	size_t size;
	int code, rc;

	/* Its size before its bytes: a few kilobytes may unpack to many. */
	code = git_odb_read_header(&size, &type, x->odb, git_tree_entry_id(e));
	if (code < 0)
		return fail(name, code, err);
	rc = count(x, (int64_t)size, name, err);
	if (rc < 0)
		return rc;
	code = git_blob_lookup(&blob, x->repo, git_tree_entry_id(e));
	if (code < 0)
		return fail(name, code, err);
	if (git_tree_entry_filemode(e) == GIT_FILEMODE_LINK)
		rc = write_link(dir, name, blob, err);
	else
		rc = write_file(dir, name, blob,
		    git_tree_entry_filemode(e) == GIT_FILEMODE_BLOB_EXECUTABLE,
		    err);
	git_blob_free(blob);
	return rc;
}

/* True when the file of the older export could be linked. */
static bool
has_linked(struct export *x, int dir, const git_tree_entry *e,
    const git_tree *base, int base_dir)
{
	const char *name = git_tree_entry_name(e);
	const git_tree_entry *old =
	    base != NULL ? git_tree_entry_byname(base, name) : NULL;
	struct stat st;

	if (old == NULL || git_tree_entry_filemode(e) == GIT_FILEMODE_LINK ||
	    git_tree_entry_filemode(old) != git_tree_entry_filemode(e) ||
	    !git_oid_equal(git_tree_entry_id(old), git_tree_entry_id(e)) ||
	    fstatat(base_dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISREG(st.st_mode) || linkat(base_dir, name, dir, name, 0) < 0)
		return false;
	return count(x, st.st_size, name, NULL) == 0;
}

static int write_tree(struct export *x, int dir, const git_tree *tree,
    const git_tree *base, int base_dir, struct dc_err *err);

static git_tree *
load_base(struct export *x, const git_tree *base, const char *name)
{
	const git_tree_entry *e =
	    base != NULL ? git_tree_entry_byname(base, name) : NULL;
	git_tree *tree = NULL;

	if (e != NULL && git_tree_entry_type(e) == GIT_OBJECT_TREE)
		(void)git_tree_lookup(&tree, x->repo, git_tree_entry_id(e));
	return tree;
}

static int
write_dir(struct export *x, int dir, const git_tree_entry *e,
    const git_tree *base, int base_dir, struct dc_err *err)
{
	const char *name = git_tree_entry_name(e);
	git_tree *tree = NULL, *old;
	dc_auto_fd int fd = -1;
	dc_auto_fd int old_fd = -1;
	int code, rc;

	code = git_tree_lookup(&tree, x->repo, git_tree_entry_id(e));
	if (code < 0)
		return fail(name, code, err);
	old = load_base(x, base, name);
	if (old != NULL)
		old_fd = openat(base_dir, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		rc = dc_fail_errno(err, "open '%s'", name);
	else
		rc = write_tree(x, fd, tree, old_fd >= 0 ? old : NULL, old_fd,
		    err);
	git_tree_free(tree);
	git_tree_free(old);
	return rc;
}

static int
write_entry(struct export *x, int dir, const git_tree_entry *e,
    const git_tree *base, int base_dir, struct dc_err *err)
{
	const char *name = git_tree_entry_name(e);
	int rc = check_name(name, err);

	if (rc < 0)
		return rc;
	switch (git_tree_entry_type(e)) {
	case GIT_OBJECT_BLOB:
		if (has_linked(x, dir, e, base, base_dir))
			return 0;
		return write_blob(x, dir, e, err);
	case GIT_OBJECT_TREE:
		if (mkdirat(dir, name, 0755) < 0)
			return dc_fail_errno(err, "mkdir '%s'", name);
		return write_dir(x, dir, e, base, base_dir, err);
	case GIT_OBJECT_COMMIT:
		dc_strv_addf(x->warnings,
		    "The git submodule '%.200s' stays empty: its content is in"
		    " another repository",
		    name);
		if (mkdirat(dir, name, 0755) < 0)
			return dc_fail_errno(err, "mkdir '%s'", name);
		return 0;
	default:
		return dc_fail(err, DC_EUSER, "'%s' is of no known kind", name);
	}
}

static int
write_tree(struct export *x, int dir, const git_tree *tree,
    const git_tree *base, int base_dir, struct dc_err *err)
{
	size_t i, n = git_tree_entrycount(tree);
	int rc = 0;

	for (i = 0; i < n && rc == 0; i++)
		rc = write_entry(x, dir, git_tree_entry_byindex(tree, i), base,
		    base_dir, err);
	return rc;
}

/* Before anything is written: a kilobyte of trees that name each other may
 * stand for a billion files. */
static int
check_tree(struct export *x, const git_tree *tree, int depth,
    struct dc_err *err)
{
	size_t i, n = git_tree_entrycount(tree);
	int rc = 0;

	x->files += (int64_t)n;
	if (x->files > DC_MAX_TREE_FILES)
		return dc_fail(err, DC_EUSER, "more than %d files are too many",
		    DC_MAX_TREE_FILES);
	if (depth > DC_MAX_TREE_DEPTH)
		return dc_fail(err, DC_EUSER,
		    "more than %d directories in each other",
		    DC_MAX_TREE_DEPTH);
	for (i = 0; i < n && rc == 0; i++) {
		const git_tree_entry *e = git_tree_entry_byindex(tree, i);
		git_tree *below = NULL;
		int code;

		if (git_tree_entry_type(e) != GIT_OBJECT_TREE)
			continue;
		code = git_tree_lookup(&below, x->repo, git_tree_entry_id(e));
		rc = code < 0 ? fail(git_tree_entry_name(e), code, err)
			      : check_tree(x, below, depth + 1, err);
		git_tree_free(below);
	}
	return rc;
}

int
export_run(struct export *x, const char *oid, const char *dir,
    const char *base_oid, const char *base_dir, struct dc_strv *warnings,
    struct dc_err *err)
{
	git_tree *tree = NULL, *base = NULL;
	dc_auto_fd int fd = -1;
	dc_auto_fd int base_fd = -1;
	int rc;

	x->warnings = warnings;
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", dir);
	if (git_repository_odb(&x->odb, x->repo) < 0)
		return fail("objects", GIT_ERROR, err);
	rc = load_tree(x, &tree, oid, err);
	if (rc == 0)
		rc = check_tree(x, tree, 1, err);
	/* The older commit may be gone: then everything is written. */
	if (rc == 0 && base_oid != NULL && base_dir != NULL) {
		base_fd = open(base_dir,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (base_fd >= 0)
			(void)load_tree(x, &base, base_oid, NULL);
	}
	if (rc == 0)
		rc = write_tree(x, fd, tree, base, base_fd, err);
	git_tree_free(tree);
	git_tree_free(base);
	git_odb_free(x->odb);
	return rc;
}
