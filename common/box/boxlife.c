/* common/box/boxlife.c -- starting, stopping and destroying; see box.h.
 *
 * BOXES/NAME/lock is held (flock) by the process that starts a container and,
 * by inheritance, by its liblxc monitor for as long as that lives: as a
 * mapping, since liblxc closes every descriptor it does not know. Whoever gets
 * the lock knows that nobody is starting or watching this container; and who
 * has it mapped is found in /proc, at every instant of a start, before any
 * cgroup or process title tells. */
#include "common/box/box.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/box/boxconf.h"
#include "common/box/cgmemory.h"
#include "common/box/cgroup.h"
#include "common/box/lxc.h"
#include "common/box/mount.h"
#include "common/box/net.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <unistd.h>

#define CONF_MAX (1 << 20)
#define LOG_MAX (16 << 20)
#define MAPS_MAX (64 << 20)
#define SAID_MAX 700
#define ROUNDS 1000

/* What FILE below DIR says goes into ERR's message: of a log the first errors,
 * which are the cause, of a console the last words. */
static void
add_log(const char *dir, const char *file, bool first, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, file);
	dc_auto_free char *text = NULL, *said = NULL;
	size_t len, from;

	if (err == NULL || dc_fs_load(&text, &len, path, LOG_MAX, NULL) < 0 ||
	    len == 0)
		return;
	from = len > SAID_MAX && !first ? len - SAID_MAX : 0;
	said = dc_strdup(err->msg);
	(void)dc_fail(err, err->code, "%s; %s: %.*s", said, file, SAID_MAX,
	    text + from);
}

static char *
veth_of(const char *dir)
{
	dc_auto_free char *path = dc_asprintf("%s/config", dir);
	dc_auto_free char *text = NULL;

	if (dc_fs_load(&text, NULL, path, CONF_MAX, NULL) < 0)
		return NULL;
	return dc_boxconf_value(text, "lxc.net.0.veth.pair");
}

static int
open_lock(const char *dir, int flags)
{
	dc_auto_free char *path = dc_asprintf("%s/lock", dir);

	return open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC | flags, 0600);
}

/* For as long as this process and its children live without exec. */
static int
hold_lock(const char *dir, struct dc_err *err)
{
	dc_auto_fd int lock = open_lock(dir, O_CREAT);

	if (lock < 0)
		return dc_fail_errno(err, "lock of '%s'", dir);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return dc_fail(err, DC_EBUSY, "it is starting or ending");
	if (mmap(NULL, 1, PROT_READ, MAP_SHARED, lock, 0) == MAP_FAILED)
		return dc_fail_errno(err, "map the lock of '%s'", dir);
	return 0;
}

/* With the lock held: whatever a killed monitor left. */
static int
clear_leftovers(const char *dir, const char *name, struct dc_err *err)
{
	dc_auto_free char *veth = veth_of(dir);
	int rc = dc_cgroup_destroy(name, err);

	if (rc == 0 && veth != NULL)
		rc = dc_net_remove_link(veth, err);
	return rc;
}

static int
start_here(const char *boxes, const char *name, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	dc_auto_free char *log = dc_asprintf("%s/lxc.log", dir);
	dc_auto_free char *veth = veth_of(dir);
	int rc;

	(void)umask(022);
	rc = hold_lock(dir, err);
	if (rc == 0)
		rc = clear_leftovers(dir, name, err);
	if (rc < 0)
		return rc;
	(void)unlink(log);
	rc = dc_lxc_start(boxes, name, err);
	if (rc < 0)
		return rc;
	(void)unlink(log);
	if (veth != NULL)
		dc_net_isolate(veth);
	return 0;
}

/* Where the child's report is while it starts. */
#define REPORT_FD 100

static void __attribute__((noreturn))
start_child(const char *boxes, const char *name, int report)
{
	struct dc_err err = DC_ERR_INIT;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), i, rc;

	for (i = 0; i < 3; i++)
		(void)dup2(null, i);
	if (report != REPORT_FD && dup3(report, REPORT_FD, O_CLOEXEC) < 0)
		_exit(1);
	(void)close_range(3, REPORT_FD - 1, 0);
	(void)close_range(REPORT_FD + 1, ~0U, 0);
	rc = start_here(boxes, name, &err);
	if (rc < 0)
		(void)dc_fs_write_all(REPORT_FD, err.msg, strlen(err.msg),
		    NULL);
	_exit(rc < 0 ? -rc : 0);
}

static int
run_start(const char *boxes, const char *name, const char *dir,
    struct dc_err *err)
{
	dc_auto_fd int report = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	char said[512];
	ssize_t n;
	pid_t pid;
	int status, rc;

	if (report < 0)
		return dc_fail_errno(err, "'%s'", dir);
	pid = dc_spawn_job(err);
	if (pid < 0)
		return pid;
	if (pid == 0)
		start_child(boxes, name, report);
	status = dc_spawn_wait(pid, err);
	if (status <= 0)
		return status;
	rc = status < 128 ? -status : DC_EFAIL;
	n = pread(report, said, sizeof(said) - 1, 0);
	said[n > 0 ? n : 0] = '\0';
	(void)dc_fail(err, rc, "%s", n > 0 ? said : "liblxc was killed");
	if (rc != DC_EFAIL)
		return rc;
	add_log(dir, "console.log", false, err);
	add_log(dir, "lxc.log", true, err);
	return rc;
}

int
dc_box_start(const char *boxes, const char *name, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	int rc;

	if (dc_lxc_is_running(boxes, name))
		return 0;
	rc = run_start(boxes, name, dir, err);
	return rc < 0 ? dc_wrap(err, rc, "start %s", name) : 0;
}

bool
dc_box_is_running(const char *boxes, const char *name)
{
	return dc_lxc_is_running(boxes, name);
}

pid_t
dc_box_pid(const char *boxes, const char *name)
{
	return dc_lxc_pid(boxes, name);
}

int
dc_box_freeze(const char *name, struct dc_err *err)
{
	return dc_cgroup_freeze(name, err);
}

int
dc_box_thaw(const char *name, struct dc_err *err)
{
	return dc_cgroup_thaw(name, err);
}

int
dc_box_set_memory(const char *name, long long bytes, struct dc_err *err)
{
	return dc_cgmemory_set(name, bytes, err);
}

bool
dc_box_lacked_memory(const char *name)
{
	return dc_cgmemory_was_short(name);
}

int
dc_box_attach(pid_t *pid, const char *boxes, const char *name,
    const struct dc_box_run *run, struct dc_err *err)
{
	return dc_lxc_attach(pid, boxes, name, run, err);
}

/* Process PID has the file ARG (struct stat) mapped. Lines are "range rwxp
 * offset device inode path"; the device is not what stat says on every file
 * system, so the name has to do beside the inode. */
static bool
has_mapped(int pid, const void *arg)
{
	const struct stat *wanted = arg;
	dc_auto_free char *path = dc_asprintf("/proc/%d/maps", pid);
	dc_auto_free char *inode =
	    dc_asprintf(" %ju ", (uintmax_t)wanted->st_ino);
	dc_auto_free char *text = NULL;
	char *line, *rest = NULL;

	if (dc_fs_load(&text, NULL, path, MAPS_MAX, NULL) < 0)
		return false;
	for (line = strtok_r(text, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		if (strstr(line, inode) != NULL && dc_has_suffix(line, "/lock"))
			return true;
	return false;
}

/* Kills everybody but us who has LOCK mapped. */
static int
kill_holders(int lock, struct dc_err *err)
{
	dc_auto_dir DIR *d = opendir("/proc");
	struct dirent *e;
	struct stat st;
	long long pid;
	int rc = 0;

	if (d == NULL || fstat(lock, &st) < 0)
		return dc_fail_errno(err, "read /proc");
	while (rc == 0 && (e = readdir(d)) != NULL)
		if (dc_is_number(e->d_name, 1, INT_MAX, &pid) &&
		    has_mapped((int)pid, &st))
			rc = dc_cgroup_kill((int)pid, has_mapped, &st, err);
	return rc;
}

/* With the lock ours, nothing is left that could start or watch it. */
static int
take_lock(int *out, const char *dir, struct dc_err *err)
{
	dc_auto_fd int lock = open_lock(dir, 0);
	int rc = 0, i;

	if (lock < 0 && errno == ENOENT)
		return 0;
	if (lock < 0)
		return dc_fail_errno(err, "lock of '%s'", dir);
	for (i = 0; i < ROUNDS && rc == 0; i++) {
		if (flock(lock, LOCK_EX | LOCK_NB) == 0) {
			*out = dc_steal_fd(&lock);
			return 0;
		}
		rc = kill_holders(lock, err);
	}
	return rc < 0 ? rc : dc_fail(err, DC_EBUSY, "'%s' stays locked", dir);
}

static int
clear_mounts(const char *dir, struct dc_err *err)
{
	dc_auto_free char *real = realpath(dir, NULL);

	return dc_mount_clear(real != NULL ? real : dir, err);
}

int
dc_box_destroy(const char *boxes, const char *name, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	dc_auto_fd int lock = -1;
	int rc;

	if (!dc_boxconf_is_name(name))
		return dc_fail(err, DC_EINVAL, "bad container name '%s'", name);
	rc = take_lock(&lock, dir, err);
	if (rc == 0)
		rc = clear_leftovers(dir, name, err);
	if (rc == 0)
		rc = dc_box_unlisten(boxes, name, err);
	if (rc == 0)
		rc = clear_mounts(dir, err);
	dc_lxc_forget(boxes, name);
	dc_cgroup_tidy();
	/* Last, since a later try needs the names in it. */
	if (rc == 0)
		rc = dc_fs_remove_tree(dir, err);
	return rc < 0 ? dc_wrap(err, rc, "destroy %s", name) : 0;
}

/* Waits for FD's process to end; false when SECONDS were not enough. */
static bool
has_ended(int fd, int seconds)
{
	int64_t until = dc_mono_ms() + seconds * 1000LL, left;
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int n;

	do {
		left = until - dc_mono_ms();
		n = poll(&p, 1, left > 0 ? (int)left : 0);
	} while (n < 0 && errno == EINTR);
	return n > 0;
}

int
dc_box_stop(const char *boxes, const char *name, int seconds,
    struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, name);
	pid_t pid = dc_lxc_pid(boxes, name);
	dc_auto_fd int fd = pid > 0 ? pidfd_open(pid, 0) : -1;
	dc_auto_fd int lock = -1;
	int rc = dc_cgroup_thaw(name, err);

	if (rc < 0)
		return dc_wrap(err, rc, "stop %s", name);
	/* Asked again: the number may have been reused before we held it. */
	if (fd >= 0 && dc_lxc_pid(boxes, name) == pid) {
		(void)pidfd_send_signal(fd, SIGTERM, NULL, 0);
		if (!has_ended(fd, seconds))
			(void)pidfd_send_signal(fd, SIGKILL, NULL, 0);
	}
	/* pid 1 is gone or will never answer; the monitor has no more to do
	 * than what we do here. */
	rc = take_lock(&lock, dir, err);
	if (rc == 0)
		rc = clear_leftovers(dir, name, err);
	return rc < 0 ? dc_wrap(err, rc, "stop %s", name) : 0;
}
