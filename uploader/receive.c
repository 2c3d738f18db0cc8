/* uploader/receive.c -- see receive.h. */
#include "uploader/receive.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/room.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/base/term.h"
#include "common/store/revision.h"
#include "uploader/guard.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/resource.h>

#define INCOMING ".incoming-"
#define UPLOAD_SECONDS 3600

int
receive_open(struct receive *r, const char *conf_path, struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	int rc;

	r->lock = r->done = -1;
	r->conf_path = conf_path;
	rc = dc_conf_load(&r->conf, conf_path, err);
	if (rc < 0)
		return rc;
	path = dc_conf_path(&r->conf, "state.db");
	return dc_db_open(&r->db, path, err);
}

void
receive_done(struct receive *r)
{
	dc_db_close(r->db);
	dc_account_done(&r->account);
	dc_application_done(&r->app);
	target_done(&r->target);
	free(r->dir);
	if (r->lock >= 0)
		(void)close(r->lock);
	if (r->done >= 0)
		(void)close(r->done);
	dc_conf_done(&r->conf);
}

char *
receive_path(const struct receive *r, const char *fmt, ...)
{
	struct dc_str s = {0};
	char suffix[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(suffix, sizeof(suffix), fmt, ap);
	va_end(ap);
	dc_str_addf(&s, "%s/%s", r->dir, suffix);
	return dc_str_steal(&s);
}

/* Trees without a row are of uploads that ended between rename and commit. */
int
receive_sweep(struct receive *r, struct dc_err *err)
{
	dc_auto_free char *path = receive_path(r, "revisions");
	dc_auto_dir DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	if (d == NULL)
		return dc_fail_errno(err, "open '%s'", path);
	while (rc == 0 && (e = readdir(d)) != NULL) {
		dc_auto_revision struct dc_revision known = {0};
		dc_auto_free char *tree = NULL;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (*e->d_name != '.') {
			rc = dc_revision_find(r->db, &known, r->app.id,
			    e->d_name, err);
			if (rc != DC_ENOTFOUND)
				continue;
		}
		tree = receive_path(r, "revisions/%s", e->d_name);
		rc = dc_fs_remove_tree(tree, err);
	}
	return rc;
}

int
receive_lock(struct receive *r, struct dc_err *err)
{
	static const char *const dirs[] = {"revisions", "commits", "hooks"};
	dc_auto_free char *path = receive_path(r, "lock");
	size_t i;
	int rc = 0;

	for (i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && rc == 0; i++) {
		dc_auto_free char *dir = receive_path(r, "%s", dirs[i]);

		rc = dc_fs_mkdirs(dir, 0755, err);
	}
	if (rc < 0)
		return rc;
	r->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (r->lock < 0)
		return dc_fail_errno(err, "open '%s'", path);
	if (flock(r->lock, LOCK_EX | LOCK_NB) < 0) {
		(void)fprintf(stderr,
		    "Another upload of this application is going on;"
		    " waiting for its end...\n");
		while (flock(r->lock, LOCK_EX) < 0)
			if (errno != EINTR)
				return dc_fail_errno(err, "lock '%s'", path);
	}
	return receive_sweep(r, err);
}

int
receive_add_incoming(const struct receive *r, char **path, struct dc_err *err)
{
	dc_auto_free char *dir =
	    receive_path(r, "revisions/" INCOMING "%d", (int)getpid());
	int rc = dc_fs_remove_tree(dir, err);

	if (rc == 0)
		rc = dc_fs_mkdirs(dir, 0755, err);
	if (rc == 0)
		*path = dc_steal_ptr(&dir);
	return rc;
}

int
receive_add_revision(struct receive *r, const char *incoming, const char *name,
    struct dc_err *err)
{
	dc_auto_free char *revisions = receive_path(r, "revisions");
	dc_auto_free char *tree = receive_path(r, "revisions/%s", name);
	dc_auto_fd int fd = -1;
	int64_t id;
	int rc;

	fd = open(incoming, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || syncfs(fd) < 0)
		return dc_fail_errno(err, "sync '%s'", incoming);
	if (rename(incoming, tree) < 0)
		return dc_fail_errno(err, "rename to '%s'", tree);
	rc = dc_fs_sync_dir(revisions, err);
	if (rc < 0)
		return rc;
	return dc_revision_save(r->db, &id, r->app.id, name, r->conf.node, err);
}

void
receive_say(const char *prefix, const char *text)
{
	dc_auto_free char *clean = dc_term_format_text(text);

	(void)fprintf(stderr, "%s%s\n", prefix, clean);
}

static bool
has_written_all(const struct receive *r)
{
	return r->done >= 0 && lseek(r->done, 0, SEEK_END) > 0;
}

/* Others wait for this one. LOOKS: so often DC_ROOM_MS have passed. */
static int
check_time(int looks, struct dc_err *err)
{
	if (looks < UPLOAD_SECONDS * 1000 / DC_ROOM_MS)
		return 0;
	return dc_fail(err, DC_EUSER,
	    "The upload has not ended in %d minutes and is given up.",
	    UPLOAD_SECONDS / 60);
}

/* Until PIDFD's process has ended, the disk is full or the time is up: then git
 * has a moment to remove what it has not finished. */
static int
wait_in_room(const struct receive *r, pid_t pid, int pidfd, struct dc_err *err)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};
	int rc, looks = 0;

	while (poll(&p, 1, DC_ROOM_MS) <= 0) {
		if (has_written_all(r))
			return 0;
		rc = dc_room_check(r->dir, err);
		if (rc == 0)
			rc = check_time(++looks, err);
		if (rc < 0) {
			(void)kill(-pid, SIGTERM);
			if (poll(&p, 1, DC_STOP_SECONDS * 1000) <= 0)
				(void)kill(-pid, SIGKILL);
			return rc;
		}
	}
	return 0;
}

int
receive_spawn(const struct receive *r, bool fills, char *const argv[],
    char *const envp[], struct dc_err *err)
{
	static const struct rlimit file = {DC_MAX_TREE_BYTES,
	    DC_MAX_TREE_BYTES};
	dc_auto_fd int pidfd = -1;
	pid_t pid;
	int rc = fills ? dc_room_check(r->dir, err) : 0, status;

	if (rc < 0)
		return rc;
	pid = dc_spawn_job(err);
	if (pid == 0) {
		if (fills && r->done < 0)
			(void)setrlimit(RLIMIT_FSIZE, &file);
		guard_run(argv, envp);
	}
	if (pid < 0)
		return (int)pid;
	pidfd = pidfd_open(pid, 0);
	if (fills && pidfd >= 0)
		rc = wait_in_room(r, pid, pidfd, err);
	status = guard_wait(pid, err);
	/* It may have been faster than we look. */
	if (fills && rc == 0 && status != 0 && !has_written_all(r))
		rc = dc_room_check(r->dir, err);
	return rc < 0 ? rc : status;
}

/* No session of its own: sshd gives no terminal, and guard.h ends a group. */
void
receive_add_sandbox(struct dc_strv *argv)
{
	static const char *const fixed[] = {"bwrap", "--unshare-all",
	    "--die-with-parent", "--clearenv", "--setenv", "PATH", "/usr/bin",
	    "--ro-bind", "/usr", "/usr", "--symlink", "usr/bin", "/bin",
	    "--symlink", "usr/lib", "/lib", "--symlink", "usr/lib64", "/lib64",
	    "--dev", "/dev"};
	size_t i;

	for (i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		dc_strv_add(argv, fixed[i]);
}

static int
find_app(struct receive *r, int64_t account_id, const char *path,
    struct dc_err *err)
{
	int rc = target_parse(&r->target, path, err);

	if (rc == 0)
		rc = dc_account_load(r->db, &r->account, account_id, err);
	if (rc == 0)
		rc = dc_application_find(r->db, &r->app, account_id,
		    r->target.app, err);
	if (rc == 0)
		r->dir = dc_conf_path(&r->conf, "code/%" PRId64, r->app.id);
	return rc;
}

static int
refuse(struct dc_err *err)
{
	return dc_fail(err, DC_EINVAL,
	    "This is for pushing code with git, hg or rsync: there is no"
	    " shell here.");
}

/* git-receive-pack '/app.git' or `git receive-pack ...`. */
static int
run_git(struct receive *r, int64_t account_id, const struct dc_strv *words,
    struct dc_err *err)
{
	size_t first = strcmp(words->v[0], "git") == 0 ? 1 : 0;
	const char *service;
	int rc;

	if (words->n != first + 2)
		return refuse(err);
	service = words->v[first];
	if (first == 0)
		service += strlen("git-");
	if (strcmp(service, "receive-pack") != 0 &&
	    strcmp(service, "upload-pack") != 0)
		return refuse(err);
	rc = find_app(r, account_id, words->v[first + 1], err);
	if (rc == 0 && !target_is_git(&r->target))
		return refuse(err);
	return rc < 0 ? rc : receive_git(r, service, err);
}

/* hg -R app/hg serve --stdio, and nothing else. */
static int
run_hg(struct receive *r, int64_t account_id, const struct dc_strv *words,
    struct dc_err *err)
{
	int rc;

	if (words->n != 5 || strcmp(words->v[1], "-R") != 0 ||
	    strcmp(words->v[3], "serve") != 0 ||
	    strcmp(words->v[4], "--stdio") != 0)
		return refuse(err);
	rc = find_app(r, account_id, words->v[2], err);
	if (rc == 0 && !target_is_hg(&r->target))
		return refuse(err);
	return rc < 0 ? rc : receive_hg(r, err);
}

int
receive_run(struct receive *r, int64_t account_id, const char *command,
    struct dc_err *err)
{
	dc_auto_strv struct dc_strv words = {0};
	int rc;

	if (command == NULL)
		return refuse(err);
	rc = words_parse(&words, command, err);
	if (rc < 0)
		return rc;
	if (words.n < 2)
		return refuse(err);
	if (strcmp(words.v[0], "git") == 0 || dc_has_prefix(words.v[0], "git-"))
		return run_git(r, account_id, &words, err);
	if (strcmp(words.v[0], "hg") == 0)
		return run_hg(r, account_id, &words, err);
	if (strcmp(words.v[0], "rsync") != 0)
		return refuse(err);
	rc = find_app(r, account_id, words.v[words.n - 1], err);
	if (rc == 0 && r->target.kind != TARGET_RSYNC)
		return refuse(err);
	return rc < 0 ? rc : receive_rsync(r, &words, err);
}
