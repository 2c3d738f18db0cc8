/* tests/unit/test_conf.c -- dcloud.conf: defaults, mistakes, directories. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/conf/conf.h"

Suite *conf_suite(void);

static char dir[64];
static char *path;
static struct dc_err err;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	(void)snprintf(dir, sizeof(dir), "/tmp/dcloud-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = dc_asprintf("%s/dcloud.conf", dir);
}

static void
teardown(void)
{
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
	free(path);
}

/* Every text names a user that exists, whoever runs the tests. */
static int
load(struct dc_conf *conf, const char *text)
{
	dc_auto_free char *all = dc_asprintf("user = root\n%s", text);

	ck_assert_int_eq(dc_fs_save(path, all, strlen(all), 0600, NULL), 0);
	return dc_conf_load(conf, path, &err);
}

START_TEST(load__what_is_left_out_has_its_default)
{
	struct dc_conf conf = {0};

	ck_assert_int_eq(load(&conf, "# nothing\n\n  \t\n"), 0);
	ck_assert_str_eq(conf.root, "/var/lib/dcloud");
	ck_assert_str_eq(conf.http_bind, "127.0.0.1:8000");
	ck_assert_int_eq(conf.builds, 2);
	ck_assert_int_eq(conf.reserve_seconds, 600);
	ck_assert_str_ne(conf.node, "");
	ck_assert_uint_eq(conf.uid, 0);
	dc_conf_done(&conf);
}
END_TEST

START_TEST(load__values_are_trimmed_and_the_last_one_counts)
{
	struct dc_conf conf = {0};
	dc_auto_free char *below = NULL;

	ck_assert_int_eq(load(&conf, "root=/a\r\n  root =  /srv/my cloud//  \n"
				     "builds = 64\nnode = n1"),
	    0);
	ck_assert_str_eq(conf.root, "/srv/my cloud");
	ck_assert_int_eq(conf.builds, 64);
	ck_assert_str_eq(conf.node, "n1");
	below = dc_conf_path(&conf, "boxes/%d", 7);
	ck_assert_str_eq(below, "/srv/my cloud/boxes/7");
	dc_conf_done(&conf);
}
END_TEST

START_TEST(load__a_mistake_is_named_with_its_line)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
	    {"roots = /a\n", "dcloud.conf:2: unknown key 'roots'"},
	    {"\nroot\n", "dcloud.conf:3: expected KEY = VALUE"},
	    {"root =\n", "dcloud.conf:2: 'root' is empty"},
	    {"builds = 0\n", "'builds' must be a number from 1 to 64"},
	    {"builds = 2x\n", "not '2x'"},
	    {"builds = 99999999999999999999\n", "must be a number"},
	    {"bridge = longname0\n", "longer than 8 characters"},
	    {"port_first = 80\n", "must be a number from 1024 to 65535"},
	    {"port_first = 45000\n", "'port_first' is above 'port_last'"},
	    {"https_bind = 443\n", "must be ADDRESS:PORT, not '443'"},
	    {"https_bind = *:443\n", "'https_bind' needs 'tls_certificate'"},
	    {"user = no such user\n", "there is no system user"},
	};
	struct dc_conf conf = {0};

	ck_assert_int_eq(load(&conf, bad[_i].text), DC_EINVAL);
	ck_assert_msg(strstr(err.msg, bad[_i].why) != NULL, "%s", err.msg);
	ck_assert_ptr_null(conf.root);
}
END_TEST

START_TEST(load__no_file)
{
	struct dc_conf conf = {0};

	ck_assert_int_eq(dc_conf_load(&conf, path, &err), DC_ENOTFOUND);
}
END_TEST

START_TEST(url__leaves_out_port_80)
{
	struct dc_conf conf = {.http_bind = (char[]){"*:80"}};
	dc_auto_free char *plain = dc_conf_url(&conf, "a.x");
	dc_auto_free char *other = NULL;

	conf.http_bind = (char[]){"127.0.0.1:8000"};
	other = dc_conf_url(&conf, "a.x");
	ck_assert_str_eq(plain, "http://a.x/");
	ck_assert_str_eq(other, "http://a.x:8000/");
}
END_TEST

START_TEST(prepare__makes_what_daemons_need_and_does_it_again)
{
	dc_auto_free char *text =
	    dc_asprintf("root = %s/r\nrun = %s/run\n", dir, dir);
	dc_auto_free char *sub = dc_asprintf("%s/r/layers", dir);
	dc_auto_free char *root = dc_asprintf("%s/r", dir);
	struct dc_conf conf = {0};
	struct stat st;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(load(&conf, text), 0);
	ck_assert_int_eq(dc_conf_prepare(&conf, &err), 0);
	ck_assert_int_eq(dc_conf_prepare(&conf, &err), 0);
	ck_assert_int_eq(stat(root, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 02771);
	ck_assert_int_eq(stat(sub, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	dc_conf_done(&conf);
}
END_TEST

/* The root directory is the unprivileged user's: what he puts in the place of
 * ours is not followed. */
START_TEST(prepare__follows_no_link)
{
	dc_auto_free char *text =
	    dc_asprintf("root = %s/r\nrun = %s/run\n", dir, dir);
	dc_auto_free char *root = dc_asprintf("%s/r", dir);
	dc_auto_free char *sub = dc_asprintf("%s/r/code", dir);
	dc_auto_free char *victim = dc_asprintf("%s/victim", dir);
	struct dc_conf conf = {0};
	struct stat st;

	if (geteuid() != 0)
		return;
	ck_assert_int_eq(mkdir(root, 0755), 0);
	ck_assert_int_eq(mkdir(victim, 0711), 0);
	ck_assert_int_eq(symlink(victim, sub), 0);
	ck_assert_int_eq(load(&conf, text), 0);
	ck_assert_int_lt(dc_conf_prepare(&conf, &err), 0);
	ck_assert_int_eq(stat(victim, &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0711);
	dc_conf_done(&conf);
}
END_TEST

Suite *
conf_suite(void)
{
	Suite *s = suite_create("conf");
	TCase *tc = tcase_create("conf");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, load__what_is_left_out_has_its_default);
	tcase_add_test(tc, load__values_are_trimmed_and_the_last_one_counts);
	tcase_add_loop_test(tc, load__a_mistake_is_named_with_its_line, 0, 12);
	tcase_add_test(tc, load__no_file);
	tcase_add_test(tc, url__leaves_out_port_80);
	tcase_add_test(tc, prepare__makes_what_daemons_need_and_does_it_again);
	tcase_add_test(tc, prepare__follows_no_link);
	suite_add_tcase(s, tc);
	return s;
}
