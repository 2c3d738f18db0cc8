/* tests/integration/box_test.c -- containers for real: TAP, as root, from the
 * project's root directory. DCLOUD_TEST_IMAGE is a base image's rootfs. */
#include "tests/integration/box_world.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/box/cgroup.h"
#include "common/box/mount.h"
#include "common/box/range.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

static bool
has_text(const char *text, const char *part)
{
	return strstr(text, part) != NULL;
}

static void
put(const char *path, const char *text, uid_t uid)
{
	dc_auto_fd int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

	(void)dc_fs_write_all(fd, text, strlen(text), NULL);
	(void)!fchown(fd, uid, uid);
}

static void
test_attach(struct world *w, const char *name)
{
	char out[8192];
	int rc = run_in(w, name, 1000,
	    "id -u; id -g; id -G; pwd; env; grep -E 'NoNew|Seccomp:|CapEff' "
	    "/proc/self/status; hostname; exit 7",
	    out, sizeof(out));

	ok(w, rc == 7, "attach: the exit status comes back (%d)", rc);
	ok(w, has_text(out, "1000\n1000\n1000\n/home/dotcloud\n"),
	    "attach: uid, gid, groups, directory");
	ok(w, has_text(out, "GREETING=hello") && !has_text(out, "USER="),
	    "attach: the environment is the given one");
	ok(w,
	    has_text(out, "NoNewPrivs:\t1") && has_text(out, "Seccomp:\t2") &&
		has_text(out, "CapEff:\t0000000000000000"),
	    "attach: no new privileges, seccomp, no capabilities");
	ok(w, has_text(out, "hello-default-www-0"), "the host name is set");
	rc = run_in(w, name, 1000, "exec /no/such/program", out, sizeof(out));
	ok(w, rc == 127, "attach: 127 for what is not there");
	rc = run_in(w, name, 0, "mount -t tmpfs x /mnt", out, sizeof(out));
	ok(w, rc > 0, "root inside may not mount");
	rc = run_in(w, name, 0, "ip addr add 10.213.3.99/16 dev eth0", out,
	    sizeof(out));
	ok(w, rc > 0, "root inside may not take an address");
	rc = run_in(w, name, 1000, "unshare -U true", out, sizeof(out));
	ok(w, rc > 0, "no user namespace inside");
	rc = run_in(w, name, 0,
	    "touch /usr/x && rm /usr/x && "
	    "touch /etc/resolv.conf",
	    out, sizeof(out));
	ok(w, rc > 0 && has_text(out, "resolv.conf"),
	    "the image is writable, the host's files are not");
}

static int
connects(struct world *w, const char *name, const char *host, unsigned port)
{
	char out[512], script[256];

	(void)snprintf(script, sizeof(script),
	    "timeout 1 bash -c 'exec 3<>/dev/tcp/%s/%u'", host, port);
	return run_in(w, name, 1000, script, out, sizeof(out)) == 0;
}

static void
test_network(struct world *w, const char *name, const char *other)
{
	uint16_t router, service, any;
	dc_auto_fd int a = serve(GATEWAY, &router),
		       b = serve(GATEWAY, &service);
	dc_auto_fd int c = serve("0.0.0.0", &any);
	struct dc_net_spec net = {BRIDGE, SUBNET, &router, 1, 0, 0};
	char out[2048];

	ok(w, a >= 0 && b >= 0 && c >= 0 && dc_net_up(&net, &w->err) == 0,
	    "the rules are replaced under running containers");
	ok(w, answers("10.213.3.1"), "the host reaches the container");
	ok(w, connects(w, name, GATEWAY, router), "it reaches the router");
	ok(w, !connects(w, name, GATEWAY, service), "but no other port");
	ok(w, !connects(w, name, GATEWAY, any), "of the host");
	ok(w, !connects(w, name, "169.254.169.254", 80), "no link-local");
	ok(w, !connects(w, name, other, 9000), "no other container");
	ok(w, connects(w, name, "10.213.3.1", 9000), "it reaches itself");
	if (run_in(w, name, 1000, "command -v npm", out, sizeof(out)) != 0)
		skip(w, "npm reaches its registry", "no npm in the image");
	else
		ok(w,
		    run_in(w, name, 1000, "npm view express name", out,
			sizeof(out)) == 0,
		    "npm reaches its registry: %.60s", out);
}

static void
test_limits(struct world *w, const char *name)
{
	char out[512];
	int rc = run_in(w, name, 1000,
	    "dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null", out,
	    sizeof(out));

	ok(w, rc != 0, "128 MB are not exceeded (%d)", rc);
	ok(w,
	    dc_box_set_memory(name, 400LL << 20, &w->err) == 0 &&
		run_in(w, name, 1000,
		    "dd if=/dev/zero of=/dev/null bs=200M count=1 2>/dev/null",
		    out, sizeof(out)) == 0,
	    "and can be raised live");
	ok(w, dc_box_set_memory(name, 64LL << 20, &w->err) == 0, "and lowered");
	rc = run_in(w, name, 1000,
	    "for i in $(seq 200); do /bin/sleep 5 & done; wait", out,
	    sizeof(out));
	ok(w, has_text(out, "fork") || rc != 0, "100 processes are the limit");
	ok(w,
	    dc_box_set_memory(BRIDGE "-i99", 1 << 20, &w->err) == DC_ENOTFOUND,
	    "no limit for who is not there");
}

static void
test_first(struct world *w)
{
	char name[32], addr[32], other[32], other_addr[32];
	struct dc_box_spec s = world_spec(w, 1, name, addr);
	struct dc_box_spec o = world_spec(w, 2, other, other_addr);

	ok(w, dc_box_create(w->boxes, &s, &w->err) == 0, "create");
	ok(w, dc_box_create(w->boxes, &s, &w->err) == 0, "create again");
	ok(w, !dc_box_is_running(w->boxes, name), "it does not run yet");
	ok(w, dc_box_start(w->boxes, name, &w->err) == 0, "start");
	ok(w, dc_box_start(w->boxes, name, &w->err) == 0, "start again");
	ok(w,
	    dc_box_is_running(w->boxes, name) && dc_box_pid(w->boxes, name) > 0,
	    "it runs");
	ok(w,
	    dc_box_create(w->boxes, &o, &w->err) == 0 &&
		dc_box_start(w->boxes, other, &w->err) == 0,
	    "another one");
	test_attach(w, name);
	test_network(w, name, other_addr);
	test_limits(w, name);
	ok(w,
	    answers(other_addr) && dc_box_freeze(other, &w->err) == 0 &&
		dc_box_freeze(other, &w->err) == 0 && !is_talking(other_addr),
	    "a frozen one says nothing");
	ok(w, dc_box_thaw(other, &w->err) == 0 && answers(other_addr),
	    "and goes on when it is thawed");
	ok(w,
	    dc_box_freeze(other, &w->err) == 0 &&
		dc_box_stop(w->boxes, other, 5, &w->err) == 0 &&
		!dc_box_is_running(w->boxes, other),
	    "a frozen one is stopped");
	ok(w,
	    dc_box_start(w->boxes, other, &w->err) == 0 &&
		dc_box_freeze(other, &w->err) == 0 &&
		dc_box_destroy(w->boxes, other, &w->err) == 0 &&
		is_gone(w, other),
	    "a frozen one is destroyed");
	ok(w,
	    dc_box_stop(w->boxes, name, 5, &w->err) == 0 &&
		!dc_box_is_running(w->boxes, name),
	    "stop");
	ok(w, dc_box_stop(w->boxes, name, 5, &w->err) == 0, "stop again");
	ok(w, dc_box_start(w->boxes, name, &w->err) == 0 && answers(addr),
	    "and start once more");
	ok(w, dc_box_destroy(w->boxes, name, &w->err) == 0 && is_gone(w, name),
	    "destroy leaves nothing");
	ok(w, dc_box_destroy(w->boxes, name, &w->err) == 0, "destroy again");
}

static void
test_trees(struct world *w)
{
	char name[32], addr[32], out[2048], layer[128], code[128], path[256];
	struct dc_box_spec s = world_spec(w, 3, name, addr);
	const char *lower[] = {layer, NULL};
	uid_t app = s.first_id + 1000;
	struct stat st;

	(void)snprintf(layer, sizeof(layer), "%s/layer", w->dir);
	(void)snprintf(code, sizeof(code), "%s/code", w->dir);
	(void)mkdir(layer, 0755);
	(void)mkdir(code, 0755);
	(void)!chown(layer, app, app);
	(void)!chown(code, 4242, 4242);
	(void)snprintf(path, sizeof(path), "%s/old", layer);
	put(path, "from the layer\n", app);
	(void)snprintf(path, sizeof(path), "%s/run.sh", code);
	put(path, "echo ran\n", 4242);
	s.home_lower = lower;
	s.code = code;
	s.code_uid = 4242;
	ok(w,
	    dc_box_create(w->boxes, &s, &w->err) == 0 &&
		dc_box_start(w->boxes, name, &w->err) == 0,
	    "with layer and code");
	ok(w,
	    run_in(w, name, 1000,
		"cat old && mv old new && "
		"sh /tmp/code/run.sh && echo >>/tmp/code/run.sh && "
		"stat -c %u /tmp/code/run.sh",
		out, sizeof(out)) == 0 &&
		strcmp(out, "from the layer\nran\n1000\n") == 0,
	    "both are read and written: %s", out);
	ok(w, stat(path, &st) == 0 && st.st_size == 9 && st.st_uid == 4242,
	    "the code itself is as it was");
	(void)snprintf(path, sizeof(path), "%s/old", layer);
	ok(w, dc_fs_exists(path), "so is the layer");
	(void)snprintf(path, sizeof(path), "%s/%s", w->boxes, name);
	ok(w,
	    dc_box_stop(w->boxes, name, 5, &w->err) == 0 &&
		dc_mount_clear(path, &w->err) == 0 &&
		dc_box_mount(w->boxes, name, &w->err) == 0 &&
		dc_box_mount(w->boxes, name, &w->err) == 0 &&
		dc_box_start(w->boxes, name, &w->err) == 0 &&
		run_in(w, name, 1000, "cat new; wc -l </tmp/code/run.sh", out,
		    sizeof(out)) == 0 &&
		strcmp(out, "from the layer\n1\n") == 0,
	    "after a reboot HOME is kept, changes to the code are not");
	ok(w, dc_box_destroy(w->boxes, name, &w->err) == 0 && is_gone(w, name),
	    "destroy leaves nothing");
}

static void
test_bad_inits(struct world *w)
{
	static const char *const fail[] = {"fail", NULL};
	static const char *const deaf[] = {"deaf", NULL};
	char name[32], addr[32];
	struct dc_box_spec s = world_spec(w, 4, name, addr);
	int64_t t;

	s.init = "/nonexistent";
	ok(w,
	    dc_box_create(w->boxes, &s, &w->err) == 0 &&
		dc_box_start(w->boxes, name, &w->err) == DC_EFAIL &&
		has_text(w->err.msg, "nonexistent"),
	    "no init: the error has liblxc's words");
	s.init = w->init;
	s.init_args = fail;
	(void)dc_box_create(w->boxes, &s, &w->err);
	(void)dc_box_start(w->boxes, name, &w->err);
	ok(w, dc_box_stop(w->boxes, name, 1, &w->err) == 0,
	    "one whose init exits is stopped");
	s.init_args = deaf;
	ok(w,
	    dc_box_create(w->boxes, &s, &w->err) == 0 &&
		dc_box_start(w->boxes, name, &w->err) == 0 && answers(addr),
	    "one that ignores SIGTERM starts");
	t = dc_mono_ms();
	ok(w,
	    dc_box_stop(w->boxes, name, 1, &w->err) == 0 &&
		!dc_box_is_running(w->boxes, name) && dc_mono_ms() - t >= 1000,
	    "and is killed after its time");
	ok(w, dc_box_destroy(w->boxes, name, &w->err) == 0 && is_gone(w, name),
	    "destroy leaves nothing");
}

static int
look_around(void *arg)
{
	int hidden = *(int *)arg;
	struct stat st;

	if (getuid() != 0 || access("/etc/passwd", F_OK) == 0)
		return 10;
	if (stat("/out", &st) == 0 || stat("../../../../etc/passwd", &st) == 0)
		return 11; /* a link to the host's /etc/passwd */
	if (fcntl(hidden, F_GETFD) >= 0)
		return 12;
	if (chroot("/") == 0 || mkdir("/made", 0755) < 0)
		return 13;
	if (chown("/made", 1000, 1000) < 0)
		return 14;
	if (stat("/foreign", &st) < 0 || chown("/foreign", 0, 0) == 0)
		return 15; /* the host's root owns it */
	return 42;
}

static void
test_range(struct world *w)
{
	const uid_t first = 3000000;
	dc_auto_fd int hidden = open("/etc/passwd", O_RDONLY);
	char dir[96], path[128];
	struct stat st;
	int rc;

	(void)snprintf(dir, sizeof(dir), "%s/tree", w->dir);
	(void)mkdir(dir, 0755);
	(void)!chown(dir, first, first);
	(void)snprintf(path, sizeof(path), "%s/out", dir);
	(void)!symlink("/etc/passwd", path);
	(void)snprintf(path, sizeof(path), "%s/foreign", dir);
	put(path, "root's\n", 0);
	rc = dc_box_in_range(first, dir, NULL, look_around, &hidden, &w->err);
	ok(w, rc == 42, "in_range: sees its own tree only (%d)", rc);
	(void)snprintf(path, sizeof(path), "%s/made", dir);
	ok(w, stat(path, &st) == 0 && st.st_uid == first + 1000,
	    "in_range: what it makes is the range's");
	rc = dc_box_in_range(first, "/nonexistent", NULL, look_around, &hidden,
	    &w->err);
	ok(w, rc == DC_ENOTFOUND, "in_range: no directory");
}

static void __attribute__((noreturn))
live(const struct world *w, const struct dc_box_spec *s)
{
	(void)dc_box_create(w->boxes, s, NULL);
	(void)dc_box_start(w->boxes, s->name, NULL);
	(void)dc_box_stop(w->boxes, s->name, 5, NULL);
	_exit(0);
}

static int
count_one(const char *name, void *arg)
{
	(void)name;
	++*(int *)arg;
	return 0;
}

/* SIGKILL to a process between any two steps of a life, each half a
 * millisecond later than the one before. */
static void
test_kills(struct world *w)
{
	char name[32], addr[32];
	struct dc_box_spec s = world_spec(w, 5, name, addr);
	int i, bad = 0, found = 0;

	for (i = 0; i < 160; i++) {
		struct timespec t = {0, i * 500000L};
		pid_t pid = fork();

		if (pid == 0)
			live(w, &s);
		(void)nanosleep(&t, NULL);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
		(void)dc_box_each(w->boxes, BRIDGE "-i5", count_one, &found,
		    &w->err);
		if (dc_box_destroy(w->boxes, name, &w->err) < 0 ||
		    (i % 8 == 0 && !is_gone(w, name))) {
			printf("# killed after %d us: %s\n", i * 500,
			    w->err.msg);
			bad++;
		}
	}
	ok(w, bad == 0 && is_gone(w, name),
	    "killed at 160 points, nothing is left (%d)", bad);
	ok(w, found > 100, "and each finds what was (%d)", found);
}

static pid_t
parent_of(pid_t pid)
{
	dc_auto_free char *path = dc_asprintf("/proc/%d/stat", (int)pid);
	dc_auto_free char *text = NULL;
	int parent = 0;

	if (dc_fs_load(&text, NULL, path, 4096, NULL) == 0)
		(void)sscanf(strrchr(text, ')') + 1, " %*c %d", &parent);
	return parent;
}

/* 2,000 directories deep: more than there are descriptors or patience. */
static void
dig(const char *dir)
{
	dc_auto_fd int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int i, next;

	for (i = 0; i < 2000; i++) {
		(void)mkdirat(fd, "deep", 0700);
		next = openat(fd, "deep", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = next;
	}
}

static void
test_hard_cases(struct world *w)
{
	char name[32], addr[32], home[192];
	struct dc_box_spec s = world_spec(w, 7, name, addr);
	pid_t monitor;

	ok(w,
	    dc_box_create(w->boxes, &s, &w->err) == 0 &&
		dc_box_start(w->boxes, name, &w->err) == 0,
	    "one more");
	monitor = parent_of(dc_box_pid(w->boxes, name));
	ok(w, monitor > 1 && kill(monitor, SIGKILL) == 0,
	    "its monitor is killed");
	(void)waitpid(monitor, NULL, 0);
	ok(w,
	    dc_box_stop(w->boxes, name, 1, &w->err) == 0 &&
		dc_box_start(w->boxes, name, &w->err) == 0 && answers(addr),
	    "it starts again");
	(void)snprintf(home, sizeof(home), "%s/%s/home/upper", w->boxes, name);
	dig(home);
	ok(w, dc_box_destroy(w->boxes, name, &w->err) == 0 && is_gone(w, name),
	    "and is destroyed with a deep tree in HOME");
}

static void
test_times(struct world *w)
{
	char name[32], addr[32];
	struct dc_box_spec s = world_spec(w, 6, name, addr);
	int64_t t[6], sum[5] = {0};
	int i, j, bad = 0;

	for (i = 0; i < 10; i++) {
		t[0] = dc_mono_ms();
		bad += dc_box_create(w->boxes, &s, &w->err) < 0;
		t[1] = dc_mono_ms();
		bad += dc_box_start(w->boxes, name, &w->err) < 0;
		t[2] = dc_mono_ms();
		bad += !answers(addr);
		t[3] = dc_mono_ms();
		bad += dc_box_stop(w->boxes, name, 5, &w->err) < 0;
		t[4] = dc_mono_ms();
		bad += dc_box_destroy(w->boxes, name, &w->err) < 0;
		t[5] = dc_mono_ms();
		for (j = 0; j < 5; j++)
			sum[j] += t[j + 1] - t[j];
	}
	ok(w, bad == 0,
	    "ten lives: each create %.1f, start %.1f, first answer "
	    "%.1f, stop %.1f, destroy %.1f ms",
	    (double)sum[0] / 10, (double)sum[1] / 10, (double)sum[2] / 10,
	    (double)sum[3] / 10, (double)sum[4] / 10);
}

int
main(void)
{
	struct dc_net_spec net = {BRIDGE, SUBNET, NULL, 0, 0, 0};
	struct world w;

	world_init(&w);
	ok(&w, dc_net_up(&net, &w.err) == 0, "the bridge comes up");
	ok(&w, dc_net_up(&net, &w.err) == 0, "and again");
	test_first(&w);
	test_trees(&w);
	test_bad_inits(&w);
	test_range(&w);
	test_hard_cases(&w);
	test_kills(&w);
	test_times(&w);
	ok(&w,
	    dc_net_down(BRIDGE, &w.err) == 0 &&
		!dc_fs_exists("/sys/class/net/" BRIDGE),
	    "the bridge goes");
	return world_done(&w);
}
