/* common/box/net.c -- see net.h. */
#include "common/box/net.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/base/str.h"
#include "common/box/netrules.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

#define TEXT_MAX (1 << 20)

char *
dc_net_gateway(const char *subnet, unsigned *prefix_len)
{
	char address[INET_ADDRSTRLEN];
	const char *slash = strchr(subnet, '/');
	dc_auto_free char *text = NULL;
	struct in_addr a;
	long long len;

	if (slash == NULL || !dc_is_number(slash + 1, 8, 30, &len))
		return NULL;
	text = dc_strndup(subnet, (size_t)(slash - subnet));
	if (inet_pton(AF_INET, text, &a) != 1 ||
	    (ntohl(a.s_addr) & (UINT32_MAX >> len)) != 0)
		return NULL;
	a.s_addr = htonl(ntohl(a.s_addr) + 1);
	if (prefix_len != NULL)
		*prefix_len = (unsigned)len;
	return dc_strdup(inet_ntop(AF_INET, &a, address, sizeof(address)));
}

static int
load_resolv(char **out, struct dc_strv *resolvers, struct dc_err *err)
{
	/* Where systemd-resolved listens on loopback, it says here whom it
	 * asks itself. */
	static const char *const files[] = {"/etc/resolv.conf",
	    "/run/systemd/resolve/resolv.conf"};
	size_t i;

	for (i = 0; i < 2; i++) {
		dc_auto_free char *text = NULL;
		dc_auto_str struct dc_str usable = {0};

		if (dc_fs_load(&text, NULL, files[i], TEXT_MAX, NULL) < 0)
			continue;
		if (dc_netrules_filter_resolv(&usable, resolvers, text) == 0)
			continue;
		if (out != NULL)
			*out = dc_str_steal(&usable);
		return 0;
	}
	return dc_fail(err, DC_EFAIL,
	    "/etc/resolv.conf names no IPv4 resolver that containers could "
	    "ask (loopback ones they cannot)");
}

int
dc_net_resolv_conf(char **out, struct dc_err *err)
{
	return load_resolv(out, NULL, err);
}

int
dc_net_mtu(const char *device)
{
	dc_auto_free char *path = dc_asprintf("/sys/class/net/%s/mtu", device);
	dc_auto_free char *text = NULL;
	long long mtu;

	if (dc_fs_load(&text, NULL, path, 64, NULL) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return dc_is_number(text, 68, 1 << 20, &mtu) ? (int)mtu : 0;
}

static int
write_file(const char *path, const char *text, struct dc_err *err)
{
	dc_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	return dc_fs_write_all(fd, text, strlen(text), err);
}

static int
set_ipv4(const char *device, const char *key, const char *value,
    struct dc_err *err)
{
	dc_auto_free char *path =
	    dc_asprintf("/proc/sys/net/ipv4/conf/%s/%s", device, key);

	return write_file(path, value, err);
}

void
dc_net_isolate(const char *veth)
{
	dc_auto_free char *path =
	    dc_asprintf("/sys/class/net/%s/brport/isolated", veth);

	(void)write_file(path, "1", NULL);
}

/* The smallest of the ways out, which all have to fit. */
static int
world_mtu(const struct dc_netrules_host *h)
{
	int mtu = 1500, m;
	size_t i;

	for (i = 0; i < h->world.n; i++) {
		m = dc_net_mtu(h->world.v[i]);
		if (m > 0 && m < mtu)
			mtu = m;
	}
	return mtu;
}

/* Removes what the kernel would do about IPv6, where it knows it. */
static int
disable_ipv6(const char *device, struct dc_err *err)
{
	dc_auto_free char *path =
	    dc_asprintf("/proc/sys/net/ipv6/conf/%s/disable_ipv6", device);

	return dc_fs_exists(path) ? write_file(path, "1", err) : 0;
}

static int
run_ip(const char *lines, struct dc_err *err)
{
	char *const argv[] = {(char *)"ip", (char *)"-batch", (char *)"-",
	    NULL};

	return dc_spawn_run(argv, NULL, lines, NULL, NULL, err);
}

/* A bridge without ports has no carrier, and the kernel takes up to a second
 * to let packets through once the first container gives it one. So it has a
 * port of its own, <bridge>-0, whose other end, <bridge>-1, leads nowhere;
 * neither number can be a container's. */
static int
make_bridge(const char *b, const char *gateway, unsigned prefix_len, int mtu,
    struct dc_err *err)
{
	dc_auto_free char *port = dc_asprintf("%s-0", b);
	dc_auto_free char *end = dc_asprintf("%s-1", b);
	dc_auto_str struct dc_str add = {0}, set = {0};
	unsigned char a[4] = {0};
	int rc;

	(void)inet_pton(AF_INET, gateway, a);
	/* Set by hand, a bridge's address does not change with its ports. */
	if (if_nametoindex(b) == 0)
		dc_str_addf(&add,
		    "link add %s address 02:dc:%02x:%02x:%02x:%02x type bridge "
		    "stp_state 0 forward_delay 0\n",
		    b, a[0], a[1], a[2], a[3]);
	if (if_nametoindex(port) == 0)
		dc_str_addf(&add, "link add %s type veth peer name %s\n", port,
		    end);
	dc_str_addf(&set,
	    "address replace %s/%u dev %s\n"
	    "link set %s mtu %d up\n"
	    "link set %s mtu %d up\n"
	    "link set %s mtu %d master %s up\n",
	    gateway, prefix_len, b, b, mtu, end, mtu, port, mtu, b);
	rc = add.len > 0 ? run_ip(add.data, err) : 0;
	if (rc == 0)
		rc = disable_ipv6(b, err);
	if (rc == 0)
		rc = disable_ipv6(end, err);
	if (rc == 0)
		rc = disable_ipv6(port, err);
	if (rc == 0)
		rc = run_ip(set.data, err);
	return rc;
}

/* Only the two devices forward, not the machine. */
static int
set_forwarding(const char *bridge, const struct dc_netrules_host *h,
    struct dc_err *err)
{
	size_t i;
	int rc;

	rc = set_ipv4(bridge, "forwarding", "1", err);
	if (rc == 0)
		rc = set_ipv4(bridge, "rp_filter", "1", err);
	if (rc == 0)
		rc = set_ipv4(bridge, "send_redirects", "0", err);
	if (rc == 0)
		rc = set_ipv4(bridge, "accept_redirects", "0", err);
	for (i = 0; rc == 0 && i < h->world.n; i++)
		rc = set_ipv4(h->world.v[i], "forwarding", "1", err);
	return rc;
}

static int
load_rules(const char *rules, struct dc_err *err)
{
	char *const argv[] = {(char *)"nft", (char *)"-f", (char *)"-", NULL};

	return dc_spawn_run(argv, NULL, rules, NULL, NULL, err);
}

static int
set_rules(const struct dc_net_spec *spec, const struct dc_netrules_host *h,
    const char *gateway, struct dc_err *err)
{
	dc_auto_str struct dc_str with = {0}, without = {0};

	dc_netrules_format(&with, spec, h, gateway, true);
	if (load_rules(with.data, NULL) == 0)
		return 0;
	/* A kernel without nftables on bridges: there the ports' own
	 * isolation has to do. */
	dc_netrules_format(&without, spec, h, gateway, false);
	return load_rules(without.data, err);
}

/* The kernel must not take public ports for outgoing connections. The list is
 * the whole machine's: ours is added. */
static int
reserve_ports(const struct dc_net_spec *spec, struct dc_err *err)
{
	static const char path[] = "/proc/sys/net/ipv4/ip_local_reserved_ports";
	dc_auto_free char *text = NULL;
	dc_auto_free char *all = NULL;
	unsigned first, last;
	const char *p;
	int rc = dc_fs_load(&text, NULL, path, TEXT_MAX, err);

	if (rc < 0)
		return rc;
	text[strcspn(text, "\n")] = '\0';
	for (p = text; p != NULL; p = strchr(p, ',')) {
		p += *p == ',';
		/* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
		if (sscanf(p, "%u-%u", &first, &last) == 2 &&
		    first <= spec->port_first && last >= spec->port_last)
			return 0;
	}
	all = dc_asprintf("%s%s%u-%u\n", text, *text != '\0' ? "," : "",
	    spec->port_first, spec->port_last);
	return write_file(path, all, err);
}

static bool
is_bridge_name(const char *name)
{
	const char *c;

	for (c = name; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && *c != '_')
			return false;
	return isalpha((unsigned char)name[0]) && strlen(name) <= 9;
}

int
dc_net_up(const struct dc_net_spec *spec, struct dc_err *err)
{
	dc_auto_free char *gateway = NULL, *routes = NULL;
	struct dc_netrules_host h = {0};
	unsigned len = 0;
	int rc;

	gateway = dc_net_gateway(spec->subnet, &len);
	if (gateway == NULL || !is_bridge_name(spec->bridge))
		return dc_fail(err, DC_EINVAL, "bad bridge '%s' or subnet '%s'",
		    spec->bridge, spec->subnet);
	rc = load_resolv(NULL, &h.resolvers, err);
	if (rc == 0)
		rc =
		    dc_fs_load(&routes, NULL, "/proc/net/route", TEXT_MAX, err);
	if (rc == 0) {
		dc_netrules_parse_routes(&h, routes);
		/* The rules first: a bridge is never there without them. */
		rc = set_rules(spec, &h, gateway, err);
	}
	if (rc == 0)
		rc =
		    make_bridge(spec->bridge, gateway, len, world_mtu(&h), err);
	if (rc == 0)
		rc = set_forwarding(spec->bridge, &h, err);
	if (rc == 0 && spec->port_first != 0)
		rc = reserve_ports(spec, err);
	dc_netrules_host_done(&h);
	return rc < 0 ? dc_wrap(err, rc, "network '%s'", spec->bridge) : 0;
}

static int
remove_ports(const char *bridge, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("/sys/class/net/%s/brif", bridge);
	dc_auto_dir DIR *d = opendir(path);
	struct dirent *e;
	int rc = 0;

	while (rc == 0 && d != NULL && (e = readdir(d)) != NULL)
		if (e->d_name[0] != '.')
			rc = dc_net_remove_link(e->d_name, err);
	return rc;
}

int
dc_net_down(const char *bridge, struct dc_err *err)
{
	static const char *const families[] = {"inet", "ip", "bridge"};
	int rc, i;

	if (!is_bridge_name(bridge))
		return dc_fail(err, DC_EINVAL, "bad bridge '%s'", bridge);
	rc = remove_ports(bridge, err);
	if (rc == 0)
		rc = dc_net_remove_link(bridge, err);
	for (i = 0; rc == 0 && i < 3; i++) {
		dc_auto_free char *rules =
		    dc_asprintf("table %s %s\ndelete table %s %s\n",
			families[i], bridge, families[i], bridge);

		/* The kernel may not know the bridge family. */
		rc = load_rules(rules, i < 2 ? err : NULL);
		if (i == 2)
			rc = 0;
	}
	return rc < 0 ? dc_wrap(err, rc, "network '%s'", bridge) : 0;
}

struct del_link {
	struct nlmsghdr head;
	struct ifinfomsg info;
	struct rtattr attr;
	char name[IFNAMSIZ];
};

int
dc_net_remove_link(const char *name, struct dc_err *err)
{
	struct del_link req = {
	    .head = {.nlmsg_len = sizeof(req),
		.nlmsg_type = RTM_DELLINK,
		.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK},
	    .info = {.ifi_family = AF_UNSPEC},
	    .attr = {.rta_len = RTA_LENGTH(IFNAMSIZ), .rta_type = IFLA_IFNAME},
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	dc_auto_fd int fd = -1;
	ssize_t n;

	if (strlen(name) >= IFNAMSIZ)
		return dc_fail(err, DC_EINVAL, "bad link name '%s'", name);
	(void)snprintf(req.name, sizeof(req.name), "%s", name);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	if (fd < 0 || send(fd, &req, sizeof(req), 0) < 0)
		return dc_fail_errno(err, "netlink");
	n = recv(fd, &answer, sizeof(answer), 0);
	if (n < (ssize_t)(sizeof(answer.head) + sizeof(answer.error)) ||
	    answer.head.nlmsg_type != NLMSG_ERROR)
		return dc_fail(err, DC_EFAIL, "netlink: odd answer");
	errno = -answer.error.error;
	if (errno != 0 && errno != ENODEV)
		return dc_fail_errno(err, "remove link '%s'", name);
	return 0;
}
