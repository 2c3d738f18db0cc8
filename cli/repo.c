/* cli/repo.c -- see repo.h. The only file that includes git2.h. */
#include "cli/repo.h"

#include <git2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/hosts.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

struct repo {
	git_repository *git;
};

/* One push: what the callbacks share. */
struct push {
	const struct config *config;
	const struct endpoint *endpoint;
	struct dc_err *err; /* set by a callback that stopped the push */
	struct dc_str remote;
	int tries; /* of log-in */
	bool tty, has_progress;
};

static int
fail_git(struct dc_err *err, int code, const char *what)
{
	const git_error *e = git_error_last();

	return dc_fail(err, code, "%s: %s", what,
	    e != NULL && e->message != NULL ? e->message : "unknown reason");
}

int
repo_open(struct repo **out, const char *dir, struct dc_err *err)
{
	git_repository *git = NULL;
	int e;

	(void)git_libgit2_init();
	e = git_repository_open_ext(&git, dir, GIT_REPOSITORY_OPEN_NO_SEARCH,
	    NULL);
	if (e == GIT_EOWNER)
		e = dc_fail(err, DC_ENOTFOUND,
		    "its git repository belongs to another user");
	else if (e == GIT_ENOTFOUND || (e == 0 && git_repository_is_bare(git)))
		e = dc_fail(err, DC_ENOTFOUND,
		    "it is not the root of a git work tree");
	else if (e < 0)
		e = fail_git(err, DC_EFAIL, "The git repository is unusable");
	else if (git_repository_head_unborn(git) == 1)
		e = dc_fail(err, DC_ENOTFOUND,
		    "its git repository has no commit yet");
	if (e < 0) {
		git_repository_free(git);
		(void)git_libgit2_shutdown();
		return e;
	}
	*out = dc_xcalloc(1, sizeof(**out));
	(*out)->git = git;
	return 0;
}

void
repo_close(struct repo *r)
{
	if (r == NULL)
		return;
	git_repository_free(r->git);
	free(r);
	(void)git_libgit2_shutdown();
}

int
repo_find_branch(char **out, struct repo *r, struct dc_err *err)
{
	git_reference *head = NULL;

	if (git_repository_head_detached(r->git) == 1 ||
	    git_repository_head(&head, r->git) < 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "Unable to determine the active branch (git): HEAD is "
		    "detached. Use --branch, or --commit HEAD.");
	*out = dc_strdup(git_reference_shorthand(head));
	git_reference_free(head);
	return 0;
}

static int
find_commit(char **out, struct repo *r, const char *spec)
{
	git_object *any = NULL, *commit = NULL;
	char hash[GIT_OID_HEXSZ + 1];
	int e;

	e = git_revparse_single(&any, r->git, spec);
	if (e == 0)
		e = git_object_peel(&commit, any, GIT_OBJECT_COMMIT);
	if (e == 0)
		*out = dc_strdup(
		    git_oid_tostr(hash, sizeof(hash), git_object_id(commit)));
	git_object_free(commit);
	git_object_free(any);
	return e;
}

int
repo_find_commit(char **out, struct repo *r, const char *rev,
    struct dc_err *err)
{
	int e = find_commit(out, r, rev);

	if (e == GIT_EAMBIGUOUS)
		return dc_fail(err, DC_ENOTFOUND,
		    "\"%s\" is the beginning of several commits", rev);
	if (e < 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "There is no commit \"%s\" in this repository", rev);
	return 0;
}

int
repo_find_head(char **out, struct repo *r, const char *branch,
    struct dc_err *err)
{
	dc_auto_free char *ref = dc_asprintf("refs/heads/%s", branch);

	if (find_commit(out, r, ref) < 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "There is no branch \"%s\" in this repository", branch);
	return 0;
}

static int
find_tree(git_tree **out, struct repo *r, const char *commit)
{
	git_commit *found = NULL;
	git_oid id;
	int e;

	e = git_oid_fromstr(&id, commit);
	if (e == 0)
		e = git_commit_lookup(&found, r->git, &id);
	if (e == 0)
		e = git_commit_tree(out, found);
	git_commit_free(found);
	return e;
}

static int
load_blob(char **out, size_t *len, git_blob *blob, const char *name, size_t max,
    struct dc_err *err)
{
	uint64_t size = git_blob_rawsize(blob);

	if (size > max)
		return dc_fail(err, DC_EINVAL, "'%s' is larger than %zu bytes",
		    name, max);
	*out = dc_xcalloc(1, (size_t)size + 1);
	memcpy(*out, git_blob_rawcontent(blob), (size_t)size);
	*len = (size_t)size;
	return 0;
}

int
repo_load_file(char **out, size_t *len, struct repo *r, const char *commit,
    const char *name, size_t max, struct dc_err *err)
{
	const git_tree_entry *entry = NULL;
	git_filemode_t mode = GIT_FILEMODE_UNREADABLE;
	git_blob *blob = NULL;
	git_tree *tree = NULL;
	int rc;

	if (find_tree(&tree, r, commit) < 0)
		return fail_git(err, DC_EFAIL, "The commit is unreadable");
	entry = git_tree_entry_byname(tree, name);
	if (entry != NULL)
		mode = git_tree_entry_filemode(entry);
	if (entry == NULL)
		rc = dc_fail(err, DC_ENOTFOUND, "there is no '%s'", name);
	else if (mode != GIT_FILEMODE_BLOB &&
		 mode != GIT_FILEMODE_BLOB_EXECUTABLE)
		rc = dc_fail(err, DC_EINVAL,
		    "'%s' must be a regular file that can be read", name);
	else if (git_blob_lookup(&blob, r->git, git_tree_entry_id(entry)) < 0)
		rc = fail_git(err, DC_EFAIL, "The commit is unreadable");
	else
		rc = load_blob(out, len, blob, name, max, err);
	git_blob_free(blob);
	git_tree_free(tree);
	return rc;
}

static const char *
path_of(const git_status_entry *s)
{
	const git_diff_delta *d = s->index_to_workdir != NULL
				      ? s->index_to_workdir
				      : s->head_to_index;

	return d != NULL ? d->new_file.path : "";
}

int
repo_count_dirty(size_t *out, struct repo *r, struct dc_err *err)
{
	git_status_options options;
	git_status_list *list = NULL;
	size_t i, n = 0;

	(void)git_status_options_init(&options, GIT_STATUS_OPTIONS_VERSION);
	options.flags = GIT_STATUS_OPT_INCLUDE_UNTRACKED |
			GIT_STATUS_OPT_RECURSE_UNTRACKED_DIRS |
			GIT_STATUS_OPT_EXCLUDE_SUBMODULES;
	if (git_status_list_new(&list, r->git, &options) < 0)
		return fail_git(err, DC_EFAIL, "git status failed");
	for (i = 0; i < git_status_list_entrycount(list); i++)
		n += !dc_has_prefix(path_of(git_status_byindex(list, i)),
		    ".dotcloud/");
	git_status_list_free(list);
	*out = n;
	return 0;
}

static int
on_submodule(git_submodule *sm, const char *name, void *arg)
{
	(void)sm;
	(void)name;
	*(bool *)arg = true;
	return 1;
}

bool
repo_has_submodules(struct repo *r)
{
	bool found = false;

	(void)git_submodule_foreach(r->git, on_submodule, &found);
	return found;
}

static int
on_credentials(git_credential **out, const char *url, const char *user,
    unsigned int allowed, void *arg)
{
	struct push *p = arg;
	dc_auto_free char *public_key = NULL;

	(void)url;
	if ((allowed & GIT_CREDENTIAL_SSH_KEY) == 0 || p->tries++ > 0) {
		(void)dc_fail(p->err, DC_EDENIED,
		    "The server does not accept your ssh key. `dcloud check` "
		    "sends it again.");
		return GIT_EUSER;
	}
	public_key = dc_asprintf("%s.pub", p->config->key);
	return git_credential_ssh_key_new(out, user, public_key, p->config->key,
	    "");
}

static int
on_certificate(git_cert *cert, int valid, const char *host, void *arg)
{
	const git_cert_hostkey *key = (const git_cert_hostkey *)cert;
	struct push *p = arg;

	(void)valid; /* by ~/.ssh/known_hosts; ours decides */
	(void)host;
	if (cert->cert_type != GIT_CERT_HOSTKEY_LIBSSH2 ||
	    (key->type & GIT_CERT_SSH_RAW) == 0) {
		(void)dc_fail(p->err, DC_EFAIL, "no ssh host key was given");
		return GIT_EUSER;
	}
	return hosts_check(p->config->known_hosts, p->endpoint, key->hostkey,
		   key->hostkey_len, p->err) < 0
		   ? GIT_EUSER
		   : 0;
}

/* Whole lines of what the server says, made safe. */
static int
on_sideband(const char *text, int len, void *arg)
{
	struct push *p = arg;
	char *nl;

	dc_str_addn(&p->remote, text, (size_t)len);
	while (p->remote.len > 0 &&
	       (nl = memchr(p->remote.data, '\n', p->remote.len)) != NULL) {
		dc_auto_free char *line = NULL;

		*nl = '\0';
		line = dc_term_format_line(p->remote.data, false);
		(void)fprintf(stderr, "remote: %s\n", line);
		dc_str_shift(&p->remote, (size_t)(nl - p->remote.data) + 1);
	}
	return 0;
}

static int
on_progress(unsigned int current, unsigned int total, size_t bytes, void *arg)
{
	struct push *p = arg;

	if (!p->tty || total == 0)
		return 0;
	p->has_progress = true;
	(void)fprintf(stderr, "\rUploading objects: %3u%% (%u/%u), %zu KB",
	    (unsigned)(current * 100ULL / total), current, total, bytes / 1024);
	return 0;
}

static int
on_reference(const char *ref, const char *status, void *arg)
{
	struct push *p = arg;

	if (status == NULL)
		return 0;
	(void)dc_fail(p->err, DC_EINVAL, "The server refused %s: %s", ref,
	    status);
	return GIT_EUSER;
}

/* A refspec per local branch; COMMIT must be on one of them, or be HEAD. */
static int
find_refspecs(struct dc_strv *specs, struct repo *r, const char *commit,
    struct dc_err *err)
{
	git_branch_iterator *it = NULL;
	git_oid wanted, heads[1];
	git_reference *ref;
	bool found = false;
	git_branch_t type;

	if (git_oid_fromstr(&wanted, commit) < 0 ||
	    git_branch_iterator_new(&it, r->git, GIT_BRANCH_LOCAL) < 0)
		return fail_git(err, DC_EFAIL, "The branches are unreadable");
	while (git_branch_next(&ref, &type, it) == 0) {
		const char *name = git_reference_name(ref);

		dc_strv_addf(specs, "+%s:%s", name, name);
		if (!found &&
		    git_reference_name_to_id(&heads[0], r->git, name) == 0)
			found = git_graph_reachable_from_any(r->git, &wanted,
				    heads, 1) == 1;
		git_reference_free(ref);
	}
	git_branch_iterator_free(it);
	if (!found &&
	    git_reference_name_to_id(&heads[0], r->git, "HEAD") == 0 &&
	    git_graph_reachable_from_any(r->git, &wanted, heads, 1) == 1) {
		dc_strv_addf(specs, "+HEAD:refs/heads/detached-%.12s", commit);
		found = true;
	}
	if (!found)
		return dc_fail(err, DC_ENOTFOUND,
		    "Commit %.12s is on no branch: make one with `git branch "
		    "NAME %.12s`",
		    commit, commit);
	return 0;
}

static int
upload(struct repo *r, struct push *p, struct dc_strv *specs)
{
	git_push_options options;
	const git_strarray all = {.strings = specs->v, .count = specs->n};
	git_remote *remote = NULL;
	int e;

	(void)git_push_options_init(&options, GIT_PUSH_OPTIONS_VERSION);
	options.callbacks.credentials = on_credentials;
	options.callbacks.certificate_check = on_certificate;
	options.callbacks.sideband_progress = on_sideband;
	options.callbacks.push_transfer_progress = on_progress;
	options.callbacks.push_update_reference = on_reference;
	options.callbacks.payload = p;
	e = git_remote_create_anonymous(&remote, r->git, p->endpoint->url);
	if (e == 0)
		e = git_remote_upload(remote, &all, &options);
	git_remote_free(remote);
	if (p->remote.len > 0)
		(void)on_sideband("\n", 1, p);
	if (p->has_progress)
		(void)fputc('\n', stderr);
	return e;
}

int
repo_push(struct repo *r, const struct config *config, const struct endpoint *e,
    const char *commit, struct dc_err *err)
{
	dc_auto_strv struct dc_strv specs = {0};
	struct dc_err stop = DC_ERR_INIT;
	struct push p = {.config = config,
	    .endpoint = e,
	    .err = &stop,
	    .tty = isatty(STDERR_FILENO)};
	int rc;

	if (git_repository_is_shallow(r->git) == 1)
		return dc_fail(err, DC_EINVAL,
		    "This is a shallow git clone, whose history cannot be "
		    "pushed. Run `git fetch --unshallow` first, or use "
		    "--rsync.");
	rc = find_refspecs(&specs, r, commit, err);
	if (rc < 0)
		return rc;
	rc = hosts_add(config->known_hosts, e, err);
	if (rc < 0)
		return rc;
	rc = upload(r, &p, &specs);
	dc_str_done(&p.remote);
	if (stop.code != 0)
		return dc_fail(err, stop.code, "%s", stop.msg);
	if (rc < 0)
		return fail_git(err, DC_EFAIL, "The upload with git failed");
	return 0;
}
