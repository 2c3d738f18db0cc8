/* common/box/netports.c -- see netports.h. */
#include "common/box/netports.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/box/net.h"

#include <fcntl.h>
#include <string.h>

#define SAVED_MAX (16 << 20)

/* One line; several targets take turns, flow by flow. */
static void
add_udp(struct dc_str *out, const struct dc_net_udp *u)
{
	size_t i;

	if (u->n == 1) {
		dc_str_addf(out, "\t\tudp dport %u dnat to %s:%u\n", u->port,
		    u->targets[0].address, u->targets[0].port);
		return;
	}
	dc_str_addf(out, "\t\tudp dport %u dnat ip to numgen inc mod %zu map {",
	    u->port, u->n);
	for (i = 0; i < u->n; i++)
		dc_str_addf(out, "%s %zu : %s . %u", i > 0 ? "," : "", i,
		    u->targets[i].address, u->targets[i].port);
	dc_str_add(out, " }\n");
}

/* The way in. At the bridge's address only from the bridge: who is on a
 * network with the host could route packets for it here. */
static void
add_prerouting(struct dc_str *out, const struct dc_net_ports *p,
    const char *gateway)
{
	dc_str_add(out,
	    "\tchain prerouting {\n"
	    "\t\ttype nat hook prerouting priority -101; policy accept;\n");
	if (p->address == NULL)
		dc_str_addf(out,
		    "\t\tudp dport %u-%u fib daddr type local"
		    " goto udp_ports\n",
		    p->first, p->last);
	else
		dc_str_addf(out,
		    "\t\tudp dport %u-%u ip daddr %s goto udp_ports\n"
		    "\t\tiifname \"%s\" udp dport %u-%u ip daddr %s"
		    " goto udp_ports\n",
		    p->first, p->last, p->address, p->bridge, p->first, p->last,
		    gateway);
	dc_str_add(out, "\t}\n");
}

/* The host's own packets. */
static void
add_output(struct dc_str *out, const struct dc_net_ports *p,
    const char *gateway)
{
	dc_auto_free char *at =
	    p->address != NULL
		? dc_asprintf("ip daddr { %s, %s }", p->address, gateway)
		: dc_strdup("fib daddr type local");

	dc_str_addf(out,
	    "\tchain output {\n"
	    "\t\ttype nat hook output priority -101; policy accept;\n"
	    "\t\tudp dport %u-%u %s goto udp_ports\n"
	    "\t}\n",
	    p->first, p->last, at);
}

/* Containers reach the tcp ports in use, and nobody else those at the bridge's
 * address where the world has another one. */
static void
add_input(struct dc_str *out, const struct dc_net_ports *p, const char *gateway)
{
	size_t i;

	dc_str_add(out,
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority -11; policy accept;\n");
	if (p->address != NULL)
		dc_str_addf(out,
		    "\t\tiifname != { \"lo\", \"%s\" } ip daddr %s"
		    " tcp dport %u-%u drop\n",
		    p->bridge, gateway, p->first, p->last);
	dc_str_addf(out, "\t\tiifname \"%s\" tcp dport %u-%u", p->bridge,
	    p->first, p->last);
	for (i = 0; i < p->ntcp; i++)
		dc_str_addf(out, "%s%u", i > 0 ? ", " : " tcp dport != { ",
		    p->tcp[i]);
	dc_str_addf(out,
	    "%s reject with tcp reset\n"
	    "\t}\n",
	    p->ntcp > 0 ? " }" : "");
}

void
dc_netports_format(struct dc_str *out, const struct dc_net_ports *p,
    const char *gateway)
{
	const char *b = p->bridge;
	size_t i;

	dc_str_addf(out,
	    "table ip %s\n"
	    "delete table ip %s\n"
	    "table ip %s {\n",
	    b, b, b);
	dc_str_add(out, "\tchain udp_ports {\n");
	for (i = 0; i < p->nudp; i++)
		add_udp(out, &p->udp[i]);
	dc_str_add(out, "\t}\n");
	add_prerouting(out, p, gateway);
	add_output(out, p, gateway);
	/* A container answers a container, and the host's loopback address,
	 * through the bridge only. Where br_netfilter is loaded and
	 * bridge-nf-call-iptables is 1 (Docker does both), the kernel bridges
	 * what goes from container to container instead of routing it, and the
	 * bridge table drops it: there containers do not reach udp ports. */
	dc_str_addf(out,
	    "\tchain postrouting {\n"
	    "\t\ttype nat hook postrouting priority 99; policy accept;\n"
	    "\t\toifname \"%s\" ct status dnat"
	    " ip saddr { 127.0.0.0/8, %s } masquerade\n"
	    "\t}\n",
	    b, p->subnet);
	/* With route_localnet this is what keeps containers from the host's
	 * loopback services: before connections are looked up, so that answers
	 * to the host, which bear the bridge's address here, pass. */
	dc_str_addf(out,
	    "\tchain loopback {\n"
	    "\t\ttype filter hook prerouting priority -300; policy accept;\n"
	    "\t\tiifname \"%s\" ip daddr 127.0.0.0/8 drop\n"
	    "\t\tiifname \"%s\" ip saddr 127.0.0.0/8 drop\n"
	    "\t}\n",
	    b, b);
	add_input(out, p, gateway);
	dc_str_add(out, "}\n");
}

/* The host's own packets to 127.0.0.1:PORT leave by the bridge. */
static int
route_loopback(const char *bridge, struct dc_err *err)
{
	dc_auto_free char *path =
	    dc_asprintf("/proc/sys/net/ipv4/conf/%s/route_localnet", bridge);
	dc_auto_fd int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) /* no bridge yet: the next sweep */
		return 0;
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	return dc_fs_write_all(fd, "1", 1, err);
}

/* A flow keeps the target of its first packet, or that it had none. Exit
 * status 1 is that there was no flow. */
static void
forget_flows(const struct dc_net_udp *u)
{
	char port[8];
	char *argv[] = {(char *)"conntrack", (char *)"-D", (char *)"-p",
	    (char *)"udp", (char *)"--orig-port-dst", port, NULL};

	(void)snprintf(port, sizeof(port), "%u", u->port);
	(void)dc_spawn_run(argv, NULL, NULL, NULL, NULL, NULL);
}

static void
forget_changed(const struct dc_net_ports *p, const char *old)
{
	size_t i;

	for (i = 0; i < p->nudp; i++) {
		dc_auto_str struct dc_str line = {0};

		add_udp(&line, &p->udp[i]);
		if (old == NULL || strstr(old, line.data) == NULL)
			forget_flows(&p->udp[i]);
	}
}

int
dc_netports_set(const struct dc_net_ports *p, const char *saved,
    struct dc_err *err)
{
	char *const argv[] = {(char *)"nft", (char *)"-f", (char *)"-", NULL};
	dc_auto_free char *gateway = dc_net_gateway(p->subnet, NULL);
	dc_auto_free char *doubtful = NULL;
	dc_auto_free char *old = NULL;
	dc_auto_str struct dc_str rules = {0};
	int rc;

	if (gateway == NULL)
		return dc_fail(err, DC_EINVAL, "bad subnet '%s'", p->subnet);
	dc_netports_format(&rules, p, gateway);
	if (dc_fs_load(&old, NULL, saved, SAVED_MAX, NULL) == 0) {
		if (strcmp(old, rules.data) == 0)
			return 0;
	} else {
		doubtful = dc_asprintf("%s.doubtful", saved);
		(void)dc_fs_load(&old, NULL, doubtful, SAVED_MAX, NULL);
	}
	rc = dc_spawn_run(argv, NULL, rules.data, NULL, NULL, err);
	if (rc == 0 && p->nudp > 0 &&
	    (p->address == NULL || dc_has_prefix(p->address, "127.")))
		rc = route_loopback(p->bridge, err);
	if (rc < 0)
		return dc_wrap(err, rc, "public ports");
	forget_changed(p, old);
	return dc_fs_save(saved, rules.data, rules.len, 0600, err);
}

int
dc_netports_forget(const char *saved, struct dc_err *err)
{
	dc_auto_free char *doubtful = dc_asprintf("%s.doubtful", saved);

	if (rename(saved, doubtful) < 0 && errno != ENOENT)
		return dc_fail_errno(err, "rename '%s'", saved);
	return 0;
}
