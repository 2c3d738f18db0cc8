/* tests/unit/test_appenv.c -- the environment that everything begins with, and
 * text that goes through a shell. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"

Suite *appenv_suite(void);

static void
add_line(const char *line, void *arg)
{
	dc_str_addf(arg, "%s\n", line);
}

static int
shell(struct dc_str *out, const char *script)
{
	char *argv[] = {"bash", "--norc", "-c", (char *)(uintptr_t)script,
	    NULL};
	struct dc_err err = DC_ERR_INIT;

	return dc_spawn_run(argv, NULL, NULL, add_line, out, &err);
}

START_TEST(set__replaces_only_the_very_name)
{
	dc_auto_strv struct dc_strv env = {0};

	dc_appenv_set(&env, "A", "1");
	dc_appenv_set(&env, "AB", "2");
	dc_appenv_set(&env, "A", "x=y");
	ck_assert_uint_eq(env.n, 2);
	ck_assert_str_eq(env.v[0], "A=x=y");
	ck_assert_str_eq(env.v[1], "AB=2");
	ck_assert_ptr_null(env.v[2]);
}
END_TEST

START_TEST(base__names_no_variable_twice)
{
	dc_auto_strv struct dc_strv env = {0};
	size_t i, n;

	dc_appenv_base(&env);
	n = env.n;
	for (i = 0; i < n; i++) {
		dc_auto_free char *name = dc_strdup(env.v[i]);

		*strchr(name, '=') = '\0';
		dc_appenv_set(&env, name, "x");
	}
	ck_assert_uint_eq(env.n, n);
}
END_TEST

START_TEST(quote__what_goes_in_comes_out)
{
	static const char *const texts[] = {"", "plain", "it's", "''", "$HOME",
	    "`id`", "a\\", "\"", "a\nb", "-n", "*", "!x", "caf\xc3\xa9"};
	dc_auto_free char *quoted = dc_appenv_quote(texts[_i]);
	dc_auto_free char *script = dc_asprintf("printf '%%s.' %s", quoted);
	dc_auto_free char *want = dc_asprintf("%s.\n", texts[_i]);
	dc_auto_str struct dc_str out = {0};

	ck_assert_int_eq(shell(&out, script), 0);
	ck_assert_str_eq(out.data, want);
}
END_TEST

/* A hook is a file of the tree, or a command. */
START_TEST(hook__file_or_command)
{
	char dir[] = "/tmp/dcloud-test-XXXXXX";
	dc_auto_free char *file = NULL;
	dc_auto_free char *script = NULL;
	dc_auto_str struct dc_str out = {0};
	static const char text[] = "#!/bin/sh\necho it ran\n";
	static const char *const hooks[] = {"my hook", "./my hook",
	    "echo it ran", "printf '%s\\n' 'it ran'"};
	dc_auto_free char *run = dc_appenv_hook(hooks[_i]);

	ck_assert_ptr_nonnull(mkdtemp(dir));
	file = dc_asprintf("%s/my hook", dir);
	ck_assert_int_eq(dc_fs_save(file, text, strlen(text), 0600, NULL), 0);
	script = dc_asprintf("cd '%s' && { %s; }", dir, run);
	ck_assert_int_eq(shell(&out, script), 0);
	ck_assert_str_eq(out.data, "it ran\n");
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
}
END_TEST

START_TEST(shell__reads_the_profile_first)
{
	dc_auto_strv struct dc_strv argv = {0};

	dc_appenv_shell(&argv, "echo x");
	ck_assert_uint_eq(argv.n, 3);
	ck_assert_str_eq(argv.v[0], "/bin/bash");
	ck_assert_str_eq(argv.v[2], "[ -f ~/profile ] && . ~/profile; echo x");
}
END_TEST

Suite *
appenv_suite(void)
{
	Suite *s = suite_create("appenv");
	TCase *tc = tcase_create("appenv");

	tcase_add_test(tc, set__replaces_only_the_very_name);
	tcase_add_test(tc, base__names_no_variable_twice);
	tcase_add_loop_test(tc, quote__what_goes_in_comes_out, 0, 13);
	tcase_add_loop_test(tc, hook__file_or_command, 0, 4);
	tcase_add_test(tc, shell__reads_the_profile_first);
	suite_add_tcase(s, tc);
	return s;
}
