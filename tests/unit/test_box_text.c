/* tests/unit/test_box_text.c -- the texts common/box reads and writes. */
#include "common/base/auto.h"
#include "common/box/boxconf.h"
#include "common/box/mount.h"
#include "common/box/netrules.h"
#include "common/box/range.h"

#include <check.h>
#include <string.h>

Suite *box_text_suite(void);

static int
add_line(const struct dc_mount_line *line, void *arg)
{
	dc_str_addf(arg, "%s|%s|%s\n", line->point, line->type, line->options);
	return strcmp(line->point, "/stop") == 0 ? DC_EBUSY : 0;
}

START_TEST(mount_parse__reads_tags_and_escapes)
{
	char text[] = "24 1 8:1 / / rw,noatime shared:1 master:2 - ext4 /dev/a "
		      "rw,errors=x\n"
		      "25 24 0:4 / /a\\040b\\134c rw - cgroup none rw,memory\n"
		      "damaged line\n"
		      "26 24 0:4 / /stop rw - tmpfs none rw\n"
		      "27 24 0:4 / /never rw - tmpfs none rw\n";
	dc_auto_str struct dc_str out = {0};
	int rc = dc_mount_parse(text, add_line, &out);

	ck_assert_int_eq(rc, DC_EBUSY);
	ck_assert_str_eq(out.data, "/|ext4|rw,errors=x\n"
				   "/a b\\c|cgroup|rw,memory\n"
				   "/stop|tmpfs|rw\n");
}
END_TEST

START_TEST(range_is_given__needs_the_whole_range_for_root)
{
	const char *text = "dave:100000:65536\nroot:200000:131072\n0:1:10\n";

	ck_assert(dc_range_is_given(text, 200000, 65536));
	ck_assert(dc_range_is_given(text, 265536, 65536));
	ck_assert(dc_range_is_given(text, 5, 6));
	ck_assert(!dc_range_is_given(text, 100000, 65536));
	ck_assert(!dc_range_is_given(text, 265537, 65536));
	ck_assert(!dc_range_is_given(text, 199999, 1));
	ck_assert(!dc_range_is_given("", 200000, 1));
	ck_assert(!dc_range_is_given("root:x:y\nroot:\n", 0, 1));
}
END_TEST

START_TEST(cgroup_is_of__knows_leftovers_and_no_neighbours)
{
	ck_assert(dc_cgroup_is_of("lxc.payload.dc0-b1", "dc0-b1"));
	ck_assert(dc_cgroup_is_of("lxc.monitor.dc0-b1", "dc0-b1"));
	ck_assert(dc_cgroup_is_of("lxc.payload.dc0-b1-12", "dc0-b1"));
	ck_assert(!dc_cgroup_is_of("lxc.payload.dc0-b12", "dc0-b1"));
	ck_assert(!dc_cgroup_is_of("lxc.payload.dc0-b1-x", "dc0-b1"));
	ck_assert(!dc_cgroup_is_of("lxc.pivot", "dc0-b1"));
	ck_assert(!dc_cgroup_is_of("dc0-b1", "dc0-b1"));
}
END_TEST

static const struct {
	const char *name;
	bool is_good;
} names[] = {
    {"dcloud0-b12", true},
    {"dcloud0-i1", true},
    {"a-b-i1", true},
    {"", false},
    {"-i1", false},
    {"dcloud0", false},
    {"dcloud0-", false},
    {"dcloud0-12", false},
    {"dcloud0-i", false},
    {"dcloud0-i-1", false},
    {"dcloud0-i1x", false},
    {"../dcloud0-i1", false},
    {"..-i1", false},
    {"a b-i1", false},
};

START_TEST(is_name__takes_only_names_that_are_safe_everywhere)
{
	ck_assert_int_eq(dc_boxconf_is_name(names[_i].name), names[_i].is_good);
}
END_TEST

static const char *const layers[] = {"/l/2", "/l/1", NULL};

static struct dc_box_spec
good_spec(void)
{
	return (struct dc_box_spec){.name = "dc0-i7",
	    .hostname = "hello-default-www-0",
	    .first_id = 231072,
	    .image = "/image/rootfs",
	    .home_lower = layers,
	    .code = "/code/rev=1",
	    .code_uid = 998,
	    .init = "/usr/lib/dcloud/dcinit",
	    .bridge = "dc0",
	    .address = "10.88.3.7",
	    .gateway = "10.88.0.1",
	    .prefix_len = 16,
	    .memory = 1 << 20,
	    .pids = 9,
	    .cpu_shares = 1024,
	    .cpu_percent = 50};
}

START_TEST(check__refuses_what_could_break_out_of_a_line)
{
	static const char *const bad_layers[] = {"/l/a:b", NULL};
	static const char *const bad_args[] = {"-c x", NULL};
	struct dc_box_spec bad[8];
	size_t i;

	for (i = 0; i < 8; i++)
		bad[i] = good_spec();
	bad[0].hostname = "a\nlxc.cap.drop =";
	bad[1].image = "/image dir";
	bad[2].home_lower = bad_layers;
	bad[3].init_args = bad_args;
	bad[4].address = "10.88.3.7/8";
	bad[5].bridge = "too-long-a-name";
	bad[6].first_id = 0;
	bad[7].code = "relative";
	for (i = 0; i < 8; i++)
		ck_assert_int_eq(dc_boxconf_check("/boxes", &bad[i], NULL),
		    DC_EINVAL);
	bad[0] = good_spec();
	ck_assert_int_eq(dc_boxconf_check("/boxes", &bad[0], NULL), 0);
	ck_assert_int_eq(dc_boxconf_check("boxes", &bad[0], NULL), DC_EINVAL);
}
END_TEST

static char *
format(const char *v1, const char *v2)
{
	char dir[] = "/sys/fs/cgroup";
	struct dc_cgroup_tree trees[] = {{dir, (char *)v1, false},
	    {dir, (char *)v2, true}};
	struct dc_cgroups cg = {trees, 2};
	struct dc_boxconf_host host = {.cgroups = &cg,
	    .mtu = 1400,
	    .nofile = 65536};
	struct dc_box_spec spec = good_spec();
	struct dc_str out = {0};

	dc_boxconf_format(&out, "/boxes/dc0-i7", &spec, &host);
	return dc_str_steal(&out);
}

static void
ck_value(const char *text, const char *key, const char *wanted)
{
	dc_auto_free char *value = dc_boxconf_value(text, key);

	if (wanted == NULL)
		ck_assert_ptr_null(value);
	else
		ck_assert_str_eq(value, wanted);
}

START_TEST(format__limits_name_only_controllers_that_exist)
{
	dc_auto_free char *v1 = format(",rw,memory,cpu,", ",,");
	dc_auto_free char *v2 = format(",rw,", ",cpu,memory,pids,");

	ck_value(v1, "lxc.cgroup.memory.limit_in_bytes", "1048576");
	ck_value(v1, "lxc.cgroup.cpu.cfs_quota_us", "50000");
	ck_value(v1, "lxc.cgroup.pids.max", NULL);
	ck_value(v1, "lxc.cgroup2.memory.max", NULL);
	ck_value(v2, "lxc.cgroup2.memory.max", "1048576");
	ck_value(v2, "lxc.cgroup2.pids.max", "9");
	ck_value(v2, "lxc.cgroup2.cpu.weight", "39");
	ck_value(v2, "lxc.cgroup2.cpu.max", "50000 100000");
	ck_value(v2, "lxc.cgroup2.devices.deny", "a");
	ck_value(v2, "lxc.cgroup.memory.limit_in_bytes", NULL);
}
END_TEST

START_TEST(format__network_is_known_from_the_address)
{
	dc_auto_free char *text = format(",,", ",,");

	ck_value(text, "lxc.net.0.veth.pair", "dc0-307");
	ck_value(text, "lxc.net.0.hwaddr", "02:dc:0a:58:03:07");
	ck_value(text, "lxc.net.0.ipv4.address", "10.88.3.7/16 10.88.255.255");
	ck_value(text, "lxc.net.0.mtu", "1400");
	ck_value(text, "lxc.idmap", "u 0 231072 65536");
	ck_value(text, "lxc.net", NULL);
}
END_TEST

START_TEST(mounts__come_back_as_they_were_written)
{
	struct dc_box_spec spec = good_spec();
	dc_auto_str struct dc_str text = {0};
	struct dc_boxconf_mounts m;

	spec.root_lower = "/packages/k/root";
	spec.root_lower_id = 100000;
	dc_boxconf_mounts_format(&text, &spec);
	ck_assert_int_eq(dc_boxconf_mounts_parse(&m, text.data, NULL), 0);
	ck_assert_str_eq(m.root_lower, "/packages/k/root");
	ck_assert_uint_eq(m.root_lower_id, 100000);
	ck_assert_uint_eq(m.first_id, 231072);
	ck_assert_uint_eq(m.code_uid, 998);
	ck_assert_str_eq(m.code, "/code/rev=1");
	ck_assert_str_eq(m.image, "/image/rootfs");
	ck_assert_uint_eq(m.home_lower.n, 2);
	ck_assert_str_eq(m.home_lower.v[0], "/l/2");
	dc_boxconf_mounts_done(&m);
	ck_assert_int_eq(dc_boxconf_mounts_parse(&m, "image = /x\n", NULL),
	    DC_EINVAL);
	ck_assert_int_eq(dc_boxconf_mounts_parse(&m,
			     "image = /x\nfirst_id = -1\n", NULL),
	    DC_EINVAL);
	ck_assert_int_eq(dc_boxconf_mounts_parse(&m, "x", NULL), DC_EINVAL);
}
END_TEST

START_TEST(resolv__loopback_servers_are_of_no_use)
{
	dc_auto_str struct dc_str out = {0};
	dc_auto_strv struct dc_strv servers = {0};
	size_t n = dc_netrules_filter_resolv(&out, &servers,
	    "# hi\nnameserver 127.0.0.53\nnameserver ::1\n"
	    "nameserver 192.0.2.9\nsearch example.org\n"
	    "nameserver 999.1.1.1\noptions edns0");

	ck_assert_uint_eq(n, 1);
	ck_assert_str_eq(out.data, "nameserver 192.0.2.9\n"
				   "search example.org\noptions edns0\n");
	ck_assert_uint_eq(servers.n, 1);
	ck_assert_str_eq(servers.v[0], "192.0.2.9");
}
END_TEST

START_TEST(routes__give_the_way_out_and_its_neighbours)
{
	struct dc_netrules_host h = {0};

	dc_netrules_parse_routes(&h,
	    "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n"
	    "eth0\t000200C0\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
	    "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0\n"
	    "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
	    "wlan0\t00000000\t010200C0\t0002\t0\t0\t0\t00000000\t0\t0\t0\n");
	ck_assert_uint_eq(h.world.n, 1);
	ck_assert_str_eq(h.world.v[0], "eth0");
	ck_assert_uint_eq(h.on_link.n, 1);
	ck_assert_str_eq(h.on_link.v[0], "192.0.2.0/24");
	dc_netrules_host_done(&h);
}
END_TEST

START_TEST(rules__drop_all_without_a_way_out)
{
	const struct dc_net_spec spec = {"dc0", "10.88.0.0/16", NULL, 0, 0, 0};
	struct dc_netrules_host h = {0};
	dc_auto_str struct dc_str out = {0};

	dc_netrules_format(&out, &spec, &h, "10.88.0.1", false);
	ck_assert_ptr_nonnull(strstr(out.data, "delete table inet dc0\n"));
	ck_assert_ptr_null(strstr(out.data, "dport"));
	ck_assert_ptr_null(strstr(out.data, "table bridge"));
	ck_assert_ptr_null(strstr(out.data, "oifname { "));
}
END_TEST

START_TEST(gateway__is_the_first_address)
{
	dc_auto_free char *gw = NULL;
	unsigned len = 0;

	gw = dc_net_gateway("10.88.0.0/16", &len);
	ck_assert_str_eq(gw, "10.88.0.1");
	ck_assert_uint_eq(len, 16);
	ck_assert_ptr_null(dc_net_gateway("10.88.0.1/16", NULL));
	ck_assert_ptr_null(dc_net_gateway("10.88.0.0", NULL));
	ck_assert_ptr_null(dc_net_gateway("10.88.0.0/31", NULL));
	ck_assert_ptr_null(dc_net_gateway("x/16", NULL));
}
END_TEST

Suite *
box_text_suite(void)
{
	Suite *s = suite_create("box_text");
	TCase *tc = tcase_create("all");

	tcase_add_test(tc, mount_parse__reads_tags_and_escapes);
	tcase_add_test(tc, range_is_given__needs_the_whole_range_for_root);
	tcase_add_test(tc, cgroup_is_of__knows_leftovers_and_no_neighbours);
	tcase_add_loop_test(tc,
	    is_name__takes_only_names_that_are_safe_everywhere, 0,
	    sizeof(names) / sizeof(names[0]));
	tcase_add_test(tc, check__refuses_what_could_break_out_of_a_line);
	tcase_add_test(tc, format__limits_name_only_controllers_that_exist);
	tcase_add_test(tc, format__network_is_known_from_the_address);
	tcase_add_test(tc, mounts__come_back_as_they_were_written);
	tcase_add_test(tc, resolv__loopback_servers_are_of_no_use);
	tcase_add_test(tc, routes__give_the_way_out_and_its_neighbours);
	tcase_add_test(tc, rules__drop_all_without_a_way_out);
	tcase_add_test(tc, gateway__is_the_first_address);
	suite_add_tcase(s, tc);
	return s;
}
