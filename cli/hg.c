/* cli/hg.c -- see hg.h. The developer's own configuration counts here, but what
 * hg prints is as without it (HGPLAIN). */
#include "cli/hg.h"

#include <stdlib.h>
#include <string.h>

#include "cli/child.h"
#include "cli/hosts.h"
#include "cli/rsync.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#define OUTPUT_MAX (1 << 20)
#define STATUS_MAX (64 << 20)
#define NO_COMMIT "0000000000000000000000000000000000000000"

static void
begin(struct dc_strv *argv, const char *dir)
{
	(void)setenv("HGPLAIN", "1", 1);
	dc_strv_add(argv, "hg");
	dc_strv_add(argv, "--cwd");
	dc_strv_add(argv, dir);
	dc_strv_add(argv, "--noninteractive");
}

/* TEMPLATE of the one changeset REV; the exit status. */
static int
show(struct dc_str *out, const char *dir, const char *rev, const char *template,
    struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};

	begin(&argv, dir);
	dc_strv_add(&argv, "log");
	dc_strv_add(&argv, "-R.");
	dc_strv_addf(&argv, "-r%s", rev);
	dc_strv_addf(&argv, "-T%s", template);
	return child_load(out, OUTPUT_MAX, argv.v, err);
}

int
hg_find_commit(char **out, const char *dir, const char *rev, struct dc_err *err)
{
	dc_auto_free char *hg = dc_asprintf("%s/.hg", dir);
	dc_auto_str struct dc_str said = {0};
	int rc;

	if (!dc_fs_exists(hg))
		return dc_fail(err, DC_ENOTFOUND,
		    "it is not the root of a Mercurial work tree");
	rc = show(&said, dir, rev != NULL ? rev : ".", "{node}", err);
	if (rc < 0)
		return rc;
	if (rc != 0 && rev == NULL)
		return dc_fail(err, DC_ENOTFOUND,
		    "its Mercurial repository is unusable: see `hg log`");
	if (rc != 0 || said.len != strlen(NO_COMMIT))
		return dc_fail(err, DC_ENOTFOUND,
		    "There is no one commit \"%s\" in this repository",
		    rev != NULL ? rev : ".");
	if (strcmp(said.data, NO_COMMIT) == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "its Mercurial repository has no commit yet");
	*out = dc_str_steal(&said);
	return 0;
}

int
hg_find_branch(char **out, const char *dir, const char *commit,
    struct dc_err *err)
{
	dc_auto_str struct dc_str said = {0};
	int rc = show(&said, dir, commit, "{branch}", err);

	if (rc > 0)
		rc = dc_fail(err, DC_EFAIL, "hg does not know the branch");
	if (rc == 0)
		*out = dc_str_steal(&said);
	return rc;
}

int
hg_load_file(char **out, size_t *len, const char *dir, const char *commit,
    const char *name, size_t max, struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_str struct dc_str said = {0};
	int rc;

	begin(&argv, dir);
	dc_strv_add(&argv, "cat");
	dc_strv_add(&argv, "-R.");
	dc_strv_addf(&argv, "-r%s", commit);
	dc_strv_addf(&argv, "path:%s", name);
	rc = child_load(&said, max, argv.v, err);
	if (rc > 0)
		return dc_fail(err, DC_ENOTFOUND, "no '%s' in the commit",
		    name);
	if (rc < 0)
		return rc;
	*len = said.len;
	*out = dc_str_steal(&said);
	return 0;
}

int
hg_count_dirty(size_t *out, const char *dir, struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_str struct dc_str said = {0};
	size_t i;
	int rc;

	begin(&argv, dir);
	dc_strv_add(&argv, "status");
	dc_strv_add(&argv, "-R.");
	dc_strv_add(&argv, "-Xpath:.dotcloud");
	dc_strv_add(&argv, "-Tx");
	rc = child_load(&said, STATUS_MAX, argv.v, err);
	if (rc > 0)
		rc = dc_fail(err, DC_EFAIL, "hg status failed");
	if (rc < 0)
		return rc;
	*out = 0;
	for (i = 0; i < said.len; i++)
		*out += said.data[i] == 'x';
	return 0;
}

/* hg pushes subrepositories first, each to where it came from, unless nothing
 * is checked out: a second work tree of the same repository, at SHARED. */
static int
add_shared(const char *dir, const char *shared, struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_str struct dc_str said = {0};
	int rc;

	begin(&argv, dir);
	dc_strv_add(&argv, "--config");
	dc_strv_add(&argv, "extensions.share=");
	dc_strv_add(&argv, "share");
	dc_strv_add(&argv, "-U");
	dc_strv_add(&argv, ".");
	dc_strv_add(&argv, shared);
	rc = child_load(&said, OUTPUT_MAX, argv.v, err);
	return rc > 0 ? dc_fail(err, DC_EFAIL, "hg share failed") : rc;
}

static int
upload(const char *dir, const struct config *config, const struct endpoint *e,
    const char *commit, struct dc_err *err)
{
	dc_auto_free char *ssh = rsync_format_ssh(config, "'\\''");
	dc_auto_strv struct dc_strv argv = {0};
	int rc;

	begin(&argv, dir);
	dc_strv_add(&argv, "push");
	dc_strv_add(&argv, "-R.");
	dc_strv_add(&argv, "-f");
	dc_strv_addf(&argv, "-r%s", commit);
	dc_strv_add(&argv, "-e");
	dc_strv_add(&argv, ssh);
	dc_strv_add(&argv, "--config");
	dc_strv_add(&argv, "ui.remotecmd=hg");
	dc_strv_add(&argv, e->url);
	rc = child_run(argv.v, err);
	/* 1: there was nothing to push. */
	if (rc < 0 || rc == 0 || rc == 1)
		return rc < 0 ? rc : 0;
	return dc_fail(err, DC_EFAIL,
	    "The upload failed: hg exit status %d. Nothing was deployed.", rc);
}

int
hg_push(const char *dir, const struct config *config, const struct endpoint *e,
    const char *commit, struct dc_err *err)
{
	dc_auto_free char *subrepos = dc_asprintf("%s/.hgsub", dir);
	char tmp[] = "/tmp/dcloud-hg-XXXXXX";
	dc_auto_free char *shared = NULL;
	int rc = hosts_add(config->known_hosts, e, err);

	if (rc < 0 || !dc_fs_exists(subrepos))
		return rc < 0 ? rc : upload(dir, config, e, commit, err);
	if (mkdtemp(tmp) == NULL)
		return dc_fail_errno(err, "mkdtemp");
	shared = dc_asprintf("%s/repo", tmp);
	rc = add_shared(dir, shared, err);
	if (rc == 0)
		rc = upload(shared, config, e, commit, err);
	(void)dc_fs_remove_tree(tmp, NULL);
	return rc;
}
