/* cli/push.c -- dcloud push: upload a directory and deploy it. */
#include "cli/push.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buildfile.h"
#include "cli/cli.h"
#include "cli/endpoint.h"
#include "cli/hg.h"
#include "cli/http.h"
#include "cli/repo.h"
#include "cli/rsync.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

struct push {
	struct cli *cli;
	const char *app;
	char *dir;   /* absolute */
	char *shown; /* as the person knows it, ends with a slash */
	enum protocol protocol;
	struct repo *repo; /* git */
	char *branch;      /* git, hg: what is built... */
	char *commit;      /* ...and its 40 digits      */
	char *uploaded;    /* rsync: the revision, if the server says it */
	struct endpoint endpoint;
};

static int
find_auto(enum protocol *out, char **why, const char *dir, struct dc_err *err)
{
	dc_auto_repo struct repo *repo = NULL;
	dc_auto_free char *hg = dc_asprintf("%s/.hg", dir);
	dc_auto_free char *commit = NULL;
	struct dc_err no = DC_ERR_INIT;
	int rc;

	rc = repo_open(&repo, dir, &no);
	if (rc == 0) {
		*out = PROTOCOL_GIT;
		*why = dc_strdup("it is the root of a git work tree; --rsync "
				 "overrides this");
		return 0;
	}
	if (rc != DC_ENOTFOUND)
		return dc_fail(err, rc,
		    "%s. Use --rsync to upload the files "
		    "as they are.",
		    no.msg);
	if (!dc_fs_exists(hg)) {
		*out = PROTOCOL_RSYNC;
		*why = dc_asprintf("%s; --git overrides this", no.msg);
		return 0;
	}
	rc = hg_find_commit(&commit, dir, NULL, &no);
	*out = rc == 0 ? PROTOCOL_HG : PROTOCOL_RSYNC;
	if (rc == 0)
		*why = dc_strdup("it is the root of a Mercurial work tree; "
				 "--rsync overrides this");
	else
		*why = dc_asprintf("%s; --hg overrides this", no.msg);
	return 0;
}

int
push_find_protocol(enum protocol *out, char **why, const struct opts *o,
    enum protocol saved, const char *dir, struct dc_err *err)
{
	enum protocol flag = o->git     ? PROTOCOL_GIT
			     : o->rsync ? PROTOCOL_RSYNC
			     : o->hg    ? PROTOCOL_HG
					: PROTOCOL_AUTO;
	enum protocol wanted = flag != PROTOCOL_AUTO ? flag : saved;

	if (wanted == PROTOCOL_AUTO)
		return find_auto(out, why, dir, err);
	*out = wanted;
	if (flag != PROTOCOL_AUTO)
		*why = dc_strdup("as asked for");
	else
		*why = dc_asprintf("saved in .dotcloud/config; --%s overrides "
				   "this",
		    saved == PROTOCOL_RSYNC ? "git" : "rsync");
	return 0;
}

/* The path given, else the connected directory around us, else this one. */
static int
find_dir(struct push *p, struct dc_err *err)
{
	const char *path = p->cli->opts.args[0];
	dc_auto_free char *here = realpath(".", NULL);
	struct stat st;

	if (path == NULL)
		path = p->cli->project.root;
	if (path == NULL || (here != NULL && p->cli->opts.args[0] == NULL &&
				strcmp(path, here) == 0))
		path = ".";
	p->dir = realpath(path, NULL);
	if (p->dir == NULL)
		return dc_fail_errno(err, "'%s'", path);
	if (stat(p->dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return dc_fail(err, DC_EINVAL, "'%s' is not a directory", path);
	p->shown =
	    dc_asprintf("%s%s", path, dc_has_suffix(path, "/") ? "" : "/");
	return 0;
}

/* The directory pushed may be connected when the current one is not. */
static int
find_app(struct push *p, struct dc_err *err)
{
	struct cli *cli = p->cli;
	int rc;

	if (cli->app == NULL) {
		rc = project_load(&cli->project, p->dir, err);
		if (rc < 0)
			return rc;
		config_set(&cli->app, cli->project.app);
	}
	return cli_find_app(cli, &p->app, err);
}

static int
check_buildfile(const struct push *p, struct dc_err *err)
{
	const struct cli *cli = p->cli;
	dc_auto_free char *file = dc_asprintf("%s/dotcloud.yml", p->dir);
	dc_auto_free char *question = NULL;

	if (dc_fs_exists(file))
		return 0;
	if (cli->opts.args[0] == NULL && strcmp(p->shown, "./") != 0)
		question = dc_asprintf("No 'dotcloud.yml' found in '%s',\n"
				       "the closest parent folder connected to "
				       "an application.\nDid you forget to "
				       "create a 'dotcloud.yml'? Continue?",
		    p->shown);
	else
		question = dc_asprintf("No 'dotcloud.yml' found in '%s'\nAre "
				       "you sure you %s?",
		    p->shown,
		    cli->opts.args[0] != NULL
			? "entered the correct directory path"
			: "are in the correct directory");
	if (ui_is_confirmed(question, false))
		return 0;
	return dc_fail(err, DC_EINVAL, "Nothing was uploaded.");
}

/* Of the options, or saved for this application; or NULL. */
static const char *
find_branch(const struct push *p)
{
	const struct cli *cli = p->cli;

	if (cli->opts.branch == NULL && cli->project.app != NULL &&
	    strcmp(cli->project.app, p->app) == 0)
		return cli->project.branch;
	return cli->opts.branch;
}

static int
find_git_source(struct push *p, struct dc_err *err)
{
	const struct cli *cli = p->cli;
	struct repo *repo = p->repo;
	const char *branch = find_branch(p);
	int rc;

	if (cli->opts.commit != NULL)
		return repo_find_commit(&p->commit, repo, cli->opts.commit,
		    err);
	if (branch != NULL) {
		p->branch = dc_strdup(branch);
	} else {
		rc = repo_find_branch(&p->branch, repo, err);
		if (rc < 0)
			return rc;
	}
	return repo_find_head(&p->commit, repo, p->branch, err);
}

/* A bookmark or a tag will do for a branch, too. */
static int
find_hg_source(struct push *p, struct dc_err *err)
{
	const char *commit = p->cli->opts.commit;
	const char *branch = find_branch(p);
	int rc;

	rc = hg_find_commit(&p->commit, p->dir,
	    commit != NULL ? commit : branch, err);
	if (rc < 0 || commit != NULL)
		return rc;
	if (branch == NULL)
		return hg_find_branch(&p->branch, p->dir, p->commit, err);
	p->branch = dc_strdup(branch);
	return 0;
}

static void
warn_dirty(size_t dirty)
{
	if (dirty > 0)
		ui_warn("%zu file%s not committed and will not be pushed; "
			"--rsync pushes the files as they are.",
		    dirty, dirty == 1 ? " is" : "s are");
}

static int
warn_left_behind(struct repo *repo, struct dc_err *err)
{
	size_t dirty;
	int rc;

	rc = repo_count_dirty(&dirty, repo, err);
	if (rc < 0)
		return rc;
	warn_dirty(dirty);
	if (repo_has_submodules(repo))
		ui_warn("The content of git submodules is not pushed; --rsync "
			"pushes the files as they are.");
	return 0;
}

static int
load_endpoint(struct push *p, struct dc_err *err)
{
	dc_auto_free char *query = NULL;
	dc_auto_free char *value = NULL;

	if (p->protocol == PROTOCOL_HG)
		query = dc_asprintf("?commit=%s", p->commit);
	if (p->protocol == PROTOCOL_GIT) {
		value = http_escape(p->branch != NULL ? p->branch : p->commit);
		query = dc_asprintf("?%s=%s",
		    p->branch != NULL ? "branch" : "commit", value);
	}
	return endpoint_load(&p->endpoint, &p->cli->api, p->app,
	    protocol_name(p->protocol), query != NULL ? query : "", err);
}

/* Everything that can be found wrong before a byte is sent. */
static int
find_wrong(struct push *p, struct dc_err *err)
{
	struct api *api = &p->cli->api;
	int rc;

	if (p->protocol == PROTOCOL_GIT) {
		rc = repo_open(&p->repo, p->dir, err);
		if (rc < 0)
			return dc_wrap(err, rc,
			    "\"%s\" cannot be pushed with git", p->shown);
		rc = find_git_source(p, err);
		if (rc == 0)
			rc = buildfile_check_commit(p->repo, p->commit, api,
			    err);
	} else if (p->protocol == PROTOCOL_HG) {
		rc = find_hg_source(p, err);
		if (rc < 0)
			return dc_wrap(err, rc,
			    "\"%s\" cannot be pushed with hg", p->shown);
		rc = buildfile_check_hg(p->dir, p->commit, api, err);
	} else {
		rc = buildfile_check_dir(p->dir, api, err);
	}
	if (rc < 0)
		return rc;
	return load_endpoint(p, err);
}

static int
upload_rsync(struct push *p, struct dc_err *err)
{
	ui_info("Pushing code with rsync from \"%s\" to application %s",
	    p->shown, p->app);
	return rsync_run(&p->cli->config, &p->endpoint, p->dir,
	    p->cli->opts.verbose, &p->uploaded, err);
}

static void
say_source(const struct push *p)
{
	ui_info("Pushing code with %s, %s %s from \"%s\" to application %s",
	    protocol_name(p->protocol), p->branch != NULL ? "branch" : "commit",
	    p->branch != NULL ? p->branch : p->commit, p->shown, p->app);
}

static int
upload_hg(struct push *p, struct dc_err *err)
{
	dc_auto_free char *subrepos = dc_asprintf("%s/.hgsub", p->dir);
	size_t dirty;
	int rc = hg_count_dirty(&dirty, p->dir, err);

	if (rc < 0)
		return rc;
	warn_dirty(dirty);
	if (dc_fs_exists(subrepos))
		ui_warn("The content of subrepositories is not pushed; --rsync "
			"pushes the files as they are.");
	say_source(p);
	return hg_push(p->dir, &p->cli->config, &p->endpoint, p->commit, err);
}

static int
upload_git(struct push *p, struct dc_err *err)
{
	int rc = warn_left_behind(p->repo, err);

	if (rc < 0)
		return rc;
	say_source(p);
	return repo_push(p->repo, &p->cli->config, &p->endpoint, p->commit,
	    err);
}

/* What was just uploaded is what the server has said, or the latest revision,
 * unless it had been there before and something else came since: a commit is
 * looked for by its name, git-<as many digits as it needs>, or hg-. */
static int
find_revision(const struct push *p, char **out, struct dc_err *err)
{
	dc_auto_free char *path = cli_format_path(p->app, "/revisions");
	dc_auto_json struct dc_json *all = NULL;
	const char *prefix = p->protocol == PROTOCOL_HG ? "hg-" : "git-";
	const char *best = "latest", *name;
	size_t i, len, skip = strlen(prefix), best_len = 0;
	int rc;

	if (p->commit == NULL) {
		*out = dc_strdup(p->uploaded != NULL ? p->uploaded : "latest");
		return 0;
	}
	rc = api_get(&p->cli->api, &all, path, err);
	if (rc < 0)
		return rc;
	for (i = 0; i < dc_json_size(all); i++) {
		name = dc_json_find_str(dc_json_at(all, i), "revision");
		if (name == NULL || !dc_has_prefix(name, prefix))
			continue;
		len = strlen(name + skip);
		if (len <= best_len ||
		    strncmp(p->commit, name + skip, len) != 0)
			continue;
		best_len = len;
		best = name;
	}
	/* hg does not say that the server failed. */
	if (best_len == 0 && p->protocol == PROTOCOL_HG)
		return dc_fail(err, DC_EFAIL,
		    "The server did not take commit %.12s. Nothing was "
		    "deployed. (A secret one is not pushed: `hg phase`.)",
		    p->commit);
	*out = dc_strdup(best);
	return 0;
}

static int
upload(struct push *p, struct dc_err *err)
{
	switch (p->protocol) {
	case PROTOCOL_GIT:
		return upload_git(p, err);
	case PROTOCOL_HG:
		return upload_hg(p, err);
	default:
		return upload_rsync(p, err);
	}
}

static int
push(struct push *p, struct dc_err *err)
{
	const struct project *project = &p->cli->project;
	dc_auto_free char *revision = NULL;
	dc_auto_free char *why = NULL;
	enum protocol saved = PROTOCOL_AUTO;
	int rc;

	rc = check_buildfile(p, err);
	if (rc < 0)
		return rc;
	if (project->app != NULL && strcmp(project->app, p->app) == 0)
		saved = project->protocol;
	rc = push_find_protocol(&p->protocol, &why, &p->cli->opts, saved,
	    p->dir, err);
	if (rc == 0)
		rc = find_wrong(p, err);
	if (rc < 0)
		return rc;
	ui_info("Using %s for \"%s\": %s", protocol_name(p->protocol), p->shown,
	    why);
	if (p->protocol == PROTOCOL_RSYNC &&
	    (p->cli->opts.branch != NULL || p->cli->opts.commit != NULL))
		ui_warn("--%s is ignored: rsync pushes the files as they are.",
		    p->cli->opts.branch != NULL ? "branch" : "commit");
	rc = upload(p, err);
	if (rc == 0)
		rc = find_revision(p, &revision, err);
	if (rc < 0)
		return rc;
	ui_info("Submitting a deployment request for application %s", p->app);
	return deploy_submit(p->cli, p->app, revision, err);
}

int
push_run(struct cli *cli, struct dc_err *err)
{
	struct push p = {.cli = cli};
	int rc;

	rc = find_dir(&p, err);
	if (rc == 0)
		rc = find_app(&p, err);
	if (rc == 0)
		rc = push(&p, err);
	endpoint_done(&p.endpoint);
	repo_close(p.repo);
	free(p.dir);
	free(p.shown);
	free(p.branch);
	free(p.commit);
	free(p.uploaded);
	return rc;
}
