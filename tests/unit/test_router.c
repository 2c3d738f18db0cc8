/* tests/unit/test_router.c -- what may go into HAProxy's files, and what
 * they hold; router_test.c drives the real HAProxy. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/store/domain.h"
#include "deployer/router.h"
#include "deployer/router_config.h"

Suite *router_suite(void);

static char dir[64];
static struct router_conf conf;
static struct dc_err err;
static const char *const api_hosts[] = {"api.example.org"};

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/dc-router-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	conf = (struct router_conf){.etc = dir,
	    .run = dir,
	    .http_bind = "127.0.0.1:8000",
	    .api_socket = "/run/dcloud/api.sock",
	    .api_hosts = api_hosts,
	    .n_api_hosts = 1,
	    .slots = 4};
}

static void
teardown(void)
{
	(void)dc_fs_remove_tree(dir, NULL);
}

static char *
load(const char *name)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", dir, name);
	char *text = NULL;
	int rc = dc_fs_load(&text, NULL, path, 1 << 20, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	return text;
}

static const struct {
	const char *host;
	bool good;
} hosts[] = {
    {"a", true},
    {"blog-anna.localhost", true},
    {"*.example.org", true},
    {"1.2.3.4", true},
    {"xn--mnchen-3ya.de", true},
    {"", false},
    {"*", false},
    {"*.", false},
    {"*.*.org", false},
    {"a.*.org", false},
    {".org", false},
    {"org.", false},
    {"a..b", false},
    {"-a.org", false},
    {"a-.org", false},
    {"A.org", false},
    {"a b", false},
    {"a\nb", false},
    {"a;b", false},
    {"a_b", false},
    {"a:80", false},
    {"\xc3\xa4.de", false},
    {"#1", false},
    {"l234567890123456789012345678901234567890123456789012345678901234", false},
};

START_TEST(is_host__takes_names_and_nothing_else)
{
	ck_assert_int_eq(dc_domain_is_host(hosts[_i].host), hosts[_i].good);
}
END_TEST

START_TEST(is_host__is_bounded)
{
	char host[300];

	memset(host, 'a', sizeof(host));
	for (size_t i = 50; i < sizeof(host); i += 50)
		host[i] = '.';
	host[254] = '\0';
	ck_assert(!dc_domain_is_host(host));
	host[253] = '\0';
	ck_assert(dc_domain_is_host(host));
}
END_TEST

START_TEST(config_save__holds_the_whole_table)
{
	struct router_server s[] = {{12, "10.0.3.2", 8080, false, 0},
	    {13, "10.0.3.3", 8080, true, 0}, {14, "::1", 80, false, 0}};
	struct router_backend b[] = {{5, "blog.www", s, 3}};
	struct router_host h[] = {{"www.example.org", 5}, {"*.example.org", 5}};
	struct router_table t = {b, 1, h, 2, NULL, 0, NULL};
	dc_auto_free char *cfg = NULL, *map = NULL;

	ck_assert_int_eq(router_config_save(&conf, &t, &err), 0);
	cfg = load("haproxy.cfg");
	map = load("hosts.map");
	ck_assert_str_eq(map,
	    "*.example.org be_5\napi.example.org api\nwww.example.org be_5\n");
	ck_assert_ptr_nonnull(strstr(cfg, "\nbackend be_5\n\t# blog.www\n"
					  "\tserver i12 10.0.3.2:8080 check "));
	ck_assert_ptr_nonnull(strstr(cfg, "\tserver i14 ::1:80 check "));
	ck_assert_ptr_null(strstr(cfg, "server i13 ")); /* draining */
	ck_assert_ptr_nonnull(strstr(cfg, "\nbackend be_7\n"));
	ck_assert_ptr_null(strstr(cfg, "\nbackend be_8\n"));
	ck_assert_ptr_nonnull(strstr(cfg, "unix@/run/dcloud/api.sock\n"));
}
END_TEST

START_TEST(config_save__hostile_rows_are_left_out)
{
	struct router_server s[] = {{1, "10.0.3.2\n\tbind :1", 80, false, 0},
	    {2, "10.0.3.2", 0, false, 0}, {-3, "10.0.3.2", 80, false, 0},
	    {4, "example.org", 80, false, 0}, {5, "10.0.3.5", 80, false, 0},
	    {5, "10.0.3.6", 80, false, 0}};
	struct router_backend b[] = {{0, "x\n\tserver evil 1.2.3.4:5", s, 6},
	    {-1, "y", s + 4, 1}, {ROUTER_MAX_SLOTS, "z", s + 4, 1}};
	struct router_host h[] = {{"a be_1\nb", 0}, {"api.example.org", 0},
	    {"good.org", 0}, {"good.org", 1}, {"far.org", ROUTER_MAX_SLOTS},
	    {"minus.org", -1}};
	struct router_table t = {b, 3, h, 6, NULL, 0, NULL};
	dc_auto_free char *cfg = NULL, *map = NULL;
	struct router_report r;
	int rc = router_sync(&r, &conf, &t, &err);

	ck_assert_int_eq(rc, DC_EBUSY); /* nothing runs here */
	ck_assert_int_eq(r.ignored, 5 + 2 + 5);
	cfg = load("haproxy.cfg");
	map = load("hosts.map");
	ck_assert_str_eq(map, "api.example.org api\ngood.org be_0\n");
	ck_assert_ptr_null(strstr(cfg, "\tserver evil"));
	ck_assert_ptr_null(strstr(cfg, "bind :1"));
	ck_assert_ptr_nonnull(strstr(cfg, "\tserver i5 10.0.3.5:80 "));
	ck_assert_ptr_null(strstr(cfg, "10.0.3.6"));
}
END_TEST

/* Held backends are data: the configuration's shape does not follow them. */
START_TEST(config_save__held_backends)
{
	struct router_hold holds[] = {{7, 1795173674706}, {2, 1795173674000},
	    {-1, 5}, {ROUTER_MAX_SLOTS, 5}, {3, 0}};
	struct router_table t = {NULL, 0, NULL, 0, holds, 5, NULL};
	dc_auto_free char *cfg = NULL, *again = NULL;
	dc_auto_free char *map = NULL, *none = NULL, *lua = NULL;

	ck_assert_int_eq(router_config_save(&conf, &t, &err), 0);
	cfg = load("haproxy.cfg");
	map = load("held.map");
	lua = load("hold.lua");
	ck_assert_str_eq(map, "be_2 1795173674000\nbe_7 1795173674706\n");
	ck_assert_ptr_nonnull(strstr(lua, "/held.map\"\n"));
	ck_assert_ptr_nonnull(strstr(cfg, "/hold.lua\n"));
	ck_assert_ptr_nonnull(
	    strstr(cfg, "\nbackend again\n\ttimeout server 1h\n"
			"\tserver self 127.0.0.1:8000\n"));
	t.n_holds = 0;
	ck_assert_int_eq(router_config_save(&conf, &t, &err), 0);
	none = load("held.map");
	again = load("haproxy.cfg");
	ck_assert_str_eq(none, "");
	ck_assert_str_eq(again, cfg);
}
END_TEST

START_TEST(config_save__public_tcp_ports)
{
	struct router_server s[] = {{12, "10.0.3.2", 42800, false, 0},
	    {13, "10.0.3.3", 42800, true, 0},
	    {14, "10.0.3.4", 42801, false, 0}};
	struct router_backend b[] = {{ROUTER_PORT(40001), "blog.db", &s[2], 1},
	    {0, "blog.www", &s[2], 1}, {ROUTER_PORT(40000), "blog.x\ny", s, 2},
	    {ROUTER_PORT(65536), "far", &s[2], 1}};
	struct router_table t = {b, 4, NULL, 0, NULL, 0, NULL};
	dc_auto_free char *cfg = NULL;

	conf.port_address = "192.0.2.7";
	conf.port_bridge = "10.0.3.1";
	ck_assert_int_eq(router_config_save(&conf, &t, &err), 0);
	cfg = load("haproxy.cfg");
	ck_assert_ptr_nonnull(
	    strstr(cfg, "frontend port_40000\n"
			"\t# blog.x?y\n"
			"\tbind 192.0.2.7:40000\n"
			"\tbind 10.0.3.1:40000 transparent\n"
			"\tdefault_backend tcp_40000\n"
			"backend tcp_40000\n"
			"\tserver i12 10.0.3.2:42800 check inter 1s fall 3"
			" rise 1 downinter 250ms\n"
			"frontend port_40001\n"));
	ck_assert_ptr_nonnull(
	    strstr(cfg, "backend tcp_40001\n\tserver i14 10.0.3.4:42801 "));
	ck_assert_ptr_nonnull(strstr(cfg, "\nbackend be_3\n"));
	ck_assert_ptr_null(strstr(cfg, "\nbackend be_4\n"));
	ck_assert_ptr_null(strstr(cfg, "# far"));
	ck_assert_ptr_null(strstr(cfg, "i13 ")); /* draining */
}
END_TEST

START_TEST(plan__finds_servers_of_ports_by_their_names)
{
	struct router_server s = {12, "10.0.3.2", 42800, false, 0};
	struct router_backend b = {ROUTER_PORT(40000), "blog.db", &s, 1};
	struct router_table t = {&b, 1, NULL, 0, NULL, 0, NULL};
	struct router_plan p;
	char name[32];

	router_plan_init(&p, &conf, &t);
	router_backend_name(name, sizeof(name), ROUTER_PORT(40000));
	ck_assert_str_eq(name, "tcp_40000");
	ck_assert(router_is_backend(name));
	ck_assert(!router_is_backend("api"));
	ck_assert_ptr_eq(router_plan_server(&p, "tcp_40000", "i12"), &s);
	ck_assert_ptr_null(router_plan_server(&p, "be_40000", "i12"));
	ck_assert_ptr_null(router_plan_server(&p, "tcp_40000", "i13"));
	ck_assert_int_eq(p.slots, conf.slots);
	router_plan_done(&p);
}
END_TEST

START_TEST(config_save__an_unchanged_file_is_not_written)
{
	dc_auto_free char *path = dc_asprintf("%s/haproxy.cfg", dir);
	struct router_table t = {0};
	struct stat a, b;

	ck_assert_int_eq(router_config_save(&conf, &t, &err), 0);
	ck_assert_int_eq(stat(path, &a), 0);
	ck_assert_int_eq(router_config_save(&conf, &t, &err), 0);
	ck_assert_int_eq(stat(path, &b), 0);
	ck_assert_uint_eq(a.st_ino, b.st_ino);
	ck_assert_int_eq(a.st_mtim.tv_nsec, b.st_mtim.tv_nsec);
}
END_TEST

START_TEST(config_save__refuses_words_with_blanks)
{
	struct router_table t = {0};

	conf.http_bind = "127.0.0.1:8000\n\tbind :80";
	ck_assert_int_eq(router_config_save(&conf, &t, &err), DC_EINVAL);
}
END_TEST

START_TEST(shape__follows_the_static_part_only)
{
	dc_auto_str struct dc_str a = {0}, b = {0}, c = {0};
	dc_auto_str struct dc_str d = {0}, e = {0};
	struct router_plan p = {0};

	router_shape(&a, &conf, &p);
	conf.slots = 512;
	router_shape(&b, &conf, &p);
	conf.bridge_bind = "10.0.3.1:8000";
	router_shape(&c, &conf, &p);
	ck_assert_str_eq(a.data, b.data);
	ck_assert_str_ne(a.data, c.data);
	conf.bridge_bind = NULL;
	conf.port_address = "127.0.0.1";
	p.listeners = &(struct router_listener){40000, "blog.db"};
	p.n_listeners = 1;
	router_shape(&d, &conf, &p);
	p.listeners = &(struct router_listener){40000, "other.db"};
	router_shape(&e, &conf, &p);
	ck_assert_str_ne(a.data, d.data);
	ck_assert_str_eq(d.data, e.data);
}
END_TEST

START_TEST(sessions__are_none_when_haproxy_is_not_running)
{
	long n = 7;

	ck_assert_int_eq(router_sessions(&n, &conf, 0, 1, &err), 0);
	ck_assert_int_eq(n, 0);
}
END_TEST

Suite *
router_suite(void)
{
	Suite *s = suite_create("router");
	TCase *t = tcase_create("router");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, is_host__takes_names_and_nothing_else, 0,
	    (int)(sizeof(hosts) / sizeof(hosts[0])));
	tcase_add_test(t, is_host__is_bounded);
	tcase_add_test(t, config_save__holds_the_whole_table);
	tcase_add_test(t, config_save__hostile_rows_are_left_out);
	tcase_add_test(t, config_save__held_backends);
	tcase_add_test(t, config_save__public_tcp_ports);
	tcase_add_test(t, plan__finds_servers_of_ports_by_their_names);
	tcase_add_test(t, config_save__an_unchanged_file_is_not_written);
	tcase_add_test(t, config_save__refuses_words_with_blanks);
	tcase_add_test(t, shape__follows_the_static_part_only);
	tcase_add_test(t, sessions__are_none_when_haproxy_is_not_running);
	suite_add_tcase(s, t);
	return s;
}
