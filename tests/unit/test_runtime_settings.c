/* tests/unit/test_runtime_settings.c -- supervisord.conf: values, sections,
 * includes, and what strangers may not do in them. */
#include "runtime/value.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "tests/support/tmpsettings.h"

Suite *runtime_settings_suite(void);

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

START_TEST(load__defaults_are_supervisords_but_always_restart)
{
	const struct program_settings *p;

	ck_assert_int_eq(tmpsettings_load(&t,
			     "[program:node]\ncommand=node a.js\n"),
	    0);
	p = tmpsettings_only(&t);
	ck_assert_str_eq(p->name, "node");
	ck_assert_uint_eq(p->argv.n, 2);
	ck_assert_str_eq(p->out.auto_path, "/logs/node.log");
	ck_assert_str_eq(p->err.auto_path, "/logs/node_error.log");
	ck_assert_str_eq(p->out.path, "AUTO");
	ck_assert_int_eq(p->out.max_bytes, 10 << 20);
	ck_assert_int_eq(p->restart, RESTART_ALWAYS);
	ck_assert_int_eq(p->start_retries, -1);
	ck_assert_int_eq(p->stop_signal, SIGTERM);
	ck_assert_ptr_null(p->account);
}
END_TEST

START_TEST(load__every_key_is_read)
{
	const struct program_settings *p;
	int rc = tmpsettings_load(&t,
	    "[program:x]\n"
	    "command = sh -c \"a b\"   ; a comment\n"
	    "directory: /tmp\n"
	    "priority=1\nautostart=false\nautorestart=unexpected\n"
	    "startsecs=0\nstartretries=3\nexitcodes=0,2\n"
	    "stopsignal=INT\nstopwaitsecs=5\nstopasgroup=true\n"
	    "umask=077\nredirect_stderr=true\n"
	    "stdout_logfile=/a/b.log\nstdout_logfile_maxbytes=1MB\n"
	    "stdout_logfile_backups=7\nstderr_logfile=NONE\n"
	    "environment=A=\"1,2\",B='x y'\n"
	    "   , C=%(program_name)s\n");

	ck_assert_msg(rc == 0, "%s", t.err.msg);
	p = tmpsettings_only(&t);
	ck_assert_str_eq(p->argv.v[2], "a b");
	ck_assert_uint_eq(p->argv.n, 3);
	ck_assert_str_eq(p->directory, "/tmp");
	ck_assert(!p->is_autostarted);
	ck_assert_int_eq(p->restart, RESTART_UNEXPECTED);
	ck_assert_int_eq(p->start_retries, 3);
	ck_assert_uint_eq(p->expected_exits[0], 5);
	ck_assert_int_eq(p->stop_signal, SIGINT);
	ck_assert(p->is_group_stopped && p->is_group_killed);
	ck_assert_int_eq(p->umask, 077);
	ck_assert_str_eq(p->out.path, "/a/b.log");
	ck_assert_int_eq(p->out.max_bytes, 1 << 20);
	ck_assert_ptr_null(p->err.path);
	ck_assert_uint_eq(p->env.n, 3);
	ck_assert_str_eq(p->env.v[0], "A=1,2");
	ck_assert_str_eq(p->env.v[1], "B=x y");
	ck_assert_str_eq(p->env.v[2], "C=x");
	ck_assert_uint_eq(t.settings.warnings.n, 0);
}
END_TEST

static const struct {
	const char *text, *message; /* behind the file's name */
} bad[] = {
    {"x\n", ":1: no [section] before 'x'"},
    {"[program:a\n", ":1: not a section header: '[program:a'"},
    {"[program:a]\nfoo\n", ":2: expected 'key = value' but got 'foo'"},
    {"[program:a]\n", ":1: program 'a' has no command"},
    {"\n[program:a]\ncommand=x 'y\n", ":3: command: no closing quotation"},
    {"[program:a]\ncommand=x\npriority=high\n",
	":3: priority: 'high' is not a number from -100000 to 100000"},
    {"[program:a]\ncommand=x\nstopsignal=FOO\n",
	":3: stopsignal: 'FOO' is not a signal"},
    {"[program:a]\ncommand=x\nstdout_logfile_maxbytes=1XB\n",
	":3: stdout_logfile_maxbytes: '1XB' is not a size like 10MB"},
    {"[program:a]\ncommand=%(nope)s\n",
	":2: command: '%(nope)s' has no value here"},
    {"[program:a]\ncommand=%(ENV_NO_SUCH_THING)s\n",
	":2: command: '%(ENV_NO_SUCH_THING)s' has no value here"},
    {"[program:a]\ncommand=x\nnumprocs=2\n",
	":1: two processes are named 'a': give process_name a "
	"%(process_num)d"},
    {"[program:../x]\ncommand=x\n", ":1: '../x' cannot be a program's name"},
    {"[program:a]\ncommand=x\nenvironment=A\n",
	":3: environment: expected KEY=\"value\" at 'A'"},
    {"[program:a]\ncommand=x\nuser=no-such-user\n",
	":3: user: no user 'no-such-user'"},
};

START_TEST(load__a_mistake_is_named_with_file_and_line)
{
	char *expected = dc_asprintf("%s%s", t.conf, bad[_i].message);

	ck_assert_int_eq(tmpsettings_load(&t, bad[_i].text), DC_EINVAL);
	ck_assert_str_eq(t.err.msg, expected);
	ck_assert_uint_eq(t.settings.n, 0);
	free(expected);
}
END_TEST

START_TEST(load__keys_may_be_indented_alike)
{
	const struct program_settings *p;

	ck_assert_int_eq(tmpsettings_load(&t, "    [program:node]\n"
					      "    command = node server.js\n"
					      "      --verbose\n"
					      "    directory = /home\n"),
	    0);
	p = tmpsettings_only(&t);
	ck_assert_str_eq(p->name, "node");
	ck_assert_uint_eq(p->argv.n, 3);
	ck_assert_str_eq(p->argv.v[2], "--verbose");
	ck_assert_str_eq(p->directory, "/home");
}
END_TEST

START_TEST(load__comments_need_white_space_before_them)
{
	int rc = tmpsettings_load(&t,
	    "# one\n; two\n[program:a]\n"
	    "command=sh -c \"a;b\"#c\n  ; inside\n  # too\n  d # e\n");

	ck_assert_msg(rc == 0, "%s", t.err.msg);
	ck_assert_str_eq(tmpsettings_only(&t)->command, "sh -c \"a;b\"#c\nd");
	ck_assert_uint_eq(tmpsettings_only(&t)->argv.n, 4);
}
END_TEST

/* How a generated CONF has to write shell text into "...", so that neither
 * comments, continuation lines, %-names nor quotes touch it. */
static char *
quote(const char *text)
{
	struct dc_str s = {0};

	for (const char *c = text; *c != '\0'; c++) {
		bool is_after_blank =
		    c > text && (c[-1] == ' ' || c[-1] == '\t');

		if ((*c == '#' || *c == ';') && is_after_blank)
			dc_str_add(&s, "\"\"");
		if (*c == '"' || *c == '\\')
			dc_str_add(&s, "\\");
		if (*c == '%')
			dc_str_add(&s, "%");
		dc_str_addn(&s, c, 1);
		if (*c == '\n')
			dc_str_add(&s, " ");
	}
	return dc_str_steal(&s);
}

static const char *const shell_texts[] = {
    "exec node a.js",
    "[ -f ~/profile ] && . ~/profile; exec run",
    "a ; b # c\t;d",
    "echo \"$X\" 'y' \\\\ \\n",
    "date +%s %% %(here)s",
    "one\ntwo\n\nfour = 4",
    "[x]\n[y]",
};

START_TEST(load__quoted_shell_text_arrives_as_it_was)
{
	char *quoted = quote(shell_texts[_i]);
	char *text = dc_asprintf("[program:x]\ncommand=/bin/sh -lc \"%s\"\n"
				 "priority=7\n",
	    quoted);
	int rc = tmpsettings_load(&t, text);

	ck_assert_msg(rc == 0, "%s", t.err.msg);
	ck_assert_uint_eq(tmpsettings_only(&t)->argv.n, 3);
	ck_assert_str_eq(tmpsettings_only(&t)->argv.v[2], shell_texts[_i]);
	ck_assert_int_eq(tmpsettings_only(&t)->priority, 7);
	free(text);
	free(quoted);
}
END_TEST

START_TEST(load__numprocs_makes_several)
{
	int rc = tmpsettings_load(&t,
	    "[program:w]\ncommand=w %(process_num)d of %(numprocs)d\n"
	    "process_name=%(program_name)s_%(process_num)02d\n"
	    "numprocs=3\n[program:first]\ncommand=f\npriority=1\n");

	ck_assert_msg(rc == 0, "%s", t.err.msg);
	ck_assert_uint_eq(t.settings.n, 4);
	ck_assert_str_eq(t.settings.v[0].name, "first");
	ck_assert_str_eq(t.settings.v[3].name, "w:w_02");
	ck_assert_str_eq(t.settings.v[3].command, "w 2 of 3");
	ck_assert_str_eq(t.settings.v[3].out.auto_path, "/logs/w_02.log");
}
END_TEST

START_TEST(load__a_group_renames_its_programs)
{
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[group:g]\nprograms=a, b\n[program:a]\n"
			     "command=a\n[program:b]\ncommand=b\n"),
	    0);
	ck_assert_str_eq(t.settings.v[1].name, "g:b");
}
END_TEST

START_TEST(load__the_priority_of_a_group_comes_first)
{
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[program:late]\ncommand=x\npriority=1\n"
			     "[group:g]\nprograms=late\npriority=20\ncolour=1\n"
			     "[program:alone]\ncommand=x\npriority=10\n"
			     "[program:usual]\ncommand=x\npriority=2\n"
			     "[group:h]\nprograms=usual\n"),
	    0);
	ck_assert_str_eq(t.settings.v[0].name, "alone");
	ck_assert_str_eq(t.settings.v[1].name, "g:late");
	ck_assert_str_eq(t.settings.v[2].name, "h:usual");
	ck_assert_uint_eq(t.settings.warnings.n, 1);
	ck_assert_ptr_nonnull(
	    strstr(t.settings.warnings.v[0], "unknown key 'colour'"));
}
END_TEST

START_TEST(load__includes_are_relative_and_may_be_missing)
{
	const char a[] = "[program:a]\ncommand=%(here)s/run\n";
	int rc;

	tmpsettings_save(&t, "a.inc", a, strlen(a));
	rc = tmpsettings_load(&t, "[include]\nfiles = *.inc nothing/*.conf\n");

	ck_assert_msg(rc == 0, "%s", t.err.msg);
	ck_assert(dc_has_suffix(tmpsettings_only(&t)->command, "/run"));
	ck_assert(tmpsettings_only(&t)->command[0] == '/');
	ck_assert_str_eq(tmpsettings_only(&t)->directory,
	    t.dir); /* beside its file */
}
END_TEST

START_TEST(load__a_mistake_in_an_include_names_it)
{
	const char a[] = "\n\n[program:a]\nbad\n";

	tmpsettings_save(&t, "a.inc", a, strlen(a));
	ck_assert_int_eq(tmpsettings_load(&t, "[include]\nfiles=a.inc\n"),
	    DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(t.err.msg, "/a.inc:4: expected"));
}
END_TEST

START_TEST(load__an_included_file_runs_as_nobody_else)
{
	const char a[] = "[program:a]\ncommand=a\nuser=root\n"
			 "[program:own]\ncommand=evil\n"
			 "[supervisord]\nenvironment=EVIL=x\n"
			 "[include]\nfiles=/etc/passwd\n";
	int rc;

	t.options.user = "nobody";
	tmpsettings_save(&t, "a.inc", a, strlen(a));
	rc = tmpsettings_load(&t,
	    "[include]\nfiles=a.inc\n[program:own]\ncommand=own\n"
	    "user=root\n[program:ours]\ncommand=b\nuser=root\n");

	ck_assert_msg(rc == 0, "%s", t.err.msg);
	ck_assert_uint_eq(t.settings.n, 3);
	for (size_t i = 0; i < t.settings.n; i++)
		ck_assert_str_eq(t.settings.v[i].account->name,
		    strcmp(t.settings.v[i].name, "ours") == 0 ? "root"
							      : "nobody");
	ck_assert_uint_eq(t.settings.warnings.n, 3);
	ck_assert_ptr_null(value_find_env(&t.settings.env, "EVIL", 4));
}
END_TEST

START_TEST(load__the_environment_file_may_hold_anything)
{
	const char env[] = "A=one\ntwo\0B=\"'\0rubbish\0C=";

	tmpsettings_save(&t, "env", env, sizeof(env));
	t.options.env_path = t.env_file;
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[supervisord]\nenvironment=B=1,D=2\n"
			     "[program:x]\ncommand=x %(ENV_D)s%(ENV_C)s\n"),
	    0);
	ck_assert_str_eq(value_find_env(&t.settings.env, "A", 1), "one\ntwo");
	ck_assert_str_eq(value_find_env(&t.settings.env, "B", 1), "\"'");
	ck_assert_str_eq(tmpsettings_only(&t)->command, "x 2");
}
END_TEST

START_TEST(load__what_is_not_known_is_warned_about)
{
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[program:x]\ncommand=x\nfoo=1\n[fcgi-program:y]"
			     "\n[supervisorctl]\nserverurl=z\n"),
	    0);
	ck_assert_uint_eq(t.settings.warnings.n, 2);
	ck_assert_ptr_nonnull(strstr(t.settings.warnings.v[0],
	    ":3: unknown key 'foo', ignoring"));
	ck_assert_ptr_nonnull(strstr(t.settings.warnings.v[1],
	    ":4: [fcgi-program:y] is not supported, ignoring"));
}
END_TEST

START_TEST(load__a_quote_in_a_variable_ends_nothing)
{
	const char env[] = "ODD=a, 'b', \"c\"=\0";

	tmpsettings_save(&t, "env", env, sizeof(env) - 1);
	t.options.env_path = t.env_file;
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[program:x]\ncommand=x\n"
			     "environment=A=\"<%(ENV_ODD)s>\",B=1\n"),
	    0);
	ck_assert_uint_eq(tmpsettings_only(&t)->env.n, 2);
	ck_assert_str_eq(value_find_env(&tmpsettings_only(&t)->env, "A", 1),
	    "<a, 'b', \"c\"=>");
}
END_TEST

START_TEST(load__a_relative_log_is_beside_the_program)
{
	const char a[] = "[program:a]\ncommand=a\nstdout_logfile=a.log\n"
			 "stderr_logfile=syslog\n"
			 "[program:b]\ncommand=b\ndirectory=/b\n"
			 "stdout_logfile=log/b.log\nstderr_logfile=NONE\n"
			 "[program:c]\ncommand=c\nuser=root\n"
			 "stdout_logfile=~/c.log\n";
	char path[64];

	tmpsettings_save(&t, "a.inc", a, strlen(a));
	(void)snprintf(path, sizeof(path), "%s/a.log", t.dir);
	ck_assert_int_eq(tmpsettings_load(&t, "[include]\nfiles=a.inc\n"), 0);
	ck_assert_uint_eq(t.settings.n, 3);
	ck_assert_str_eq(t.settings.v[0].out.path, path);
	ck_assert_str_eq(t.settings.v[0].err.path, "AUTO");
	ck_assert_str_eq(t.settings.v[1].out.path, "/b/log/b.log");
	ck_assert_ptr_null(t.settings.v[1].err.path);
	ck_assert_str_eq(t.settings.v[2].out.path, "/root/c.log");
}
END_TEST

START_TEST(load__only_our_own_files_may_ask_for_a_file)
{
	const char a[] = "[program:a]\ncommand=a\nonly_if_exists=/no/file\n";

	tmpsettings_save(&t, "a.inc", a, strlen(a));
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[include]\nfiles=a.inc\n"
			     "[program:b]\ncommand=b\nonly_if_exists=/\n"
			     "[program:c]\ncommand=c\n"
			     "only_if_exists=/no/file\n"),
	    0);
	ck_assert_uint_eq(t.settings.n, 2);
	ck_assert_str_eq(t.settings.v[0].name, "b");
	ck_assert_str_eq(t.settings.v[1].name, "a");
}
END_TEST

START_TEST(load__an_included_file_includes_what_is_below_it)
{
	const char a[] = "[include]\nfiles = b.inc ../*.conf /etc/*\n"
			 "[program:a]\ncommand=a\n";
	const char b[] = "[program:b]\ncommand=b\nuser=root\n";
	const char circle[] = "[include]\nfiles=a.inc\n";

	t.options.user = "nobody";
	tmpsettings_save(&t, "a.inc", a, strlen(a));
	tmpsettings_save(&t, "b.inc", b, strlen(b));
	ck_assert_int_eq(tmpsettings_load(&t, "[include]\nfiles=a.inc\n"), 0);
	ck_assert_uint_eq(t.settings.n, 2);
	ck_assert_str_eq(t.settings.v[1].account->name, "nobody");
	ck_assert_uint_eq(t.settings.warnings.n, 3);
	settings_done(&t.settings);

	tmpsettings_save(&t, "a.inc", circle, strlen(circle));
	ck_assert_int_eq(tmpsettings_load(&t, "[include]\nfiles=a.inc\n"),
	    DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(t.err.msg, "includes itself"));
}
END_TEST

START_TEST(load__a_misnamed_file_is_mentioned)
{
	char path[64], other[64];

	(void)snprintf(path, sizeof(path), "%s/supervisord.conf", t.dir);
	(void)snprintf(other, sizeof(other), "%s/supervisor.conf", t.dir);
	tmpsettings_save(&t, "supervisor.conf", "", 0);
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[include]\nfiles=supervisord.conf\n"),
	    0);
	ck_assert_uint_eq(t.settings.warnings.n, 1);
	ck_assert_ptr_nonnull(strstr(t.settings.warnings.v[0], other));

	settings_done(&t.settings);
	tmpsettings_save(&t, "supervisord.conf", "", 0);
	ck_assert_int_eq(tmpsettings_load(&t,
			     "[include]\nfiles=supervisord.conf\n"),
	    0);
	ck_assert_uint_eq(t.settings.warnings.n, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlink(other), 0);
}
END_TEST

Suite *
runtime_settings_suite(void)
{
	Suite *s = suite_create("runtime_settings");
	TCase *tc = tcase_create("load");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, load__defaults_are_supervisords_but_always_restart);
	tcase_add_test(tc, load__every_key_is_read);
	tcase_add_test(tc, load__keys_may_be_indented_alike);
	tcase_add_loop_test(tc, load__a_mistake_is_named_with_file_and_line, 0,
	    sizeof(bad) / sizeof(*bad));
	tcase_add_test(tc, load__comments_need_white_space_before_them);
	tcase_add_loop_test(tc, load__quoted_shell_text_arrives_as_it_was, 0,
	    sizeof(shell_texts) / sizeof(*shell_texts));
	tcase_add_test(tc, load__numprocs_makes_several);
	tcase_add_test(tc, load__a_group_renames_its_programs);
	tcase_add_test(tc, load__the_priority_of_a_group_comes_first);
	tcase_add_test(tc, load__includes_are_relative_and_may_be_missing);
	tcase_add_test(tc, load__a_mistake_in_an_include_names_it);
	tcase_add_test(tc, load__an_included_file_runs_as_nobody_else);
	tcase_add_test(tc, load__the_environment_file_may_hold_anything);
	tcase_add_test(tc, load__what_is_not_known_is_warned_about);
	tcase_add_test(tc, load__a_quote_in_a_variable_ends_nothing);
	tcase_add_test(tc, load__a_relative_log_is_beside_the_program);
	tcase_add_test(tc, load__only_our_own_files_may_ask_for_a_file);
	tcase_add_test(tc, load__an_included_file_includes_what_is_below_it);
	tcase_add_test(tc, load__a_misnamed_file_is_mentioned);
	suite_add_tcase(s, tc);
	return s;
}
