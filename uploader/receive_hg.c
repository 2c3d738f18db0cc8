/* uploader/receive_hg.c -- hg serve --stdio, in a sandbox that holds nothing
 * but one application's repository, and what came of it as a revision.
 *
 * hg tells nobody whether a session is to read or to write, so the revision
 * that the target names is made at the end of each, if it is there: a push that
 * had nothing new is a push. The client waits for that, as its connection ends
 * with us. The configuration is hg/rc alone, written before each session: no
 * hooks, no extensions, and a push leaves the developer's changesets drafts. */
#include "uploader/receive.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "uploader/commit.h"
#include "uploader/guard.h"
#include "uploader/share.h"
#include "uploader/tree.h"

#include <string.h>
#include <sys/stat.h>

#define REVSET_DEFAULT "max(head() and not closed() and branch(\"literal:%s\"))"
#define RC                                                                     \
	"[phases]\npublish = False\n[ui]\narchivemeta = False\n"               \
	"[subrepos]\nallowed = False\n"
/* A few kilobytes may unpack to many. */
#define MEMORY "--as=2147483648"

/* What follows is what the sandbox sees: --bind, --ro-bind. */
static void
add_sandbox(struct dc_strv *argv)
{
	dc_strv_add(argv, "prlimit");
	dc_strv_add(argv, MEMORY);
	receive_add_sandbox(argv);
	dc_strv_add(argv, "--setenv");
	dc_strv_add(argv, "HGRCPATH");
	dc_strv_add(argv, "/hg/rc");
	dc_strv_add(argv, "--setenv");
	dc_strv_add(argv, "HGPLAIN");
	dc_strv_add(argv, "1");
	dc_strv_add(argv, "--setenv");
	dc_strv_add(argv, "HGENCODING");
	dc_strv_add(argv, "utf-8");
	dc_strv_add(argv, "--setenv");
	dc_strv_add(argv, "TMPDIR");
	dc_strv_add(argv, "/hg/tmp");
}

/* Below the repository's directory, HOW it is bound. */
static void
add_hg(struct dc_strv *argv, const struct receive *r, const char *how)
{
	dc_strv_add(argv, how);
	dc_strv_addf(argv, "%s/hg", r->dir);
	dc_strv_add(argv, "/hg");
	dc_strv_add(argv, "--chdir");
	dc_strv_add(argv, "/hg");
	dc_strv_add(argv, "--");
	dc_strv_add(argv, "hg");
}

/* hg WORD [WORD2] of our own, unseen by the client. */
static int
run_quietly(const struct receive *r, const char *word, const char *word2,
    struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};
	int rc;

	add_sandbox(&argv);
	add_hg(&argv, r, "--bind");
	dc_strv_add(&argv, word);
	dc_strv_add(&argv, word2);
	rc = guard_load(argv.v, environ, NULL, NULL, err);
	return rc < 0 ? dc_wrap(err, rc, "hg %s", word) : 0;
}

/* Complete before it has its name. */
static int
add_repository(const struct receive *r, struct dc_err *err)
{
	dc_auto_free char *repo = receive_path(r, "hg/repo");
	dc_auto_free char *new_repo = receive_path(r, "hg/new");
	int rc;

	if (dc_fs_exists(repo))
		return 0;
	rc = dc_fs_remove_tree(new_repo, err);
	if (rc == 0)
		rc = run_quietly(r, "init", "/hg/new", err);
	if (rc == 0 && rename(new_repo, repo) < 0)
		rc = dc_fail_errno(err, "rename '%s'", new_repo);
	return rc;
}

/* We hold the application's lock, so those in the repository are of sessions
 * that were killed, and so is what they had begun to write. */
static int
clean_up(const struct receive *r, struct dc_err *err)
{
	dc_auto_free char *tmp = receive_path(r, "hg/tmp");
	dc_auto_free char *lock = receive_path(r, "hg/repo/.hg/store/lock");
	dc_auto_free char *wlock = receive_path(r, "hg/repo/.hg/wlock");
	dc_auto_free char *journal =
	    receive_path(r, "hg/repo/.hg/store/journal");
	int rc = dc_fs_remove_tree(tmp, err);

	if (rc == 0)
		rc = dc_fs_mkdirs(tmp, 0755, err);
	(void)unlink(lock);
	(void)unlink(wlock);
	if (rc == 0 && dc_fs_exists(journal))
		rc = run_quietly(r, "recover", "-R/hg/repo", err);
	return rc;
}

static void
on_line(const char *line, void *arg)
{
	char *oid = arg;

	if (strlen(line) == COMMIT_OID - 1 &&
	    line[strspn(line, "0123456789abcdef")] == '\0' &&
	    line[strspn(line, "0")] != '\0')
		(void)stpcpy(oid, line);
}

/* OID stays empty when there is no such commit. */
static void
find(const struct receive *r, char oid[COMMIT_OID], const char *revset)
{
	dc_auto_strv struct dc_strv argv = {0};

	*oid = '\0';
	add_sandbox(&argv);
	add_hg(&argv, r, "--ro-bind");
	dc_strv_add(&argv, "log");
	dc_strv_add(&argv, "-R/hg/repo");
	dc_strv_addf(&argv, "-r%s", revset);
	dc_strv_add(&argv, "-T{node}\\n");
	(void)guard_load(argv.v, environ, on_line, oid, NULL);
}

/* Names hold no quote and no backslash: words.c. */
static void
find_target(const struct receive *r, char oid[COMMIT_OID])
{
	dc_auto_free char *revset = NULL;

	if (r->target.kind == TARGET_HG_COMMIT)
		revset = dc_asprintf("id(\"%s\")", r->target.name);
	else
		revset = dc_asprintf(REVSET_DEFAULT,
		    r->target.kind == TARGET_HG ? "default" : r->target.name);
	find(r, oid, revset);
	if (*oid == '\0' && r->target.kind == TARGET_HG)
		find(r, oid, "tip");
}

static int
write_tree(struct receive *r, const char *oid, const char *incoming,
    const char *base_oid, const char *base, void *arg, struct dc_err *err)
{
	char *envp[] = {"PATH=/usr/bin:/bin", NULL};
	dc_auto_strv struct dc_strv argv = {0};
	int rc;

	(void)base_oid;
	(void)arg;
	add_sandbox(&argv);
	dc_strv_add(&argv, "--bind");
	dc_strv_add(&argv, incoming);
	dc_strv_add(&argv, "/tree");
	add_hg(&argv, r, "--ro-bind");
	dc_strv_add(&argv, "archive");
	dc_strv_add(&argv, "-R/hg/repo");
	dc_strv_addf(&argv, "-r%s", oid);
	dc_strv_add(&argv, "-tfiles");
	dc_strv_add(&argv, "/tree");
	rc = receive_spawn(r, true, argv.v, envp, err);
	if (rc > 0)
		return dc_fail(err, DC_EUSER,
		    "the files of commit %.12s cannot be written out", oid);
	if (rc == 0)
		rc = tree_clean(incoming, err);
	if (rc == 0 && base != NULL)
		rc = share_run(incoming, base, err);
	return rc;
}

static int
add(struct receive *r, struct dc_err *err)
{
	static const struct commit_kind kind = {.prefix = "hg-",
	    .shortest = 12,
	    .write = write_tree};
	dc_auto_free char *name = NULL;
	char oid[COMMIT_OID];
	int rc;

	find_target(r, oid);
	if (*oid == '\0')
		return 0;
	rc = commit_add_revision(r, &kind, oid, &name, err);
	if (rc == 0 && r->target.kind == TARGET_HG)
		(void)fprintf(stderr, "%s is uploaded\n", name);
	return rc;
}

/* Grows with each changeset. */
static int64_t
size_of_log(const struct receive *r)
{
	dc_auto_free char *path =
	    receive_path(r, "hg/repo/.hg/store/00changelog.i");
	struct stat st;

	return stat(path, &st) < 0 ? 0 : st.st_size;
}

static int
serve(struct receive *r, struct dc_err *err)
{
	char *envp[] = {"PATH=/usr/bin:/bin", NULL};
	dc_auto_strv struct dc_strv argv = {0};
	int64_t size = size_of_log(r);
	int rc;

	add_sandbox(&argv);
	add_hg(&argv, r, "--bind");
	/* hg wants to see no other words than these. */
	dc_strv_add(&argv, "-R");
	dc_strv_add(&argv, "/hg/repo");
	dc_strv_add(&argv, "serve");
	dc_strv_add(&argv, "--stdio");
	rc = receive_spawn(r, true, argv.v, envp, err);
	if (rc != 0)
		return rc;
	if (r->target.kind == TARGET_HG && size_of_log(r) == size)
		return 0;
	return add(r, err);
}

int
receive_hg(struct receive *r, struct dc_err *err)
{
	dc_auto_free char *dir = receive_path(r, "hg");
	dc_auto_free char *file = receive_path(r, "hg/rc");
	int rc = receive_lock(r, err);

	if (rc == 0)
		rc = dc_fs_mkdirs(dir, 0755, err);
	if (rc == 0)
		rc = dc_fs_save(file, RC, strlen(RC), 0644, err);
	if (rc == 0)
		rc = add_repository(r, err);
	if (rc == 0)
		rc = clean_up(r, err);
	return rc < 0 ? rc : serve(r, err);
}
