/* tests/unit/test_cli_config.c -- cli: what is remembered, and with which
 * modes. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/config.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/json/json.h"

Suite *cli_config_suite(void);

static char dir[64];

static void
make_dir(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/dcloud-test-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void
remove_dir(void)
{
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), DC_OK);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 07777;
}

START_TEST(config__comes_back_as_saved_and_private)
{
	dc_auto_free char *below = dc_asprintf("%s/deep/er", dir);
	struct config a = {0}, b = {0};

	(void)umask(0);
	(void)setenv("DCLOUD_CONFIG_DIR", below, 1);
	(void)unsetenv("SETTINGS_FLAVOR");
	ck_assert_int_eq(config_load(&a, NULL), DC_OK);
	ck_assert_ptr_null(a.access_token);
	config_set(&a.endpoint, "https://h/v1");
	config_set(&a.username, "bob");
	config_set(&a.access_token, "T");
	config_set(&a.refresh_token, "R");
	config_set(&a.token_url, "https://h/v1/auth/token");
	ck_assert_int_eq(config_save(&a, NULL), DC_OK);
	ck_assert_uint_eq(mode_of(a.dir), 0700);
	ck_assert_uint_eq(mode_of(a.path), 0600);
	ck_assert_int_eq(config_load(&b, NULL), DC_OK);
	ck_assert_str_eq(b.endpoint, "https://h/v1");
	ck_assert_str_eq(b.username, "bob");
	ck_assert_str_eq(b.access_token, "T");
	ck_assert_str_eq(b.refresh_token, "R");
	ck_assert_str_eq(b.token_url, "https://h/v1/auth/token");
	ck_assert_ptr_null(b.api_key);
	config_done(&a);
	config_done(&b);
}
END_TEST

START_TEST(config__a_flavor_keeps_accounts_apart)
{
	struct config c = {0};

	(void)setenv("DCLOUD_CONFIG_DIR", dir, 1);
	(void)setenv("SETTINGS_FLAVOR", "work", 1);
	ck_assert_int_eq(config_load(&c, NULL), DC_OK);
	ck_assert(dc_has_suffix(c.path, "/config.work"));
	ck_assert(dc_has_suffix(c.key, "/dcloud.key.work"));
	config_done(&c);
}
END_TEST

START_TEST(config__a_damaged_file_is_an_error)
{
	dc_auto_free char *path = dc_asprintf("%s/config", dir);
	struct dc_err err = DC_ERR_INIT;
	struct config c = {0};

	(void)setenv("DCLOUD_CONFIG_DIR", dir, 1);
	(void)unsetenv("SETTINGS_FLAVOR");
	ck_assert_int_eq(dc_fs_save(path, "{", 1, 0600, NULL), DC_OK);
	ck_assert_int_eq(config_load(&c, &err), DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
	config_done(&c);
}
END_TEST

START_TEST(project__has_the_shape_of_the_contract)
{
	struct project p = {.root = dir,
	    .app = (char *)"datachannel",
	    .protocol = PROTOCOL_RSYNC};
	dc_auto_free char *own = dc_asprintf("%s/.dotcloud", dir);
	dc_auto_free char *path = dc_asprintf("%s/config", own);
	dc_auto_json struct dc_json *j = NULL;
	dc_auto_free char *text = NULL;

	ck_assert_int_eq(project_save(&p, NULL), DC_OK);
	ck_assert_uint_eq(mode_of(own), 0700);
	ck_assert_int_eq(dc_fs_load(&text, NULL, path, 4096, NULL), DC_OK);
	ck_assert_int_eq(dc_json_parse(&j, text, strlen(text), NULL), DC_OK);
	ck_assert_ptr_nonnull(strstr(text, "\n    \"application\": "));
	ck_assert_uint_eq(dc_json_size(j), 4);
	ck_assert_ptr_nonnull(dc_json_find(j, "push_branch"));
	ck_assert_int_eq(dc_json_type(dc_json_find(j, "push_branch")),
	    DC_JSON_NULL);
	ck_assert_str_eq(dc_json_find_str(j, "application"), "datachannel");
	ck_assert_str_eq(dc_json_find_str(j, "push_protocol"), "rsync");
	ck_assert_ptr_nonnull(dc_json_find_str(j, "version"));
}
END_TEST

START_TEST(project__is_found_from_below)
{
	struct project p = {.root = dir,
	    .app = (char *)"blog",
	    .branch = (char *)"feature/x",
	    .protocol = PROTOCOL_GIT};
	dc_auto_free char *deep = dc_asprintf("%s/a/b/c", dir);
	struct project found = {0};

	ck_assert_int_eq(project_save(&p, NULL), DC_OK);
	ck_assert_int_eq(dc_fs_mkdirs(deep, 0700, NULL), DC_OK);
	ck_assert_int_eq(project_load(&found, deep, NULL), DC_OK);
	ck_assert_str_eq(found.root, dir);
	ck_assert_str_eq(found.app, "blog");
	ck_assert_str_eq(found.branch, "feature/x");
	ck_assert_int_eq(found.protocol, PROTOCOL_GIT);
	ck_assert_int_eq(project_remove(&found, NULL), DC_OK);
	project_done(&found);
	ck_assert_int_eq(project_load(&found, deep, NULL), DC_OK);
	ck_assert_ptr_null(found.app);
}
END_TEST

static const char *const damaged[] = {"", "{", "application: blog", "[]",
    "\"blog\""};

START_TEST(project__a_damaged_file_says_how_to_mend_it)
{
	dc_auto_free char *own = dc_asprintf("%s/.dotcloud", dir);
	dc_auto_free char *path = dc_asprintf("%s/config", own);
	struct dc_err err = DC_ERR_INIT;
	struct project p = {0};

	ck_assert_int_eq(dc_fs_mkdirs(own, 0700, NULL), DC_OK);
	ck_assert_int_eq(dc_fs_save(path, damaged[_i], strlen(damaged[_i]),
			     0600, NULL),
	    DC_OK);
	ck_assert_int_eq(project_load(&p, dir, &err), DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, path));
	ck_assert_ptr_nonnull(strstr(err.msg, "`dcloud connect APP`"));
	ck_assert_ptr_null(p.root);
}
END_TEST

Suite *
cli_config_suite(void)
{
	Suite *s = suite_create("cli_config");
	TCase *tc = tcase_create("cli_config");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, config__comes_back_as_saved_and_private);
	tcase_add_test(tc, config__a_flavor_keeps_accounts_apart);
	tcase_add_test(tc, config__a_damaged_file_is_an_error);
	tcase_add_test(tc, project__has_the_shape_of_the_contract);
	tcase_add_test(tc, project__is_found_from_below);
	tcase_add_loop_test(tc, project__a_damaged_file_says_how_to_mend_it, 0,
	    sizeof(damaged) / sizeof(damaged[0]));
	suite_add_tcase(s, tc);
	return s;
}
