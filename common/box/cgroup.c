/* common/box/cgroup.c -- see cgroup.h. */
#include "common/box/cgroup.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/box/mount.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FILE_MAX (4 << 20)
#define KILL_MS 5000
/* A process leaves its cgroup a little after its end and the kernel tells
 * nobody, so a removal that meets EBUSY is tried again. */
#define TRIES 500
static const struct timespec retry_after = {0, 2000000};

/* The v2 hierarchy names its controllers in a file, v1 in mount options. */
static char *
controllers_of(const char *dir, const struct dc_mount_line *line, bool v2)
{
	dc_auto_free char *text = NULL;
	dc_auto_free char *path = dc_asprintf("%s/cgroup.controllers", dir);
	char *c, *out;

	if (v2 && dc_fs_load(&text, NULL, path, FILE_MAX, NULL) < 0)
		text = dc_strdup("");
	out = dc_asprintf(",%s,", v2 ? text : line->options);
	for (c = out; *c != '\0'; c++)
		if (*c == ' ' || *c == '\n')
			*c = ',';
	return out;
}

static int
add_tree(const struct dc_mount_line *line, void *arg)
{
	struct dc_cgroups *cg = arg;
	bool v2 = strcmp(line->type, "cgroup2") == 0;
	struct dc_cgroup_tree *t;

	if (!v2 && strcmp(line->type, "cgroup") != 0)
		return 0;
	cg->v = dc_xrealloc(cg->v, (cg->n + 1) * sizeof(*cg->v));
	t = &cg->v[cg->n++];
	t->dir = dc_strdup(line->point);
	t->controllers = controllers_of(t->dir, line, v2);
	t->v2 = v2;
	return 0;
}

int
dc_cgroup_load(struct dc_cgroups *out, struct dc_err *err)
{
	dc_auto_cgroups struct dc_cgroups cg = {0};
	int rc = dc_mount_each(add_tree, &cg, err);

	if (rc < 0)
		return rc;
	*out = cg;
	cg = (struct dc_cgroups){0};
	return 0;
}

void
dc_cgroup_done(struct dc_cgroups *cg)
{
	size_t i;

	for (i = 0; i < cg->n; i++) {
		free(cg->v[i].dir);
		free(cg->v[i].controllers);
	}
	free(cg->v);
	*cg = (struct dc_cgroups){0};
}

bool
dc_cgroup_has(const struct dc_cgroups *cg, bool v2, const char *controller)
{
	dc_auto_free char *word = dc_asprintf(",%s,", controller);
	size_t i;

	for (i = 0; i < cg->n; i++)
		if (cg->v[i].v2 == v2 &&
		    strstr(cg->v[i].controllers, word) != NULL)
			return true;
	return false;
}

/* What follows lxc.payload. or lxc.monitor.; NULL for another cgroup. */
static const char *
name_in(const char *dir)
{
	static const char *const kinds[] = {"lxc.payload.", "lxc.monitor."};
	size_t i;

	for (i = 0; i < 2; i++)
		if (dc_has_prefix(dir, kinds[i]))
			return dir + strlen(kinds[i]);
	return NULL;
}

bool
dc_cgroup_is_of(const char *dir, const char *name)
{
	const char *found = name_in(dir);
	size_t len = strlen(name);
	long long n;

	if (found == NULL || strncmp(found, name, len) != 0)
		return false;
	found += len;
	return *found == '\0' ||
	       (*found == '-' && dc_is_number(found + 1, 0, 99999, &n));
}

int
dc_cgroup_kill(int pid, bool (*is_meant)(int pid, const void *arg),
    const void *arg, struct dc_err *err)
{
	dc_auto_fd int fd = pidfd_open(pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	/* Asked after the pidfd is held, so the number cannot be another's. */
	if (fd < 0 || !is_meant(pid, arg))
		return 0;
	(void)pidfd_send_signal(fd, SIGKILL, NULL, 0);
	do
		n = poll(&p, 1, KILL_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return dc_fail(err, DC_EBUSY,
		    "process %d does not end after SIGKILL", pid);
	return 0;
}

/* The process is in a cgroup of the container ARG, in some hierarchy. */
static bool
is_in_box(int pid, const void *arg)
{
	dc_auto_free char *path = dc_asprintf("/proc/%d/cgroup", pid);
	dc_auto_free char *text = NULL;
	char *line, *word, *rest = NULL, *inner;

	if (dc_fs_load(&text, NULL, path, FILE_MAX, NULL) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		for (word = strtok_r(line, "/", &inner); word != NULL;
		     word = strtok_r(NULL, "/", &inner))
			if (dc_cgroup_is_of(word, arg))
				return true;
	return false;
}

static void
write_at(int dirfd, const char *file, const char *text)
{
	dc_auto_fd int fd = openat(dirfd, file, O_WRONLY | O_CLOEXEC);

	if (fd >= 0)
		(void)dc_fs_write_all(fd, text, strlen(text), NULL);
}

static int
kill_all(int dirfd, const char *name, struct dc_err *err)
{
	dc_auto_fd int fd = openat(dirfd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	dc_auto_file FILE *f = NULL;
	int pid, rc = 0;

	if (fd < 0)
		return 0;
	f = fdopen(fd, "r");
	if (f == NULL)
		return dc_fail_errno(err, "fdopen");
	(void)dc_steal_fd(&fd);
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
	while (rc == 0 && fscanf(f, "%d", &pid) == 1)
		if (pid > 0)
			rc = dc_cgroup_kill(pid, is_in_box, name, err);
	return rc;
}

/* Post-order, since a cgroup with children cannot be removed. */
static int
remove_cgroup(int parent, const char *dir, const char *name, struct dc_err *err)
{
	dc_auto_dir DIR *d = NULL;
	struct dirent *e;
	int fd, rc, i;

	fd = openat(parent, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? 0 : dc_fail_errno(err, "'%s'", dir);
	d = fdopendir(fd);
	if (d == NULL) {
		(void)close(fd);
		return dc_fail_errno(err, "read '%s'", dir);
	}
	rc = kill_all(fd, name, err);
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (e->d_type == DT_DIR && strcmp(e->d_name, ".") != 0 &&
		    strcmp(e->d_name, "..") != 0)
			rc = remove_cgroup(fd, e->d_name, name, err);
	for (i = 0; rc == 0 && i < TRIES; i++) {
		if (unlinkat(parent, dir, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			break;
		rc = kill_all(fd, name, err);
		(void)nanosleep(&retry_after, NULL);
	}
	return rc < 0 ? rc : dc_fail_errno(err, "remove cgroup '%s'", dir);
}

int
dc_cgroup_each(dc_cgroup_fn *fn, void *arg, struct dc_err *err)
{
	dc_auto_cgroups struct dc_cgroups cg = {0};
	struct dirent *e;
	size_t i;
	int rc;

	rc = dc_cgroup_load(&cg, err);
	for (i = 0; rc == 0 && i < cg.n; i++) {
		dc_auto_dir DIR *d = opendir(cg.v[i].dir);

		while (rc == 0 && d != NULL && (e = readdir(d)) != NULL)
			if (e->d_type == DT_DIR && name_in(e->d_name) != NULL)
				rc = fn(dirfd(d), e->d_name, arg, err);
		if (rc < 0)
			rc = dc_wrap(err, rc, "%s", cg.v[i].dir);
	}
	return rc;
}

/* A frozen v1 cgroup keeps even SIGKILL waiting, in all hierarchies. */
static int
thaw_one(int parent, const char *dir, void *arg, struct dc_err *err)
{
	dc_auto_free char *v1 = dc_asprintf("%s/freezer.state", dir);
	dc_auto_free char *v2 = dc_asprintf("%s/cgroup.freeze", dir);

	(void)err;
	if (!dc_cgroup_is_of(dir, arg))
		return 0;
	write_at(parent, v1, "THAWED");
	write_at(parent, v2, "0");
	return 0;
}

int
dc_cgroup_thaw(const char *name, struct dc_err *err)
{
	dc_auto_free char *copy = dc_strdup(name);

	return dc_cgroup_each(thaw_one, copy, err);
}

/* How a hierarchy freezes: VALUE goes into FILE, STATE then holds the words
 * SAID. */
static const struct freezer {
	const char *file, *value, *state, *said;
} freezers[] = {
    {"freezer.state", "FROZEN", "freezer.state", "FROZEN"},
    {"cgroup.freeze", "1", "cgroup.events", "frozen 1"},
};

struct freezing {
	const char *name;
	const struct freezer *how;
	bool found;
};

static bool
is_frozen(int dirfd, const struct freezer *how)
{
	dc_auto_fd int fd = openat(dirfd, how->state, O_RDONLY | O_CLOEXEC);
	char text[256];
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

	text[n > 0 ? n : 0] = '\0';
	return strstr(text, how->said) != NULL;
}

static int
freeze_one(int parent, const char *dir, void *arg, struct dc_err *err)
{
	struct freezing *f = arg;
	dc_auto_fd int fd = -1;
	int i;

	if (!dc_cgroup_is_of(dir, f->name) ||
	    !dc_has_prefix(dir, "lxc.payload."))
		return 0;
	fd = openat(parent, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || faccessat(fd, f->how->file, F_OK, 0) < 0)
		return 0;
	f->found = true;
	write_at(fd, f->how->file, f->how->value);
	for (i = 0; i < 2 * TRIES; i++) {
		if (is_frozen(fd, f->how))
			return 0;
		(void)nanosleep(&retry_after, NULL);
	}
	return dc_fail(err, DC_EBUSY, "'%s' does not freeze", dir);
}

/* Where both are mounted, what one has frozen the other never sees as such. */
int
dc_cgroup_freeze(const char *name, struct dc_err *err)
{
	struct freezing f = {.name = name};
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && !f.found && i < 2; i++) {
		f.how = &freezers[i];
		rc = dc_cgroup_each(freeze_one, &f, err);
	}
	if (rc < 0)
		(void)dc_cgroup_thaw(name, NULL);
	else if (!f.found)
		rc = dc_fail(err, DC_ENOTFOUND, "'%s' has no cgroup", name);
	return rc;
}

static int
destroy_one(int parent, const char *dir, void *arg, struct dc_err *err)
{
	if (!dc_cgroup_is_of(dir, arg))
		return 0;
	return remove_cgroup(parent, dir, arg, err);
}

int
dc_cgroup_destroy(const char *name, struct dc_err *err)
{
	dc_auto_free char *copy = dc_strdup(name);
	int rc = dc_cgroup_thaw(name, err);

	return rc < 0 ? rc : dc_cgroup_each(destroy_one, copy, err);
}

void
dc_cgroup_tidy(void)
{
	dc_auto_cgroups struct dc_cgroups cg = {0};
	size_t i;

	if (dc_cgroup_load(&cg, NULL) < 0)
		return;
	for (i = 0; i < cg.n; i++) {
		dc_auto_free char *path =
		    dc_asprintf("%s/lxc.pivot", cg.v[i].dir);

		(void)rmdir(path);
	}
}

struct names {
	struct dc_strv *out;
	const char *prefix;
};

static int
add_name(int parent, const char *dir, void *arg, struct dc_err *err)
{
	struct names *n = arg;
	dc_auto_free char *name = dc_strdup(name_in(dir));
	char *dash = strrchr(name, '-');
	long long number;

	(void)parent;
	(void)err;
	if (dash != NULL && dc_is_number(dash + 1, 0, 99999, &number))
		*dash = '\0';
	if (dc_has_prefix(name, n->prefix))
		dc_strv_add(n->out, name);
	return 0;
}

int
dc_cgroup_list(struct dc_strv *out, const char *prefix, struct dc_err *err)
{
	struct names n = {out, prefix};

	return dc_cgroup_each(add_name, &n, err);
}
