/* tests/integration/box_world.c -- see box_world.h. */
#include "tests/integration/box_world.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void __attribute__((noreturn)) leave(const char *why)
{
	printf("1..0 # SKIP %s\n", why);
	exit(77);
}

void
world_init(struct world *w)
{
	const char *image = getenv("DCLOUD_TEST_IMAGE");
	char *cc[] = {(char *)"musl-gcc", (char *)"-static", (char *)"-Os",
	    (char *)"-o", w->init, (char *)"tests/integration/box_init.c",
	    NULL};

	*w = (struct world){.tests = 0};
	if (geteuid() != 0)
		leave("needs root");
	if (image == NULL)
		image = "/var/cache/dcloud/image/current/rootfs";
	if (realpath(image, w->image) == NULL)
		leave("needs a base image (DCLOUD_TEST_IMAGE)");
	(void)snprintf(w->dir, sizeof(w->dir), "/tmp/dcbox.XXXXXX");
	if (mkdtemp(w->dir) == NULL || chmod(w->dir, 0711) < 0)
		leave("no temporary directory");
	(void)snprintf(w->boxes, sizeof(w->boxes), "%s/boxes", w->dir);
	(void)snprintf(w->init, sizeof(w->init), "%s/init", w->dir);
	ok(w, dc_spawn_run(cc, NULL, NULL, NULL, NULL, &w->err) == 0,
	    "an init is compiled");
}

static int
destroy_one(const char *name, void *arg)
{
	struct world *w = arg;

	(void)dc_box_destroy(w->boxes, name, NULL);
	return 0;
}

int
world_done(struct world *w)
{
	(void)dc_box_each(w->boxes, BRIDGE "-", destroy_one, w, NULL);
	(void)dc_net_down(BRIDGE, NULL);
	if (w->failed == 0)
		ok(w, dc_fs_remove_tree(w->dir, &w->err) == 0,
		    "the directory is removed");
	printf("1..%d\n# %d passed, %d failed\n", w->tests,
	    w->tests - w->failed, w->failed);
	return w->failed > 0;
}

void
ok(struct world *w, bool is_ok, const char *fmt, ...)
{
	va_list ap;

	w->tests++;
	w->failed += !is_ok;
	printf("%s %d - ", is_ok ? "ok" : "not ok", w->tests);
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	if (!is_ok)
		printf("# last error: %s\n", w->err.msg);
	(void)fflush(stdout);
}

void
skip(struct world *w, const char *what, const char *why)
{
	w->tests++;
	printf("ok %d - %s # SKIP %s\n", w->tests, what, why);
}

struct dc_box_spec
world_spec(const struct world *w, unsigned n, char *name, char *address)
{
	(void)snprintf(name, 32, BRIDGE "-i%u", n);
	(void)snprintf(address, 32, "10.213.3.%u", n);
	return (struct dc_box_spec){.name = name,
	    .hostname = "hello-default-www-0",
	    .first_id = 1000000 + 65536 * n,
	    .image = w->image,
	    .init = w->init,
	    .bridge = BRIDGE,
	    .address = address,
	    .gateway = GATEWAY,
	    .prefix_len = 16,
	    .memory = 128 << 20,
	    .pids = 100,
	    .cpu_shares = 512,
	    .cpu_percent = 150};
}

static void
note_line(const char *line, void *arg)
{
	printf("# left: %s\n", line);
	++*(int *)arg;
}

bool
is_gone(struct world *w, const char *name)
{
	/* Not with our own functions, which are what is tested. */
	char *script =
	    dc_asprintf("exec 2>/dev/null; grep -F '%s/%s' "
			"/proc/self/mountinfo;"
			"find /sys/fs/cgroup -name 'lxc.*.%s*';"
			"for p in /proc/[0-9]*; do tr '\\0' ' ' <$p/cmdline "
			"2>/dev/null |"
			" grep '^.lxc monitor.*%s *$'; done;"
			"ls -d '%s/%s';"
			"ls /sys/class/net | grep -x '" BRIDGE "-3%02x';"
			"find /run/lxc/lock -name '.%s'; true",
		w->boxes, name, name, name, w->boxes, name,
		(unsigned)strtoul(strrchr(name, 'i') + 1, NULL, 10), name);
	char *argv[] = {(char *)"sh", (char *)"-c", script, NULL};
	int lines = 0;
	int rc = dc_spawn_run(argv, NULL, NULL, note_line, &lines, &w->err);

	free(script);
	return rc == 0 && lines == 0;
}

int
run_in(struct world *w, const char *name, uid_t uid, const char *script,
    char *out, size_t size)
{
	char *argv[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	char *envp[] = {(char *)"PATH=/usr/local/bin:/usr/bin:/bin",
	    (char *)"HOME=/home/dotcloud", (char *)"GREETING=hello", NULL};
	dc_auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dc_auto_file FILE *f = tmpfile();
	struct dc_box_run run = {.argv = argv,
	    .envp = envp,
	    .cwd = "/home/dotcloud",
	    .uid = uid,
	    .in = null,
	    .out = fileno(f),
	    .err = fileno(f)};
	pid_t pid;
	int rc = dc_box_attach(&pid, w->boxes, name, &run, &w->err);
	ssize_t n;

	out[0] = '\0';
	if (rc < 0)
		return rc;
	rc = dc_spawn_wait(pid, &w->err);
	n = pread(fileno(f), out, size - 1, 0);
	out[n > 0 ? n : 0] = '\0';
	return rc;
}

int
serve(const char *address, uint16_t *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET};
	socklen_t len = sizeof(a);
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, address, &a.sin_addr);
	if (bind(s, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(s, 16) < 0 ||
	    getsockname(s, (struct sockaddr *)&a, &len) < 0)
		return -1;
	*port = ntohs(a.sin_port);
	return s;
}

static int
connect_to(const char *address)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(9000)};
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, address, &a.sin_addr);
	if (connect(s, (struct sockaddr *)&a, sizeof(a)) == 0)
		return s;
	(void)close(s);
	return -1;
}

bool
is_talking(const char *address)
{
	dc_auto_fd int s = connect_to(address);
	struct pollfd p = {.fd = s, .events = POLLIN};

	return s >= 0 && poll(&p, 1, 500) > 0;
}

bool
answers(const char *address)
{
	int64_t until = dc_mono_ms() + 5000;
	char said[5] = "";

	/* Refused until init listens: each try waits for the answer. */
	while (dc_mono_ms() < until && said[0] == '\0') {
		dc_auto_fd int s = connect_to(address);

		if (s >= 0)
			(void)!read(s, said, 4);
	}
	return strcmp(said, "HTTP") == 0;
}
