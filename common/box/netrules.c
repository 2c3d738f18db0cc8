/* common/box/netrules.c -- see netrules.h. */
#include "common/box/netrules.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTE_UP 1U

void
dc_netrules_host_done(struct dc_netrules_host *h)
{
	dc_strv_done(&h->resolvers);
	dc_strv_done(&h->world);
	dc_strv_done(&h->on_link);
}

static bool
has(const struct dc_strv *sv, const char *s)
{
	size_t i;

	for (i = 0; i < sv->n; i++)
		if (strcmp(sv->v[i], s) == 0)
			return true;
	return false;
}

/* One row of /proc/net/route; addresses are in network order. */
struct route {
	char device[32];
	uint32_t to, via, mask;
	unsigned flags;
};

static bool
parse_route(struct route *r, const char *line)
{
	/* NOLINTNEXTLINE(cert-err34-c): the kernel's own numbers */
	return sscanf(line,
		   "%31s %" SCNx32 " %" SCNx32 " %x %*d %*d %*d %" SCNx32,
		   r->device, &r->to, &r->via, &r->flags, &r->mask) == 5 &&
	       (r->flags & ROUTE_UP) != 0;
}

static const char *
next_line(const char *s)
{
	s = strchr(s, '\n');
	return s != NULL ? s + 1 : "";
}

void
dc_netrules_parse_routes(struct dc_netrules_host *h, const char *routes)
{
	char net[INET_ADDRSTRLEN];
	const char *line;
	struct route r;

	for (line = next_line(routes); *line != '\0'; line = next_line(line))
		if (parse_route(&r, line) && r.to == 0 && r.mask == 0 &&
		    !has(&h->world, r.device))
			dc_strv_add(&h->world, r.device);
	for (line = next_line(routes); *line != '\0'; line = next_line(line))
		if (parse_route(&r, line) && r.mask != 0 && r.via == 0 &&
		    has(&h->world, r.device) &&
		    inet_ntop(AF_INET, &r.to, net, sizeof(net)) != NULL)
			dc_strv_addf(&h->on_link, "%s/%d", net,
			    __builtin_popcount(r.mask));
}

/* The address of a "nameserver" line that a container could ask. */
static bool
is_usable_resolver(const char *line, char *address)
{
	struct in_addr a;

	return sscanf(line, "nameserver %15[0-9.]", address) == 1 &&
	       inet_pton(AF_INET, address, &a) == 1 &&
	       ntohl(a.s_addr) >> 24 != 127 && a.s_addr != 0;
}

size_t
dc_netrules_filter_resolv(struct dc_str *out, struct dc_strv *resolvers,
    const char *text)
{
	const char *line;
	char address[16];
	size_t n = 0;

	for (line = text; *line != '\0'; line = next_line(line)) {
		if (is_usable_resolver(line, address)) {
			dc_str_addf(out, "nameserver %s\n", address);
			if (resolvers != NULL)
				dc_strv_add(resolvers, address);
			n++;
		} else if (dc_has_prefix(line, "search ") ||
			   dc_has_prefix(line, "options ") ||
			   dc_has_prefix(line, "domain ")) {
			dc_str_addn(out, line, strcspn(line, "\n"));
			dc_str_add(out, "\n");
		}
	}
	return n;
}

static void
add_list(struct dc_str *out, const struct dc_strv *sv, const char *quote)
{
	size_t i;

	dc_str_add(out, "{ ");
	for (i = 0; i < sv->n; i++)
		dc_str_addf(out, "%s%s%s%s", i > 0 ? ", " : "", quote, sv->v[i],
		    quote);
	dc_str_add(out, " }");
}

static void
add_dns(struct dc_str *out, const struct dc_netrules_host *h)
{
	if (h->resolvers.n == 0)
		return;
	dc_str_add(out, "\t\tip daddr ");
	add_list(out, &h->resolvers, "");
	dc_str_add(out, " meta l4proto { tcp, udp } th dport 53 accept\n");
}

/* What containers say to the host itself. */
static void
add_input(struct dc_str *out, const struct dc_net_spec *spec,
    const struct dc_netrules_host *h, const char *gateway)
{
	size_t i;

	dc_str_addf(out,
	    "\tchain to_host {\n"
	    "\t\tmeta nfproto != ipv4 drop\n"
	    "\t\tip saddr != %s drop\n"
	    "\t\tct state established,related accept\n",
	    spec->subnet);
	for (i = 0; i < spec->nports; i++)
		dc_str_addf(out, "\t\tip daddr %s tcp dport %u accept\n",
		    gateway, spec->ports[i]);
	/* "table ip" of netports.h lets through those in use. */
	if (spec->port_first != 0)
		dc_str_addf(out,
		    "\t\tip daddr != 127.0.0.0/8 tcp dport %u-%u accept\n",
		    spec->port_first, spec->port_last);
	add_dns(out, h);
	/* A reset at once instead of a client's minute of silence. */
	dc_str_addf(out,
	    "\t\tmeta l4proto tcp reject with tcp reset\n"
	    "\t\tdrop\n"
	    "\t}\n"
	    "\tchain input {\n"
	    "\t\ttype filter hook input priority filter - 10; policy accept;\n"
	    "\t\tiifname \"%s\" goto to_host\n"
	    "\t}\n",
	    spec->bridge);
}

/* What they say to others. */
static void
add_forward(struct dc_str *out, const struct dc_net_spec *spec,
    const struct dc_netrules_host *h)
{
	size_t i;

	dc_str_addf(out,
	    "\tchain to_world {\n"
	    "\t\tmeta nfproto != ipv4 drop\n"
	    "\t\tip saddr != %s drop\n",
	    spec->subnet);
	if (spec->port_first != 0) /* by way of a public udp port */
		dc_str_addf(out, "\t\toifname \"%s\" ct status dnat accept\n",
		    spec->bridge);
	dc_str_addf(out,
	    "\t\toifname \"%s\" drop\n"
	    "\t\tct state established,related accept\n",
	    spec->bridge);
	add_dns(out, h);
	dc_str_add(out, "\t\tip daddr { 127.0.0.0/8, 169.254.0.0/16 } drop\n");
	for (i = 0; i < h->on_link.n; i++)
		dc_str_addf(out,
		    "\t\tip daddr %s reject with icmp type admin-prohibited\n",
		    h->on_link.v[i]);
	if (h->world.n > 0) {
		dc_str_add(out, "\t\toifname ");
		add_list(out, &h->world, "\"");
		dc_str_add(out, " accept\n");
	}
	dc_str_addf(out,
	    "\t\tdrop\n"
	    "\t}\n"
	    "\tchain forward {\n"
	    "\t\ttype filter hook forward priority filter - 10; "
	    "policy accept;\n"
	    "\t\tiifname \"%s\" goto to_world\n"
	    "\t\toifname \"%s\" ct state established,related accept\n"
	    "\t\toifname \"%s\" ct status dnat accept\n"
	    "\t\toifname \"%s\" drop\n"
	    "\t}\n",
	    spec->bridge, spec->bridge, spec->bridge, spec->bridge);
}

void
dc_netrules_format(struct dc_str *out, const struct dc_net_spec *spec,
    const struct dc_netrules_host *h, const char *gateway, bool bridge_table)
{
	const char *b = spec->bridge;

	/* Declared first, so that deleting it never fails. */
	dc_str_addf(out,
	    "table inet %s\n"
	    "delete table inet %s\n"
	    "table inet %s {\n",
	    b, b, b);
	add_input(out, spec, h, gateway);
	add_forward(out, spec, h);
	dc_str_addf(out,
	    "\tchain postrouting {\n"
	    "\t\ttype nat hook postrouting priority srcnat; policy accept;\n"
	    "\t\tip saddr %s oifname != \"%s\" masquerade\n"
	    "\t}\n"
	    "}\n",
	    spec->subnet, b);
	if (!bridge_table)
		return;
	/* Frames, ARP included, from one container to another. */
	dc_str_addf(out,
	    "table bridge %s\n"
	    "delete table bridge %s\n"
	    "table bridge %s {\n"
	    "\tchain forward {\n"
	    "\t\ttype filter hook forward priority -200; policy accept;\n"
	    "\t\tiifname \"%s-*\" oifname \"%s-*\" drop\n"
	    "\t}\n"
	    "}\n",
	    b, b, b, b, b);
}
