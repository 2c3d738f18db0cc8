/* tests/unit/test_netports.c -- public ports: the kernel's rules about them,
 * and where they are. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/box/netports.h"
#include "common/box/netrules.h"
#include "common/box/place.h"

Suite *netports_suite(void);

static const struct dc_net_target targets[] = {{"10.88.0.5", 42800},
    {"10.88.0.6", 42801}};
static const struct dc_net_udp udp[] = {{40001, targets, 1},
    {40002, targets, 2}};
static const uint16_t tcp[] = {40003, 40009};

static bool
holds(const struct dc_str *s, const char *line)
{
	return strstr(s->data, line) != NULL;
}

START_TEST(format__udp_ports_lead_to_containers)
{
	const struct dc_net_ports p = {.bridge = "dc0",
	    .subnet = "10.88.0.0/16",
	    .address = "192.0.2.7",
	    .first = 40000,
	    .last = 40099,
	    .tcp = tcp,
	    .ntcp = 2,
	    .udp = udp,
	    .nudp = 2};
	dc_auto_str struct dc_str s = {0};

	dc_netports_format(&s, &p, "10.88.0.1");
	ck_assert(dc_has_prefix(s.data, "table ip dc0\n"
					"delete table ip dc0\n"));
	ck_assert(holds(&s, "\tudp dport 40001 dnat to 10.88.0.5:42800\n"));
	ck_assert(holds(&s, "\tudp dport 40002 dnat ip to numgen inc mod 2 map "
			    "{ 0 : 10.88.0.5 . 42800, 1 : 10.88.0.6 . 42801 "
			    "}\n"));
	ck_assert(holds(&s, "\tudp dport 40000-40099 ip daddr 192.0.2.7 "
			    "goto udp_ports\n"));
	ck_assert(holds(&s, "\tiifname \"dc0\" udp dport 40000-40099 "
			    "ip daddr 10.88.0.1 goto udp_ports\n"));
	ck_assert(holds(&s, "\tudp dport 40000-40099 "
			    "ip daddr { 192.0.2.7, 10.88.0.1 } "
			    "goto udp_ports\n"));
	ck_assert(holds(&s, "\tiifname != { \"lo\", \"dc0\" } "
			    "ip daddr 10.88.0.1 tcp dport 40000-40099 "
			    "drop\n"));
	ck_assert(holds(&s, "iifname \"dc0\" tcp dport 40000-40099 "
			    "tcp dport != { 40003, 40009 } reject"));
	ck_assert(holds(&s, "iifname \"dc0\" ip daddr 127.0.0.0/8 drop\n"));
}
END_TEST

START_TEST(format__no_ports_and_every_address)
{
	const struct dc_net_ports p = {.bridge = "dc0",
	    .subnet = "10.88.0.0/16",
	    .first = 40000,
	    .last = 40099};
	dc_auto_str struct dc_str s = {0};

	dc_netports_format(&s, &p, "10.88.0.1");
	ck_assert(!holds(&s, "dnat to"));
	ck_assert(holds(&s, "tcp dport 40000-40099 reject with tcp reset\n"));
	ck_assert(holds(&s, "udp dport 40000-40099 fib daddr type local"));
}
END_TEST

START_TEST(rules__let_the_range_through_and_nothing_on_loopback)
{
	const struct dc_net_spec spec = {.bridge = "dc0",
	    .subnet = "10.88.0.0/16",
	    .port_first = 40000,
	    .port_last = 40099};
	struct dc_netrules_host h = {0};
	dc_auto_str struct dc_str s = {0};

	dc_netrules_format(&s, &spec, &h, "10.88.0.1", false);
	ck_assert(holds(&s, "ip daddr != 127.0.0.0/8 "
			    "tcp dport 40000-40099 accept\n"));
	ck_assert(holds(&s, "\toifname \"dc0\" ct status dnat accept\n"
			    "\t\toifname \"dc0\" drop\n"));
}
END_TEST

static const struct {
	const char *bind, *host; /* NULL: every address */
	const char *from_inside;
} places[] = {
    {"127.0.0.1:8000", "127.0.0.1", "10.88.0.1"},
    {"localhost:8000", "localhost", "10.88.0.1"},
    {"0.0.0.0:80", NULL, "apps.example.org"},
    {"*:80", NULL, "apps.example.org"},
    {":80", NULL, "apps.example.org"},
    {"[::]:80", NULL, "apps.example.org"},
    {"192.0.2.7:80", "192.0.2.7", "apps.example.org"},
};

START_TEST(place__of_public_ports)
{
	const struct dc_conf conf = {.http_bind =
					 (char *)(uintptr_t)places[_i].bind,
	    .public_host = (char[]){"apps.example.org"},
	    .subnet = (char[]){"10.88.0.0/16"}};
	dc_auto_free char *host = dc_place_host(places[_i].bind);
	dc_auto_free char *from_inside = dc_place_port_host(&conf);

	ck_assert_pstr_eq(host, places[_i].host);
	ck_assert_str_eq(from_inside, places[_i].from_inside);
}
END_TEST

Suite *
netports_suite(void)
{
	Suite *s = suite_create("netports");
	TCase *tc = tcase_create("netports");

	tcase_add_test(tc, format__udp_ports_lead_to_containers);
	tcase_add_test(tc, format__no_ports_and_every_address);
	tcase_add_test(tc,
	    rules__let_the_range_through_and_nothing_on_loopback);
	tcase_add_loop_test(tc, place__of_public_ports, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	suite_add_tcase(s, tc);
	return s;
}
