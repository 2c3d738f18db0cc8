/* tests/unit/test_hook.c -- which code a hook of the build is pointed at. */
#include <check.h>
#include <string.h>

#include "builder/hook.h"
#include "common/base/auto.h"

Suite *hook_suite(void);

/* A prebuild, and what of it must be in the shell's text. */
static const struct {
	const char *hook, *text;
} hooks[] = {
    {"~/code/x", "t='/tmp/code/x'"},
    {"cd ~/code && make", "t='cd /tmp/code && make'"},
    {"cd $HOME/code;make", "t='cd /tmp/code;make'"},
    {"sh ${HOME}/code/a ~/code/b", "t='sh /tmp/code/a /tmp/code/b'"},
    {"/home/dotcloud/code/x", "t='/tmp/code/x'"},
    {"cat ~/codes ~/code.txt", "t='cat ~/codes ~/code.txt'"},
    {"sed -i s,@,/home/dotcloud/code, x",
	"t='sed -i s,@,/home/dotcloud/code, x'"},
    {"echo \"$HOME/code\"", "t='echo \"$HOME/code\"'"},
    {"~/current/x", "t='~/current/x'"},
};

START_TEST(format_prebuild__the_code_is_the_new_one)
{
	struct dc_service_def def = {.type = (char *)"nodejs",
	    .approot = (char *)".",
	    .prebuild = (char *)(uintptr_t)hooks[_i].hook};
	dc_auto_free char *text = hook_format_prebuild(&def);

	ck_assert_msg(strstr(text, hooks[_i].text) != NULL, "%s", text);
	ck_assert_ptr_nonnull(strstr(text, "ln -sfn /tmp/code/"));
}
END_TEST

START_TEST(format_prebuild__a_build_script_has_a_layout_of_its_own)
{
	struct dc_service_def def = {.type = (char *)"custom",
	    .approot = (char *)".",
	    .buildscript = (char *)"builder",
	    .prebuild = (char *)"~/code/x"};
	dc_auto_free char *text = hook_format_prebuild(&def);

	ck_assert_ptr_nonnull(strstr(text, "t='~/code/x'"));
	ck_assert_ptr_null(strstr(text, "ln -sfn"));
}
END_TEST

Suite *
hook_suite(void)
{
	Suite *s = suite_create("hook");
	TCase *tc = tcase_create("hook");

	tcase_add_loop_test(tc, format_prebuild__the_code_is_the_new_one, 0,
	    sizeof(hooks) / sizeof(hooks[0]));
	tcase_add_test(tc,
	    format_prebuild__a_build_script_has_a_layout_of_its_own);
	suite_add_tcase(s, tc);
	return s;
}
