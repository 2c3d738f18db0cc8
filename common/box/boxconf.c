/* common/box/boxconf.c -- see boxconf.h. */
#include "common/box/boxconf.h"

#include "common/base/auto.h"
#include "common/base/limits.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <inttypes.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

/* An argument is [number,value,SCMP_CMP_MASKED_EQ,mask].
 *
 * For programs that nobody trusts: no mounting, no namespaces (a new user
 * namespace is the usual first step of a kernel exploit), no keys, no tracing
 * of the kernel, no typing into a terminal (TIOCSTI). clone3 hides its flags
 * from a filter, and io_uring what it does: both "do not exist" (38), which
 * makes every libc and libuv use the older calls. */
const char dc_boxconf_seccomp[] =
    "2\n"
    "denylist\n"
    "reject_force_umount\n"
    "[all]\n"
    "acct errno 1\n"
    "add_key errno 1\n"
    "bpf errno 1\n"
    "clock_adjtime errno 1\n"
    "clock_settime errno 1\n"
    "clone errno 1 [0,0x10000000,SCMP_CMP_MASKED_EQ,0x10000000]\n"
    "clone3 errno 38\n"
    "delete_module errno 1\n"
    "fanotify_init errno 1\n"
    "finit_module errno 1\n"
    "fsconfig errno 1\n"
    "fsmount errno 1\n"
    "fsopen errno 1\n"
    "fspick errno 1\n"
    "init_module errno 1\n"
    "io_uring_enter errno 38\n"
    "io_uring_register errno 38\n"
    "io_uring_setup errno 38\n"
    "ioctl errno 1 [1,0x5412,SCMP_CMP_MASKED_EQ,0xffffffff]\n"
    "ioctl errno 1 [1,0x541c,SCMP_CMP_MASKED_EQ,0xffffffff]\n"
    "kexec_file_load errno 1\n"
    "kexec_load errno 1\n"
    "keyctl errno 1\n"
    "lookup_dcookie errno 1\n"
    "mount errno 1\n"
    "mount_setattr errno 1\n"
    "move_mount errno 1\n"
    "name_to_handle_at errno 1\n"
    "open_by_handle_at errno 1\n"
    "open_tree errno 1\n"
    "perf_event_open errno 1\n"
    "pivot_root errno 1\n"
    "quotactl errno 1\n"
    "reboot errno 1\n"
    "request_key errno 1\n"
    "setns errno 1\n"
    "settimeofday errno 1\n"
    "swapoff errno 1\n"
    "swapon errno 1\n"
    "syslog errno 1\n"
    "umount2 errno 1\n"
    "unshare errno 1\n"
    "userfaultfd errno 1\n"
    "vhangup errno 1\n";

static const char fixed[] =
    "lxc.autodev = 1\n"
    "lxc.tty.max = 0\n"
    "lxc.pty.max = 256\n"
    "lxc.signal.halt = SIGTERM\n"
    "lxc.monitor.signal.pdeath = SIGKILL\n"
    "lxc.mount.auto = proc:mixed sys:ro\n"
    /* What dcinit needs to change users and own its files; nothing over the
     * network or the kernel. Without net_raw and net_admin nobody can send
     * under another container's address. */
    "lxc.cap.keep = chown dac_override fowner fsetid kill net_bind_service "
    "setfcap setgid setpcap setuid sys_chroot\n"
    "lxc.prlimit.core = 0\n"
    "lxc.environment = PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:"
    "/usr/bin:/sbin:/bin\n"
    "lxc.log.level = ERROR\n"
    "lxc.mount.entry = tmpfs dev/shm tmpfs "
    "rw,nosuid,nodev,create=dir,mode=1777 0 0\n";

/* null zero full random urandom tty console ptmx pts/\* */
static const char *const devices[] = {"c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm",
    "c 1:8 rwm", "c 1:9 rwm", "c 5:0 rwm", "c 5:1 rwm", "c 5:2 rwm",
    "c 136:* rwm", NULL};

static bool
is_all_of(const char *s, const char *others)
{
	for (; *s != '\0'; s++)
		if (!isalnum((unsigned char)*s) && strchr(others, *s) == NULL)
			return false;
	return true;
}

bool
dc_boxconf_is_name(const char *name)
{
	const char *dash = strrchr(name, '-');
	size_t len = strlen(name);
	long long number;

	return dash != NULL && dash != name && len < 64 && name[0] != '.' &&
	       is_all_of(name, "-_.") && dash[1] >= 'a' && dash[1] <= 'z' &&
	       dc_is_number(dash + 2, 0, INT64_MAX, &number);
}

static int
check_path(const char *what, const char *path, struct dc_err *err)
{
	if (path == NULL || path[0] != '/' || !is_all_of(path, "/-_.+@=~"))
		return dc_fail(err, DC_EINVAL, "%s '%s' is not a path we use",
		    what, path != NULL ? path : "");
	return 0;
}

static int
check_paths(const char *boxes, const struct dc_box_spec *spec,
    struct dc_err *err)
{
	int rc, i;

	rc = check_path("boxes", boxes, err);
	if (rc == 0)
		rc = check_path("image", spec->image, err);
	if (rc == 0)
		rc = check_path("init", spec->init, err);
	if (rc == 0 && spec->root_lower != NULL)
		rc = check_path("layer", spec->root_lower, err);
	if (rc == 0 && spec->code != NULL)
		rc = check_path("code", spec->code, err);
	for (i = 0;
	     rc == 0 && spec->home_lower != NULL && spec->home_lower[i] != NULL;
	     i++)
		rc = check_path("layer", spec->home_lower[i], err);
	return rc;
}

int
dc_boxconf_check(const char *boxes, const struct dc_box_spec *spec,
    struct dc_err *err)
{
	struct in_addr a;
	int i;

	if (!dc_boxconf_is_name(spec->name))
		return dc_fail(err, DC_EINVAL, "bad container name '%s'",
		    spec->name);
	if (spec->hostname[0] == '\0' || !is_all_of(spec->hostname, "-_."))
		return dc_fail(err, DC_EINVAL, "bad host name '%s'",
		    spec->hostname);
	if (strlen(spec->bridge) > 9 || !is_all_of(spec->bridge, "_") ||
	    spec->prefix_len < 8 || spec->prefix_len > 30 ||
	    inet_pton(AF_INET, spec->address, &a) != 1 ||
	    inet_pton(AF_INET, spec->gateway, &a) != 1)
		return dc_fail(err, DC_EINVAL,
		    "bad network '%s' '%s'/%u '%s' (bridge: at most 9 letters "
		    "and digits)",
		    spec->bridge, spec->address, spec->prefix_len,
		    spec->gateway);
	if (spec->first_id < DC_RANGE_IDS)
		return dc_fail(err, DC_EINVAL,
		    "a range from %u is the machine's own", spec->first_id);
	for (i = 0; spec->init_args != NULL && spec->init_args[i] != NULL; i++)
		if (!is_all_of(spec->init_args[i], "/-_.+@=~,:"))
			return dc_fail(err, DC_EINVAL, "bad argument '%s'",
			    spec->init_args[i]);
	return check_paths(boxes, spec, err);
}

char *
dc_boxconf_veth(const char *bridge, const char *address, unsigned prefix_len)
{
	struct in_addr a = {0};
	uint32_t mask = prefix_len >= 32 ? 0 : UINT32_MAX >> prefix_len;

	(void)inet_pton(AF_INET, address, &a);
	return dc_asprintf("%s-%x", bridge, ntohl(a.s_addr) & mask);
}

static void
add_limits(struct dc_str *out, const struct dc_box_spec *spec,
    const struct dc_boxconf_host *host)
{
	const struct dc_cgroups *cg = host->cgroups;
	long long mem = spec->memory;
	unsigned shares = spec->cpu_shares;

	if (mem > 0 && dc_cgroup_has(cg, true, "memory"))
		dc_str_addf(out,
		    "lxc.cgroup2.memory.max = %lld\n"
		    "lxc.cgroup2.memory.swap.max = 0\n",
		    mem);
	if (mem > 0 && dc_cgroup_has(cg, false, "memory"))
		dc_str_addf(out, "lxc.cgroup.memory.limit_in_bytes = %lld\n",
		    mem);
	if (mem > 0 && host->has_swap_limit)
		dc_str_addf(out,
		    "lxc.cgroup.memory.memsw.limit_in_bytes = %lld\n", mem);
	if (spec->pids > 0 && dc_cgroup_has(cg, true, "pids"))
		dc_str_addf(out, "lxc.cgroup2.pids.max = %u\n", spec->pids);
	if (spec->pids > 0 && dc_cgroup_has(cg, false, "pids"))
		dc_str_addf(out, "lxc.cgroup.pids.max = %u\n", spec->pids);
	if (shares >= 2 && dc_cgroup_has(cg, true, "cpu"))
		dc_str_addf(out, "lxc.cgroup2.cpu.weight = %u\n",
		    1 + (unsigned)((shares - 2) * 9999ULL / 262142));
	if (shares >= 2 && dc_cgroup_has(cg, false, "cpu"))
		dc_str_addf(out, "lxc.cgroup.cpu.shares = %u\n", shares);
	if (spec->cpu_percent > 0 && dc_cgroup_has(cg, true, "cpu"))
		dc_str_addf(out, "lxc.cgroup2.cpu.max = %u 100000\n",
		    spec->cpu_percent * 1000);
	if (spec->cpu_percent > 0 && dc_cgroup_has(cg, false, "cpu"))
		dc_str_addf(out, "lxc.cgroup.cpu.cfs_quota_us = %u\n",
		    spec->cpu_percent * 1000);
}

static void
add_devices(struct dc_str *out, const char *key)
{
	int i;

	dc_str_addf(out, "%s.deny = a\n", key);
	for (i = 0; devices[i] != NULL; i++)
		dc_str_addf(out, "%s.allow = %s\n", key, devices[i]);
}

static void
add_network(struct dc_str *out, const struct dc_box_spec *spec, int mtu)
{
	dc_auto_free char *veth =
	    dc_boxconf_veth(spec->bridge, spec->address, spec->prefix_len);
	uint32_t hosts = UINT32_MAX >> spec->prefix_len;
	char broadcast[INET_ADDRSTRLEN];
	struct in_addr addr = {0}, last;
	unsigned char a[4];

	(void)inet_pton(AF_INET, spec->address, &addr);
	memcpy(a, &addr, sizeof(a));
	last.s_addr = htonl(ntohl(addr.s_addr) | hosts);
	(void)inet_ntop(AF_INET, &last, broadcast, sizeof(broadcast));
	/* The same address always has the same MAC, so that nobody's ARP
	 * cache is ever wrong about a new container. */
	dc_str_addf(out,
	    "lxc.net.0.type = veth\n"
	    "lxc.net.0.link = %s\n"
	    "lxc.net.0.name = eth0\n"
	    "lxc.net.0.flags = up\n"
	    "lxc.net.0.veth.pair = %s\n"
	    "lxc.net.0.hwaddr = 02:dc:%02x:%02x:%02x:%02x\n"
	    "lxc.net.0.ipv4.address = %s/%u %s\n"
	    "lxc.net.0.ipv4.gateway = %s\n",
	    spec->bridge, veth, a[0], a[1], a[2], a[3], spec->address,
	    spec->prefix_len, broadcast, spec->gateway);
	if (mtu > 0)
		dc_str_addf(out, "lxc.net.0.mtu = %d\n", mtu);
}

/* liblxc refuses to mount through a symbolic link, so these are real paths in
 * a merged-usr image. */
static void
add_mounts(struct dc_str *out, const char *dir, const struct dc_box_spec *spec)
{
	static const char entry[] =
	    "lxc.mount.entry = %s%s %s none bind,nodev,nosuid,%s,create=%s "
	    "0 0\n";
	bool plain = spec->home_lower == NULL || spec->home_lower[0] == NULL;

	dc_str_addf(out, entry, dir, plain ? "/home/upper" : "/home/mnt",
	    "home/dotcloud", "rw", "dir");
	if (spec->code != NULL)
		dc_str_addf(out, entry, dir, "/code/mnt", "tmp/code", "rw",
		    "dir");
	dc_str_addf(out, entry, dir, "/log", "var/log/supervisor", "rw", "dir");
	dc_str_addf(out, entry, dir, "/run", "var/dotcloud", "rw", "dir");
	dc_str_addf(out, entry, dir, "/etc", "etc/dcloud", "ro", "dir");
	dc_str_addf(out, entry, dir, "/net/resolv.conf", "etc/resolv.conf",
	    "ro", "file");
	dc_str_addf(out, entry, dir, "/net/hosts", "etc/hosts", "ro", "file");
	dc_str_addf(out, entry, dir, "/net/hostname", "etc/hostname", "ro",
	    "file");
	dc_str_addf(out, entry, spec->init, "", "usr/sbin/dcinit", "ro",
	    "file");
}

void
dc_boxconf_format(struct dc_str *out, const char *dir,
    const struct dc_box_spec *spec, const struct dc_boxconf_host *host)
{
	int i;

	dc_str_addf(out,
	    "lxc.uts.name = %.64s\n"
	    "lxc.rootfs.path = dir:%s/rootfs\n"
	    "lxc.idmap = u 0 %u %ld\n"
	    "lxc.idmap = g 0 %u %ld\n"
	    "lxc.seccomp.profile = %s/seccomp\n"
	    "lxc.log.file = %s/lxc.log\n"
	    "lxc.console.logfile = %s/console.log\n"
	    "lxc.console.size = 64KB\n",
	    spec->hostname, dir, spec->first_id, DC_RANGE_IDS, spec->first_id,
	    DC_RANGE_IDS, dir, dir, dir);
	dc_str_add(out, "lxc.init.cmd = /usr/sbin/dcinit");
	for (i = 0; spec->init_args != NULL && spec->init_args[i] != NULL; i++)
		dc_str_addf(out, " %s", spec->init_args[i]);
	dc_str_add(out, "\n");
	dc_str_add(out, fixed);
	dc_str_addf(out, "lxc.prlimit.nofile = %lu\n", host->nofile);
	if (host->apparmor != NULL)
		dc_str_addf(out, "lxc.apparmor.profile = %s\n", host->apparmor);
	if (dc_cgroup_has(host->cgroups, false, "devices"))
		add_devices(out, "lxc.cgroup.devices");
	else
		add_devices(out, "lxc.cgroup2.devices");
	add_limits(out, spec, host);
	add_network(out, spec, host->mtu);
	add_mounts(out, dir, spec);
}

char *
dc_boxconf_value(const char *text, const char *key)
{
	size_t len = strlen(key);
	const char *line;

	for (line = text; line != NULL && *line != '\0';
	     line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strncmp(line, key, len) == 0 &&
		    strncmp(line + len, " = ", 3) == 0)
			return dc_strndup(line + len + 3,
			    strcspn(line + len + 3, "\n"));
	}
	return NULL;
}
