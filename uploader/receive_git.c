/* uploader/receive_git.c -- git receive-pack and upload-pack, with a
 * configuration that is ours alone, and the pre-receive hook below it.
 *
 * The hook runs before any branch moves. It makes the revision; of a plain
 * push it asks for the deployment too, shows its log and fails when that
 * fails, so that the push is rejected: the developer's git then still has
 * something to push, and the next plain `git push` tries again. */
#include "uploader/receive.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "uploader/commit.h"
#include "uploader/export.h"
#include "uploader/watch.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>

#define LINES_MAX 10000

/* hooks/pre-receive is a link to our own program. */
static int
save_hook(const struct receive *r, struct dc_err *err)
{
	dc_auto_free char *hook = receive_path(r, "hooks/pre-receive");
	dc_auto_free char *tmp = receive_path(r, "hooks/.new");
	dc_auto_free char *program =
	    dc_asprintf("%s/dcloud-receive", r->conf.libexec);

	(void)unlink(tmp);
	if (symlink(program, tmp) < 0 || rename(tmp, hook) < 0)
		return dc_fail_errno(err, "link '%s'", hook);
	return 0;
}

static void
add_arguments(const struct receive *r, struct dc_strv *argv,
    const char *service)
{
	static const char *const settings[] = {"receive.fsckObjects=true",
	    "receive.denyDeletes=true", "receive.denyNonFastForwards=false",
	    "receive.advertisePushOptions=false", "receive.autogc=true",
	    "transfer.unpackLimit=1000", "core.fsmonitor=false",
	    "core.logAllRefUpdates=false", "core.useReplaceRefs=false",
	    "uploadpack.allowFilter=false", "protocol.allow=never"};
	dc_auto_free char *hooks = receive_path(r, "hooks");
	size_t i;

	dc_strv_add(argv, "git");
	for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
		dc_strv_add(argv, "-c");
		dc_strv_add(argv, settings[i]);
	}
	dc_strv_add(argv, "-c");
	dc_strv_addf(argv, "receive.maxInputSize=%lld", DC_MAX_GIT_PUSH);
	dc_strv_add(argv, "-c");
	dc_strv_addf(argv, "core.hooksPath=%s", hooks);
	dc_strv_add(argv, service);
	dc_strv_addf(argv, "%s/git", r->dir);
}

/* What the hook has to know, and nothing that came from outside. */
static void
add_environment(const struct receive *r, struct dc_strv *envp)
{
	const char *protocol = getenv("GIT_PROTOCOL");

	dc_strv_add(envp, "PATH=/usr/local/bin:/usr/bin:/bin");
	dc_strv_add(envp, "HOME=/nonexistent");
	dc_strv_add(envp, "GIT_CONFIG_NOSYSTEM=1");
	dc_strv_add(envp, "GIT_CONFIG_GLOBAL=/dev/null");
	dc_strv_addf(envp, "DCLOUD_CONF=%s", r->conf_path);
	dc_strv_addf(envp, "DCLOUD_APP=%" PRId64, r->app.id);
	dc_strv_addf(envp, "DCLOUD_ACCOUNT=%" PRId64, r->account.id);
	dc_strv_addf(envp, "DCLOUD_KIND=%d", (int)r->target.kind);
	dc_strv_addf(envp, "DCLOUD_NAME=%s",
	    r->target.name != NULL ? r->target.name : "");
	dc_strv_addf(envp, "DCLOUD_LOCK=%d", r->lock);
	dc_strv_addf(envp, "DCLOUD_DONE=%d", r->done);
	if (protocol != NULL && (strcmp(protocol, "version=2") == 0 ||
				    strcmp(protocol, "version=1") == 0))
		dc_strv_addf(envp, "GIT_PROTOCOL=%s", protocol);
}

struct source {
	struct export *x;
	struct dc_strv warnings;
};

static int
write_tree(struct receive *r, const char *oid, const char *incoming,
    const char *base_oid, const char *base, void *arg, struct dc_err *err)
{
	struct source *s = arg;

	(void)r;
	return export_run(s->x, oid, incoming, base_oid, base, &s->warnings,
	    err);
}

/* Also says what could not be taken along. */
static int
add_commit(struct receive *r, struct export *x, const char *oid, char **name,
    struct dc_err *err)
{
	struct source s = {.x = x};
	const struct commit_kind kind = {.prefix = "git-",
	    .shortest = 7,
	    .write = write_tree,
	    .arg = &s};
	int rc = commit_add_revision(r, &kind, oid, name, err);
	size_t i;

	for (i = 0; i < s.warnings.n && rc == 0; i++)
		receive_say("Warning: ", s.warnings.v[i]);
	dc_strv_done(&s.warnings);
	return rc;
}

/* What the target asks for: its branch or commit. */
static int
find_target(struct receive *r, struct export *x, char oid[EXPORT_OID],
    struct dc_err *err)
{
	if (r->target.kind == TARGET_BRANCH)
		return export_find_branch(x, oid, r->target.name, err);
	return export_find_commit(x, oid, r->target.name, err);
}

/* Nothing was new, so no hook has run: the branch as it is. */
static int
add_known(struct receive *r, struct dc_err *err)
{
	export_auto struct export *x = NULL;
	dc_auto_free char *path = receive_path(r, "git");
	dc_auto_free char *name = NULL;
	char oid[EXPORT_OID];
	int rc = export_open(&x, path, 0, err);

	if (rc == 0)
		rc = find_target(r, x, oid, err);
	return rc < 0 ? rc : add_commit(r, x, oid, &name, err);
}

static int
push(struct receive *r, const char *service, struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_strv struct dc_strv envp = {0};
	int rc;

	/* The hook writes a byte into it; and may release the lock, which
	 * is the same open file here and there. */
	r->done = memfd_create("done", 0);
	if (r->done < 0)
		return dc_fail_errno(err, "memfd_create");
	(void)fcntl(r->lock, F_SETFD, 0);
	add_arguments(r, &argv, service);
	add_environment(r, &envp);
	rc = receive_spawn(r, true, argv.v, envp.v, err);
	/* Once the tree is there the lock may be another's. */
	if (rc < 0 && lseek(r->done, 0, SEEK_END) == 0)
		(void)receive_sweep(r, NULL);
	if (rc != 0 || r->target.kind == TARGET_PLAIN ||
	    lseek(r->done, 0, SEEK_END) > 0)
		return rc;
	return add_known(r, err);
}

int
receive_git(struct receive *r, const char *service, struct dc_err *err)
{
	dc_auto_free char *path = receive_path(r, "git");
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_strv struct dc_strv envp = {0};
	int rc = receive_lock(r, err);

	if (rc == 0)
		rc = save_hook(r, err);
	if (rc == 0)
		rc = export_init(path, err);
	if (rc < 0)
		return rc;
	if (strcmp(service, "receive-pack") == 0)
		return push(r, service, err);
	(void)flock(r->lock, LOCK_UN);
	add_arguments(r, &argv, service);
	add_environment(r, &envp);
	return receive_spawn(r, false, argv.v, envp.v, err);
}

static int
hook_number(const char *name, long long *value, struct dc_err *err)
{
	const char *text = getenv(name);

	if (text == NULL || !dc_is_number(text, 0, INT64_MAX, value))
		return dc_fail(err, DC_EINVAL, "%s is not set", name);
	return 0;
}

static int
hook_load(struct receive *r, struct dc_err *err)
{
	const char *name = getenv("DCLOUD_NAME");
	long long app = 0, account = 0, kind = 0, lock = 0, fd = 0;
	int rc = hook_number("DCLOUD_APP", &app, err);

	if (rc == 0)
		rc = hook_number("DCLOUD_ACCOUNT", &account, err);
	if (rc == 0)
		rc = hook_number("DCLOUD_KIND", &kind, err);
	if (rc == 0)
		rc = hook_number("DCLOUD_LOCK", &lock, err);
	if (rc == 0)
		rc = hook_number("DCLOUD_DONE", &fd, err);
	if (rc == 0)
		rc = dc_application_load(r->db, &r->app, app, err);
	if (rc == 0)
		rc = dc_account_load(r->db, &r->account, account, err);
	if (rc < 0)
		return rc;
	r->target.kind = (enum target_kind)kind;
	r->target.name = dc_strdup(name != NULL ? name : "");
	r->dir = dc_conf_path(&r->conf, "code/%" PRId64, r->app.id);
	r->lock = (int)lock;
	r->done = (int)fd;
	return 0;
}

/* "OLD NEW REF" lines. Of the branches that come, OID is that of the target's,
 * or for a plain push of main or master, else of the first. False: none. */
static bool
read_updates(const struct receive *r, char oid[EXPORT_OID])
{
	char old[65], new[65], ref[1024];
	bool is_best = false, is_found = false, is_wanted;
	int i;

	for (i = 0;
	     i < LINES_MAX && scanf("%64s %64s %1023s", old, new, ref) == 3;
	     i++) {
		if (!dc_has_prefix(ref, "refs/heads/") || strlen(new) != 40 ||
		    new[strspn(new, "0")] == '\0')
			continue;
		if (r->target.kind == TARGET_BRANCH)
			is_wanted = strcmp(ref + 11, r->target.name) == 0;
		else
			is_wanted = strcmp(ref + 11, "main") == 0 ||
				    strcmp(ref + 11, "master") == 0;
		if (is_best || (r->target.kind == TARGET_BRANCH && !is_wanted))
			continue;
		if (!is_found || is_wanted)
			(void)stpcpy(oid, new);
		is_best = is_wanted;
		is_found = true;
	}
	return is_found;
}

static int
hook_add(struct receive *r, char **name, struct dc_err *err)
{
	export_auto struct export *x = NULL;
	char oid[EXPORT_OID], pushed[EXPORT_OID];
	bool is_pushed = read_updates(r, pushed);
	int rc;

	/* Tags only, or branches removed: nothing to deploy. */
	if (!is_pushed && r->target.kind == TARGET_PLAIN)
		return 0;
	rc = export_open(&x, NULL, 1, err);
	if (rc == 0 && is_pushed && r->target.kind != TARGET_COMMIT)
		rc = export_find_commit(x, oid, pushed, err);
	else if (rc == 0)
		rc = find_target(r, x, oid, err);
	return rc < 0 ? rc : add_commit(r, x, oid, name, err);
}

int
receive_hook(struct receive *r, struct dc_err *err)
{
	dc_auto_free char *name = NULL;
	int rc;

	rc = hook_load(r, err);
	if (rc == 0)
		rc = hook_add(r, &name, err);
	if (rc < 0)
		return rc;
	(void)!write(r->done, "\n", 1);
	if (r->target.kind != TARGET_PLAIN || name == NULL)
		return 0;
	/* The tree is complete: others may upload while this one deploys. */
	(void)flock(r->lock, LOCK_UN);
	return watch_deploy(r, name, err);
}
