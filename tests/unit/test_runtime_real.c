/* tests/unit/test_runtime_real.c -- what makes a supervisord.conf one for the
 * real supervisord; keys, digests and expansions. */
#include "runtime/keys.h"
#include "runtime/value.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "tests/support/tmpsettings.h"

Suite *runtime_real_suite(void);

static struct tmpsettings t;

static void
setup(void)
{
	tmpsettings_open(&t);
}

static void
teardown(void)
{
	tmpsettings_close(&t);
}

static const char *const harmless[] = {"[supervisord]\nuser=root\n",
    "[supervisorctl]\nserverurl=x\n", "[unix_http_server]\nfile=/x\n",
    "[rpcinterface:supervisor]\na=b\n", "[group:g]\nprograms=a\n", ""};

START_TEST(real__is_not_needed_for_what_is_harmless)
{
	dc_auto_free char *a =
	    dc_asprintf("[program:a]\ncommand=a\n%s", harmless[_i]);

	t.options.user = "nobody";
	t.options.real_dir = "/real";
	tmpsettings_save(&t, "a.inc", a, strlen(a));
	ck_assert_int_eq(tmpsettings_load(&t, "[include]\nfiles=a.inc\n"), 0);
	ck_assert_ptr_null(t.settings.real_conf);
	ck_assert_uint_eq(tmpsettings_only(&t)->argv.n, 1);
}
END_TEST

static const char *const more[] = {"[eventlistener:l]\ncommand=l\n",
    "[fcgi-program:f]\ncommand=l\n", "[inet_http_server]\nport=*:9001\n",
    "[rpcinterface:other]\na=b\n", "[ctlplugin:x]\na=b\n"};

START_TEST(real__runs_all_but_what_is_not_the_users)
{
	dc_auto_free char *a =
	    dc_asprintf("[program:a]\ncommand=%%(here)s/a\n\tb\nuser=root\n"
			"stdout_logfile=a.log\ndirectory=~/x\n"
			"[supervisord]\nlogfile=/evil\nuser=root\n%s",
		more[_i]);
	dc_auto_free char *command =
	    dc_asprintf("command = %s/a\n\tb\n", t.dir);
	dc_auto_free char *log =
	    dc_asprintf("stdout_logfile = %s/a.log\n", t.dir);

	t.options.user = "nobody";
	t.options.real_dir = "/real";
	tmpsettings_save(&t, "a.inc", a, strlen(a));
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[serving]\nchannel=true\n"
			     "[include]\nfiles=a.inc\n[program:own]\n"
			     "command=own\n[program:cron]\ncommand=cron\n"
			     "user=root\n"),
	    0);

	ck_assert_uint_eq(t.settings.n, 2);
	ck_assert_str_eq(t.settings.v[0].name, "cron");
	ck_assert(t.settings.v[0].is_foreign && !t.settings.v[0].is_real);
	ck_assert_str_eq(t.settings.v[1].name, "supervisord");
	ck_assert_str_eq(t.settings.v[1].account->name, "nobody");
	ck_assert(!t.settings.v[1].is_foreign && t.settings.v[1].is_real);
	ck_assert(!t.settings.v[0].has_channel && !t.settings.v[1].has_channel);
	ck_assert_uint_eq(t.settings.nreal, _i < 2 ? 3 : 2);
	ck_assert_ptr_nonnull(strstr(t.settings.real_conf, "[program:own]\n"));
	ck_assert_ptr_nonnull(strstr(t.settings.real_conf, command));
	ck_assert_ptr_nonnull(strstr(t.settings.real_conf, log));
	ck_assert_ptr_nonnull(
	    strstr(t.settings.real_conf, "directory = /nonexistent/x\n"));
	ck_assert_ptr_null(strstr(t.settings.real_conf, "cron"));
	ck_assert_ptr_null(strstr(t.settings.real_conf, "evil"));
	ck_assert_ptr_null(strstr(t.settings.real_conf, "user ="));
}
END_TEST

/* make runs us in the root of the tree. */
START_TEST(keys__the_manual_has_the_table)
{
	static char text[1 << 16];
	const char *name, *treatment;
	FILE *f = fopen("docs/man/dcinit.8", "re");

	ck_assert_ptr_nonnull(f);
	text[fread(text, 1, sizeof(text) - 1, f)] = '\0';
	(void)fclose(f);
	for (size_t i = 0; (name = keys_name(i, &treatment)) != NULL; i++) {
		dc_auto_free char *row =
		    dc_asprintf("\n.It Cm %s Ta %s\n", name, treatment);

		ck_assert_msg(strstr(text, row) != NULL, "no '%s'", row);
	}
}
END_TEST

START_TEST(digest__tells_a_changed_program)
{
	uint64_t before;

	ck_assert_int_eq(tmpsettings_load(&t, "[program:x]\ncommand=x\n"), 0);
	before = tmpsettings_only(&t)->digest;
	settings_done(&t.settings);
	ck_assert_int_eq(tmpsettings_load(&t,
			     "# again\n[program:x]\ncommand = x\n"),
	    0);
	ck_assert_uint_eq(tmpsettings_only(&t)->digest, before);
	settings_done(&t.settings);
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[program:x]\ncommand=x\numask=077\n"),
	    0);
	ck_assert_uint_ne(tmpsettings_only(&t)->digest, before);
}
END_TEST

static const struct {
	const char *text, *result; /* NULL: an error */
} expansions[] = {
    {"", ""},
    {"100%", "100%"},
    {"a%%b", "a%b"},
    {"date +%s", "date +%s"},
    {"%(here)s/x", "/h/x"},
    {"%(process_num)03d", "007"},
    {"%(ENV_A)s%(ENV_B)s", "1"},
    {"%(ENV_A", NULL},
    {"%(ENV_A)", NULL},
    {"%(ENV_A)x", NULL},
    {"%()s", NULL},
    {"%(ENV_)s", NULL},
};

START_TEST(expand__replaces_names_and_nothing_else)
{
	dc_auto_strv struct dc_strv env = {0};
	struct value_scope scope = {.here = "/h",
	    .process_num = 7,
	    .env = &env};
	char *out = NULL;
	int rc;

	dc_strv_add(&env, "A=1");
	dc_strv_add(&env, "B=");
	rc = value_expand(&out, expansions[_i].text, &scope, &t.err);

	if (expansions[_i].result == NULL) {
		ck_assert_int_eq(rc, DC_EINVAL);
		ck_assert_ptr_null(out);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(out, expansions[_i].result);
	free(out);
}
END_TEST

Suite *
runtime_real_suite(void)
{
	Suite *s = suite_create("runtime_real");
	TCase *tc = tcase_create("real");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, real__is_not_needed_for_what_is_harmless, 0,
	    sizeof(harmless) / sizeof(*harmless));
	tcase_add_loop_test(tc, real__runs_all_but_what_is_not_the_users, 0,
	    sizeof(more) / sizeof(*more));
	tcase_add_test(tc, keys__the_manual_has_the_table);
	tcase_add_test(tc, digest__tells_a_changed_program);
	tcase_add_loop_test(tc, expand__replaces_names_and_nothing_else, 0,
	    sizeof(expansions) / sizeof(*expansions));
	suite_add_tcase(s, tc);
	return s;
}
