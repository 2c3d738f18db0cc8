/* tests/unit/test_router_server.c -- servers of HAProxy's: names, addresses,
 * and instances with several sockets. */
#include "deployer/router_server.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *router_server_suite(void);

static char dir[64];
static struct router_conf conf;
static struct dc_err err;

static void
setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/dc-router-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	conf = (struct router_conf){.etc = dir,
	    .run = dir,
	    .http_bind = "127.0.0.1:8000",
	    .api_socket = "/run/dcloud/api.sock",
	    .slots = 8};
}

static void
teardown(void)
{
	(void)dc_fs_remove_tree(dir, NULL);
}

START_TEST(config_save__has_a_server_for_each_socket)
{
	char far[200] = "/";
	struct router_server s[] = {{12, "/run/d/listen/d-i12/0.sock", 0, false,
					0},
	    {12, "/run/d/listen/d-i12/1.sock", 0, false, 1},
	    {12, "/run/d/listen/d-i12/1.sock", 0, false, 64},
	    {13, "/run/d/a b.sock", 0, false, 0}, {14, far, 0, false, 0}};
	struct router_backend b[] = {{5, "blog.www", s, 5}};
	struct router_table t = {.backends = b, .n_backends = 1};
	dc_auto_free char *path = dc_asprintf("%s/haproxy.cfg", dir);
	dc_auto_free char *cfg = NULL;
	struct router_report r;

	memset(far + 1, 'x', 120);
	ck_assert_int_eq(router_sync(&r, &conf, &t, &err), DC_EBUSY);

	ck_assert_int_eq(r.ignored, 3);
	ck_assert_int_eq(dc_fs_load(&cfg, NULL, path, 1 << 20, &err), 0);
	ck_assert_ptr_nonnull(
	    strstr(cfg, "\tserver i12 unix@/run/d/listen/d-i12/0.sock check "));
	ck_assert_ptr_nonnull(
	    strstr(cfg, "\tserver i12w1 unix@/run/d/listen/d-i12/1.sock check "
			"inter 1s fall 60 "));
	ck_assert_ptr_null(strstr(cfg, "server i13"));
	ck_assert_ptr_null(strstr(cfg, "server i14"));
}
END_TEST

static const struct {
	const char *name;
	int64_t instance;
	int worker;
} servers[] = {
    {"i1", 1, 0},
    {"i12w1", 12, 1},
    {"i12w63", 12, 63},
    {"i12w64", 0, 0},
    {"i12w0", 0, 0},
    {"i12w", 0, 0},
    {"iw1", 0, 0},
    {"i", 0, 0},
    {"", 0, 0},
    {"w1", 0, 0},
    {"x12", 0, 0},
    {"i12x", 0, 0},
    {"i99999999999999999999", 0, 0},
};

START_TEST(parse__is_the_way_back)
{
	int64_t instance = 0;
	int worker = 0;
	bool is_good =
	    router_server_parse(&instance, &worker, servers[_i].name);
	char name[ROUTER_NAME_SIZE];

	ck_assert_int_eq(is_good, servers[_i].instance > 0);
	ck_assert_int_eq(instance, servers[_i].instance);
	ck_assert_int_eq(worker, servers[_i].worker);
	router_server_name(name, instance, worker);
	if (is_good)
		ck_assert_str_eq(name, servers[_i].name);
}
END_TEST

Suite *
router_server_suite(void)
{
	Suite *s = suite_create("router_server");
	TCase *tc = tcase_create("servers");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, config_save__has_a_server_for_each_socket);
	tcase_add_loop_test(tc, parse__is_the_way_back, 0,
	    sizeof(servers) / sizeof(servers[0]));
	suite_add_tcase(s, tc);
	return s;
}
