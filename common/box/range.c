/* common/box/range.c -- see range.h. */
#include "common/box/range.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SUBID_MAX (1 << 20)

static int
write_map(pid_t pid, const char *file, unsigned inside, unsigned outside,
    unsigned count, struct dc_err *err)
{
	char path[64], text[64];
	dc_auto_fd int fd = -1;
	int n;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	n = snprintf(text, sizeof(text), "%u %u %u\n", inside, outside, count);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	/* The kernel takes a map in one write only. */
	if (fd < 0 || write(fd, text, (size_t)n) != n)
		return dc_fail_errno(err, "write '%s'", path);
	return 0;
}

static int
write_maps(pid_t pid, const struct dc_range_map *map, struct dc_err *err)
{
	int rc = write_map(pid, "gid_map", map->inside_gid, map->outside_gid,
	    map->count, err);

	if (rc < 0)
		return rc;
	return write_map(pid, "uid_map", map->inside_uid, map->outside_uid,
	    map->count, err);
}

/* Parent and child of a new user namespace take turns: the child says
 * "unshared", the parent writes the maps and lets it go, the child reports
 * why it could not go on, or closes its end. */
struct turns {
	int to_child[2], to_parent[2];
};

static void
turns_done(struct turns *t)
{
	int i;

	for (i = 0; i < 2; i++) {
		dc_auto_fd_(&t->to_child[i]);
		dc_auto_fd_(&t->to_parent[i]);
	}
}

#define auto_turns __attribute__((cleanup(turns_done)))

static int
turns_open(struct turns *t, struct dc_err *err)
{
	if (pipe2(t->to_child, O_CLOEXEC) < 0 ||
	    pipe2(t->to_parent, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	return 0;
}

static bool
read_byte(int fd)
{
	ssize_t n;
	char c;

	do
		n = read(fd, &c, 1);
	while (n < 0 && errno == EINTR);
	return n == 1;
}

/* In the child: true once the parent has written the maps. */
static bool
unshare_and_wait(struct turns *t, int flags)
{
	(void)close(dc_steal_fd(&t->to_child[1]));
	(void)close(dc_steal_fd(&t->to_parent[0]));
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWUSER | flags) < 0)
		return false;
	return write(t->to_parent[1], "u", 1) == 1 && read_byte(t->to_child[0]);
}

/* In the parent: the maps of CHILD, which was forked with these turns. */
static int
map_child(struct turns *t, pid_t child, const struct dc_range_map *map,
    struct dc_err *err)
{
	(void)close(dc_steal_fd(&t->to_child[0]));
	(void)close(dc_steal_fd(&t->to_parent[1]));
	if (!read_byte(t->to_parent[0]))
		return dc_fail(err, DC_EFAIL,
		    "no user namespace can be made "
		    "(user.max_user_namespaces?)");
	return write_maps(child, map, err);
}

int
dc_range_open(int *out, const struct dc_range_map *map, struct dc_err *err)
{
	auto_turns struct turns t = {{-1, -1}, {-1, -1}};
	dc_auto_fd int ns = -1;
	char path[64];
	pid_t child;
	int rc;

	rc = turns_open(&t, err);
	if (rc < 0)
		return rc;
	child = fork();
	if (child < 0)
		return dc_fail_errno(err, "fork");
	if (child == 0)
		_exit(unshare_and_wait(&t, 0) ? 0 : 1);
	rc = map_child(&t, child, map, err);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", (int)child);
	if (rc == 0)
		ns = open(path, O_RDONLY | O_CLOEXEC);
	if (rc == 0 && ns < 0)
		rc = dc_fail_errno(err, "open '%s'", path);
	(void)close(dc_steal_fd(&t.to_child[1]));
	(void)dc_spawn_wait(child, NULL);
	if (rc == 0)
		*out = dc_steal_fd(&ns);
	return rc;
}

/* What root of the range needs to own its own files, and no more: above all
 * no SYS_CHROOT (the way out of a chroot) and no SYS_ADMIN. */
#define KEPT_CAPS                                                              \
	((1U << CAP_CHOWN) | (1U << CAP_DAC_OVERRIDE) | (1U << CAP_FOWNER) |   \
	    (1U << CAP_FSETID) | (1U << CAP_SETUID) | (1U << CAP_SETGID))

static bool
drop_caps(void)
{
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{KEPT_CAPS, KEPT_CAPS, 0},
	    {0, 0, 0}};

	return syscall(SYS_capset, &head, data) == 0 &&
	       prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Closes what is neither 0, 1, 2 nor in KEEP nor ALSO. */
static bool
close_others(const int *keep, int also)
{
	unsigned from = 3;
	int next, i;

	for (;;) {
		next = also >= (int)from ? also : INT_MAX;
		for (i = 0; keep != NULL && keep[i] >= 0; i++)
			if (keep[i] >= (int)from && keep[i] < next)
				next = keep[i];
		if (next == INT_MAX)
			return close_range(from, ~0U, 0) == 0;
		if ((unsigned)next > from &&
		    close_range(from, (unsigned)next - 1, 0) < 0)
			return false;
		from = (unsigned)next + 1;
	}
}

static const char *
enter_range(int root, const int *keep, int report)
{
	if (setgroups(0, NULL) < 0 || setresgid(0, 0, 0) < 0 ||
	    setresuid(0, 0, 0) < 0)
		return "change ids";
	/* Changing ids forgets the death signal. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		return "set the death signal";
	if (fchdir(root) < 0 || chroot(".") < 0)
		return "change the root directory";
	if (!close_others(keep, report))
		return "close descriptors";
	if (!drop_caps())
		return "drop capabilities";
	return NULL;
}

static void __attribute__((noreturn)) range_child(struct turns *t, int root,
    const int *keep, dc_range_fn *fn, void *arg)
{
	int report = t->to_parent[1];
	struct dc_err err;
	const char *what;

	if (!unshare_and_wait(t, CLONE_NEWNET | CLONE_NEWIPC))
		_exit(125);
	what = enter_range(root, keep, report);
	if (what != NULL) {
		(void)dc_fail_errno(&err, "%s", what);
		(void)dc_fs_write_all(report, err.msg, strlen(err.msg), NULL);
		_exit(125);
	}
	(void)close(report);
	_exit(fn(arg));
}

/* The child's complaint, if it had one. */
static int
read_report(int fd, struct dc_err *err)
{
	char msg[256];
	size_t len = 0;
	ssize_t n;

	while (len < sizeof(msg) - 1) {
		n = read(fd, msg + len, sizeof(msg) - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	msg[len] = '\0';
	return len > 0 ? dc_fail(err, DC_EFAIL, "%s", msg) : 0;
}

int
dc_box_in_range(uid_t first_id, const char *root_dir, const int *keep,
    dc_range_fn *fn, void *arg, struct dc_err *err)
{
	const struct dc_range_map map = {0, first_id, 0, first_id,
	    DC_RANGE_IDS};
	auto_turns struct turns t = {{-1, -1}, {-1, -1}};
	dc_auto_fd int root = -1;
	int rc, status;
	pid_t child;

	root = open(root_dir, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (root < 0)
		return dc_fail_errno(err, "open '%s'", root_dir);
	rc = turns_open(&t, err);
	if (rc < 0)
		return rc;
	child = fork();
	if (child < 0)
		return dc_fail_errno(err, "fork");
	if (child == 0)
		range_child(&t, root, keep, fn, arg);
	rc = map_child(&t, child, &map, err);
	if (rc == 0 && write(t.to_child[1], "m", 1) != 1)
		rc = dc_fail_errno(err, "write to the child");
	(void)close(dc_steal_fd(&t.to_child[1]));
	if (rc == 0)
		rc = read_report(t.to_parent[0], err);
	status = dc_spawn_wait(child, rc == 0 ? err : NULL);
	return rc < 0 ? dc_wrap(err, rc, "range of %u", first_id) : status;
}

bool
dc_range_is_given(const char *subids, long long first, long long count)
{
	long long start, n;
	const char *line;
	int used;

	for (line = subids; line != NULL && *line != '\0';
	     line = strchr(line, '\n')) {
		line += *line == '\n';
		if (dc_has_prefix(line, "root:"))
			used = 5;
		else if (dc_has_prefix(line, "0:"))
			used = 2;
		else
			continue;
		/* NOLINTNEXTLINE(cert-err34-c): the file is the operator's */
		if (sscanf(line + used, "%lld:%lld", &start, &n) == 2 &&
		    start <= first && first + count <= start + n)
			return true;
	}
	return false;
}

static bool
is_on_path(const char *program)
{
	dc_auto_free char *path = NULL;
	const char *env = getenv("PATH");
	char *dir, *rest = NULL;

	path = dc_strdup(env != NULL ? env : "/usr/sbin:/usr/bin:/sbin:/bin");
	for (dir = strtok_r(path, ":", &rest); dir != NULL;
	     dir = strtok_r(NULL, ":", &rest)) {
		dc_auto_free char *full = dc_asprintf("%s/%s", dir, program);

		if (access(full, X_OK) == 0)
			return true;
	}
	return false;
}

int
dc_range_check(uid_t first_id, struct dc_err *err)
{
	static const char *const programs[] = {"newuidmap", "newgidmap"};
	static const char *const files[] = {"/etc/subuid", "/etc/subgid"};
	int i;

	for (i = 0; i < 2; i++) {
		dc_auto_free char *text = NULL;

		if (!is_on_path(programs[i]))
			continue;
		if (dc_fs_load(&text, NULL, files[i], SUBID_MAX, NULL) == 0 &&
		    dc_range_is_given(text, first_id, DC_RANGE_IDS))
			continue;
		return dc_fail(err, DC_EDENIED,
		    "%s is installed, so %s must give root the range of the "
		    "containers: add a line like 'root:%u:%ld' that covers it "
		    "(or remove package uidmap)",
		    programs[i], files[i], first_id, DC_RANGE_IDS);
	}
	return 0;
}
