/* tests/unit/test_runtime_settings.c -- supervisord.conf: values, sections,
 * includes, and what strangers may not do in them. */
#include "runtime/keys.h"
#include "runtime/settings.h"
#include "runtime/value.h"

#include "common/base/auto.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

Suite *runtime_settings_suite(void);

static char dir[] = "/tmp/test-settings-XXXXXX";
static char conf[64], env_file[64];
static struct settings_options options;
static struct settings settings;
static struct dc_err err;

static void
save(const char *name, const char *text, size_t n)
{
	char *path = dc_asprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
	free(path);
}

static void
setup(void)
{
	memcpy(dir + strlen(dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	/* What is included is read as options.user. */
	ck_assert_int_eq(chmod(dir, 0755), 0);
	(void)snprintf(conf, sizeof(conf), "%s/c.conf", dir);
	(void)snprintf(env_file, sizeof(env_file), "%s/env", dir);
	options = (struct settings_options){.path = conf, .log_dir = "/logs"};
	settings = (struct settings){0};
	err = (struct dc_err)DC_ERR_INIT;
}

static void
teardown(void)
{
	const char *const names[] = {"c.conf", "env", "a.inc", "b.inc"};

	settings_done(&settings);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char *path = dc_asprintf("%s/%s", dir, names[i]);

		(void)unlink(path);
		free(path);
	}
	ck_assert_int_eq(rmdir(dir), 0);
}

static int
load(const char *text)
{
	save("c.conf", text, strlen(text));
	return settings_load(&settings, &options, &err);
}

static const struct program_settings *
only(void)
{
	ck_assert_uint_eq(settings.n, 1);
	return &settings.v[0];
}

START_TEST(load__defaults_are_supervisords_but_always_restart)
{
	const struct program_settings *p;

	ck_assert_int_eq(load("[program:node]\ncommand=node a.js\n"), 0);
	p = only();
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
	int rc = load("[program:x]\n"
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

	ck_assert_msg(rc == 0, "%s", err.msg);
	p = only();
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
	ck_assert_uint_eq(settings.warnings.n, 0);
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
	char *expected = dc_asprintf("%s%s", conf, bad[_i].message);

	ck_assert_int_eq(load(bad[_i].text), DC_EINVAL);
	ck_assert_str_eq(err.msg, expected);
	ck_assert_uint_eq(settings.n, 0);
	free(expected);
}
END_TEST

START_TEST(load__comments_need_white_space_before_them)
{
	int rc =
	    load("# one\n; two\n[program:a]\n"
		 "command=sh -c \"a;b\"#c\n  ; inside\n  # too\n  d # e\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_str_eq(only()->command, "sh -c \"a;b\"#c\nd");
	ck_assert_uint_eq(only()->argv.n, 4);
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
	int rc = load(text);

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_uint_eq(only()->argv.n, 3);
	ck_assert_str_eq(only()->argv.v[2], shell_texts[_i]);
	ck_assert_int_eq(only()->priority, 7);
	free(text);
	free(quoted);
}
END_TEST

START_TEST(load__numprocs_makes_several)
{
	int rc = load("[program:w]\ncommand=w %(process_num)d of %(numprocs)d\n"
		      "process_name=%(program_name)s_%(process_num)02d\n"
		      "numprocs=3\n[program:first]\ncommand=f\npriority=1\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_uint_eq(settings.n, 4);
	ck_assert_str_eq(settings.v[0].name, "first");
	ck_assert_str_eq(settings.v[3].name, "w:w_02");
	ck_assert_str_eq(settings.v[3].command, "w 2 of 3");
	ck_assert_str_eq(settings.v[3].out.auto_path, "/logs/w_02.log");
}
END_TEST

START_TEST(load__a_group_renames_its_programs)
{
	ck_assert_int_eq(load("[group:g]\nprograms=a, b\n[program:a]\n"
			      "command=a\n[program:b]\ncommand=b\n"),
	    0);
	ck_assert_str_eq(settings.v[1].name, "g:b");
}
END_TEST

START_TEST(load__includes_are_relative_and_may_be_missing)
{
	const char a[] = "[program:a]\ncommand=%(here)s/run\n";
	int rc;

	save("a.inc", a, strlen(a));
	rc = load("[include]\nfiles = *.inc nothing/*.conf\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert(dc_has_suffix(only()->command, "/run"));
	ck_assert(only()->command[0] == '/');
	ck_assert_str_eq(only()->directory, dir); /* beside its file */
}
END_TEST

START_TEST(load__a_mistake_in_an_include_names_it)
{
	const char a[] = "\n\n[program:a]\nbad\n";

	save("a.inc", a, strlen(a));
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n"), DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "/a.inc:4: expected"));
}
END_TEST

START_TEST(load__an_included_file_runs_as_nobody_else)
{
	const char a[] = "[program:a]\ncommand=a\nuser=root\n"
			 "[program:own]\ncommand=evil\n"
			 "[supervisord]\nenvironment=EVIL=x\n"
			 "[include]\nfiles=/etc/passwd\n";
	int rc;

	options.user = "nobody";
	save("a.inc", a, strlen(a));
	rc = load("[include]\nfiles=a.inc\n[program:own]\ncommand=own\n"
		  "user=root\n[program:ours]\ncommand=b\nuser=root\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_uint_eq(settings.n, 3);
	for (size_t i = 0; i < settings.n; i++)
		ck_assert_str_eq(settings.v[i].account->name,
		    strcmp(settings.v[i].name, "ours") == 0 ? "root"
							    : "nobody");
	ck_assert_uint_eq(settings.warnings.n, 3);
	ck_assert_ptr_null(value_find_env(&settings.env, "EVIL", 4));
}
END_TEST

START_TEST(load__the_environment_file_may_hold_anything)
{
	const char env[] = "A=one\ntwo\0B=\"'\0rubbish\0C=";

	save("env", env, sizeof(env));
	options.env_path = env_file;
	ck_assert_int_eq(load("[supervisord]\nenvironment=B=1,D=2\n"
			      "[program:x]\ncommand=x %(ENV_D)s%(ENV_C)s\n"),
	    0);
	ck_assert_str_eq(value_find_env(&settings.env, "A", 1), "one\ntwo");
	ck_assert_str_eq(value_find_env(&settings.env, "B", 1), "\"'");
	ck_assert_str_eq(only()->command, "x 2");
}
END_TEST

START_TEST(load__what_is_not_known_is_warned_about)
{
	ck_assert_int_eq(load("[program:x]\ncommand=x\nfoo=1\n[fcgi-program:y]"
			      "\n[supervisorctl]\nserverurl=z\n"),
	    0);
	ck_assert_uint_eq(settings.warnings.n, 2);
	ck_assert_ptr_nonnull(
	    strstr(settings.warnings.v[0], ":3: unknown key 'foo', ignoring"));
	ck_assert_ptr_nonnull(strstr(settings.warnings.v[1],
	    ":4: [fcgi-program:y] is not supported, ignoring"));
}
END_TEST

START_TEST(load__a_quote_in_a_variable_ends_nothing)
{
	const char env[] = "ODD=a, 'b', \"c\"=\0";

	save("env", env, sizeof(env) - 1);
	options.env_path = env_file;
	ck_assert_int_eq(load("[program:x]\ncommand=x\n"
			      "environment=A=\"<%(ENV_ODD)s>\",B=1\n"),
	    0);
	ck_assert_uint_eq(only()->env.n, 2);
	ck_assert_str_eq(value_find_env(&only()->env, "A", 1),
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

	save("a.inc", a, strlen(a));
	(void)snprintf(path, sizeof(path), "%s/a.log", dir);
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n"), 0);
	ck_assert_uint_eq(settings.n, 3);
	ck_assert_str_eq(settings.v[0].out.path, path);
	ck_assert_str_eq(settings.v[0].err.path, "AUTO");
	ck_assert_str_eq(settings.v[1].out.path, "/b/log/b.log");
	ck_assert_ptr_null(settings.v[1].err.path);
	ck_assert_str_eq(settings.v[2].out.path, "/root/c.log");
}
END_TEST

START_TEST(load__only_our_own_files_may_ask_for_a_file)
{
	const char a[] = "[program:a]\ncommand=a\nonly_if_exists=/no/file\n";

	save("a.inc", a, strlen(a));
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n"
			      "[program:b]\ncommand=b\nonly_if_exists=/\n"
			      "[program:c]\ncommand=c\n"
			      "only_if_exists=/no/file\n"),
	    0);
	ck_assert_uint_eq(settings.n, 2);
	ck_assert_str_eq(settings.v[0].name, "b");
	ck_assert_str_eq(settings.v[1].name, "a");
}
END_TEST

START_TEST(load__an_included_file_includes_what_is_below_it)
{
	const char a[] = "[include]\nfiles = b.inc ../*.conf /etc/*\n"
			 "[program:a]\ncommand=a\n";
	const char b[] = "[program:b]\ncommand=b\nuser=root\n";
	const char circle[] = "[include]\nfiles=a.inc\n";

	options.user = "nobody";
	save("a.inc", a, strlen(a));
	save("b.inc", b, strlen(b));
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n"), 0);
	ck_assert_uint_eq(settings.n, 2);
	ck_assert_str_eq(settings.v[1].account->name, "nobody");
	ck_assert_uint_eq(settings.warnings.n, 3);
	settings_done(&settings);

	save("a.inc", circle, strlen(circle));
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n"), DC_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.msg, "includes itself"));
}
END_TEST

START_TEST(load__a_misnamed_file_is_mentioned)
{
	char path[64], other[64];

	(void)snprintf(path, sizeof(path), "%s/supervisord.conf", dir);
	(void)snprintf(other, sizeof(other), "%s/supervisor.conf", dir);
	save("supervisor.conf", "", 0);
	ck_assert_int_eq(load("[include]\nfiles=supervisord.conf\n"), 0);
	ck_assert_uint_eq(settings.warnings.n, 1);
	ck_assert_ptr_nonnull(strstr(settings.warnings.v[0], other));

	settings_done(&settings);
	save("supervisord.conf", "", 0);
	ck_assert_int_eq(load("[include]\nfiles=supervisord.conf\n"), 0);
	ck_assert_uint_eq(settings.warnings.n, 0);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(unlink(other), 0);
}
END_TEST

static const char *const harmless[] = {"[supervisord]\nuser=root\n",
    "[supervisorctl]\nserverurl=x\n", "[unix_http_server]\nfile=/x\n",
    "[rpcinterface:supervisor]\na=b\n", "[group:g]\nprograms=a\n", ""};

START_TEST(real__is_not_needed_for_what_is_harmless)
{
	dc_auto_free char *a =
	    dc_asprintf("[program:a]\ncommand=a\n%s", harmless[_i]);

	options.user = "nobody";
	options.real_dir = "/real";
	save("a.inc", a, strlen(a));
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n"), 0);
	ck_assert_ptr_null(settings.real_conf);
	ck_assert_uint_eq(only()->argv.n, 1);
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
	dc_auto_free char *command = dc_asprintf("command = %s/a\n\tb\n", dir);
	dc_auto_free char *log =
	    dc_asprintf("stdout_logfile = %s/a.log\n", dir);

	options.user = "nobody";
	options.real_dir = "/real";
	save("a.inc", a, strlen(a));
	ck_assert_int_eq(load("[include]\nfiles=a.inc\n[program:own]\n"
			      "command=own\n[program:cron]\ncommand=cron\n"
			      "user=root\n"),
	    0);

	ck_assert_uint_eq(settings.n, 2);
	ck_assert_str_eq(settings.v[0].name, "cron");
	ck_assert(settings.v[0].is_foreign && !settings.v[0].is_real);
	ck_assert_str_eq(settings.v[1].name, "supervisord");
	ck_assert_str_eq(settings.v[1].account->name, "nobody");
	ck_assert(!settings.v[1].is_foreign && settings.v[1].is_real);
	ck_assert_uint_eq(settings.nreal, _i < 2 ? 3 : 2);
	ck_assert_ptr_nonnull(strstr(settings.real_conf, "[program:own]\n"));
	ck_assert_ptr_nonnull(strstr(settings.real_conf, command));
	ck_assert_ptr_nonnull(strstr(settings.real_conf, log));
	ck_assert_ptr_nonnull(
	    strstr(settings.real_conf, "directory = /nonexistent/x\n"));
	ck_assert_ptr_null(strstr(settings.real_conf, "cron"));
	ck_assert_ptr_null(strstr(settings.real_conf, "evil"));
	ck_assert_ptr_null(strstr(settings.real_conf, "user ="));
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

	ck_assert_int_eq(load("[program:x]\ncommand=x\n"), 0);
	before = only()->digest;
	settings_done(&settings);
	ck_assert_int_eq(load("# again\n[program:x]\ncommand = x\n"), 0);
	ck_assert_uint_eq(only()->digest, before);
	settings_done(&settings);
	ck_assert_int_eq(load("[program:x]\ncommand=x\numask=077\n"), 0);
	ck_assert_uint_ne(only()->digest, before);
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
	rc = value_expand(&out, expansions[_i].text, &scope, &err);

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
runtime_settings_suite(void)
{
	Suite *s = suite_create("runtime_settings");
	TCase *tc = tcase_create("load");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, load__defaults_are_supervisords_but_always_restart);
	tcase_add_test(tc, load__every_key_is_read);
	tcase_add_loop_test(tc, load__a_mistake_is_named_with_file_and_line, 0,
	    sizeof(bad) / sizeof(*bad));
	tcase_add_test(tc, load__comments_need_white_space_before_them);
	tcase_add_loop_test(tc, load__quoted_shell_text_arrives_as_it_was, 0,
	    sizeof(shell_texts) / sizeof(*shell_texts));
	tcase_add_test(tc, load__numprocs_makes_several);
	tcase_add_test(tc, load__a_group_renames_its_programs);
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
