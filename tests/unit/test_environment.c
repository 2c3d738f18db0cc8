/* tests/unit/test_environment.c -- what an instance learns about itself: its
 * ports, its variables, and that no value breaks the files they stand in. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/buildfile/yaml.h"
#include "common/store/public_port.h"
#include "common/store/service.h"
#include "common/store/variable.h"
#include "deployer/environment.h"
#include "deployer/ports.h"
#include "tests/support/tmpdb.h"

#define FIRST_ID 1900000000u
#define FILE_MAX (1 << 20)

Suite *environment_suite(void);

static struct tmpdb t;
static struct dc_err err;
static char http_bind[] = "127.0.0.1:8000", domain[] = "localhost";
static struct dc_conf conf;
static struct dc_service_def def;
static struct dc_instance instance;
static struct environment env;

static void
setup(void)
{
	int64_t id;

	err = (struct dc_err)DC_ERR_INIT;
	tmpdb_open(&t);
	conf = (struct dc_conf){.http_bind = http_bind, .domain = domain};
	def = (struct dc_service_def){.name = dc_strdup("www"),
	    .type = dc_strdup("custom"),
	    .approot = dc_strdup("."),
	    .instances = 1};
	id = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	instance = (struct dc_instance){0};
	ck_assert_int_eq(dc_instance_load(t.db, &instance, id, &err), 0);
	env = (struct environment){0};
}

static void
teardown(void)
{
	environment_done(&env);
	dc_instance_done(&instance);
	dc_service_def_done(&def);
	tmpdb_close(&t);
}

static void
set_variable(const char *name, const char *value)
{
	const struct dc_variable v = {name, value};

	ck_assert_msg(dc_variable_save(t.db, t.application, &v, 1, &err) == 0,
	    "%s", err.msg);
}

static void
load(void)
{
	const struct dc_port ports[] = {{"www", "http", 42800},
	    {"my-port", "tcp", 42801}};
	int rc = environment_load(&env, &conf, t.db, &instance, &def, ports, 2,
	    &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
}

static const char *
unix_value(const char *name)
{
	size_t i, n = strlen(name);
	const char *found = NULL;

	for (i = 0; i < env.unix_env.n; i++)
		if (strncmp(env.unix_env.v[i], name, n) == 0 &&
		    env.unix_env.v[i][n] == '=') {
			ck_assert_msg(found == NULL, "%s twice", name);
			found = env.unix_env.v[i] + n + 1;
		}
	return found != NULL ? found : "(not there)";
}

START_TEST(load__what_the_platform_says)
{
	int64_t api = tmpdb_add_service(&t, "api");

	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "localhost",
			     &err),
	    0);
	ck_assert_int_eq(dc_service_add_route(t.db, api, "localhost", &err), 0);
	load();
	ck_assert_str_eq(unix_value("DOTCLOUD_PROJECT"), "blog");
	ck_assert_str_eq(unix_value("DOTCLOUD_ENVIRONMENT"), "default");
	ck_assert_str_eq(unix_value("DOTCLOUD_SERVICE_NAME"), "www");
	ck_assert_str_eq(unix_value("DOTCLOUD_SERVICE_ID"), "0");
	ck_assert_str_eq(unix_value("PORT_WWW"), "42800");
	ck_assert_str_eq(unix_value("PORT_MY_PORT"), "42801");
	ck_assert_int_eq(dc_json_find_int(env.values, "PORT_WWW", 0), 42800);
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_HTTP_HOST"),
	    "blog-alice.localhost");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_HTTP_URL"),
	    "http://blog-alice.localhost:8000/");
	ck_assert_str_eq(unix_value("DOTCLOUD_API_HTTP_HOST"),
	    "api-blog-alice.localhost");
	ck_assert_str_eq(unix_value("HOME"), DC_APP_HOME);
	ck_assert_str_eq(unix_value("SERVICE_NAME"), "www");
}
END_TEST

START_TEST(load__each_instance_has_its_url)
{
	int64_t id = tmpdb_add_instance(&t, t.service,
	    tmpdb_add_snapshot(&t, t.service, 0));
	char sql[80];

	(void)snprintf(sql, sizeof(sql),
	    "UPDATE instances SET number = 1 WHERE id = %lld", (long long)id);
	tmpdb_exec(t.db, sql);
	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "localhost",
			     &err),
	    0);
	load();
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_HTTP_URL_0"),
	    "http://blog-alice.localhost:8000/");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_HTTP_URL_1"),
	    "http://blog-alice.localhost:8000/");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_HTTP_URL_2"), "(not there)");
}
END_TEST

static bool
any_port(int port, const char *kind)
{
	return port > 0 && *kind != '\0';
}

START_TEST(load__public_ports)
{
	const struct dc_port_range range = {40000, 40010, any_port};
	int64_t number;

	conf.subnet = (char[]){"10.88.0.0/16"};
	for (number = DC_ANY_INSTANCE; number < 2; number++) {
		struct dc_public_port p = {.node_id = t.node,
		    .service_id = t.service,
		    .number = number,
		    .name = "my-port",
		    .kind = "tcp"};

		ck_assert_int_eq(dc_public_port_claim(t.db, &p, &range, &err),
		    0);
	}
	load();
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_MY_PORT_HOST"), "10.88.0.1");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_MY_PORT_PORT"), "40000");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_MY_PORT_URL"),
	    "tcp://10.88.0.1:40000");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_MY_PORT_PORT_0"), "40001");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_MY_PORT_URL_1"),
	    "tcp://10.88.0.1:40002");
	ck_assert_str_eq(dc_json_find_str(env.values,
			     "DOTCLOUD_WWW_MY_PORT_PORT"),
	    "40000");
	ck_assert_str_eq(unix_value("PORT_MY_PORT"), "42801");
}
END_TEST

START_TEST(load__ssh_ports_of_each_instance)
{
	const struct dc_port_range range = {40000, 40010, any_port};
	int64_t number;

	conf.subnet = (char[]){"10.88.0.0/16"};
	for (number = 0; number < 2; number++) {
		struct dc_public_port p = {.node_id = t.node,
		    .service_id = t.service,
		    .number = number,
		    .name = "ssh",
		    .kind = "tcp"};

		ck_assert_int_eq(dc_public_port_claim(t.db, &p, &range, &err),
		    0);
	}
	load();
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_SSH_HOST"), "10.88.0.1");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_SSH_PORT"), "40000");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_SSH_URL"),
	    "ssh://dotcloud@10.88.0.1:40000");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_SSH_PORT_0"), "40000");
	ck_assert_str_eq(unix_value("DOTCLOUD_WWW_SSH_URL_1"),
	    "ssh://dotcloud@10.88.0.1:40001");
}
END_TEST

START_TEST(load__the_users_word_is_the_last)
{
	dc_pairs_add(&def.environment, "MODE", "from the file");
	dc_pairs_add(&def.environment, "PORT_WWW", "from the file");
	dc_pairs_add(&def.environment, "FILE_ONLY", "x");
	set_variable("MODE", "set");
	load();
	ck_assert_str_eq(unix_value("MODE"), "set");
	ck_assert_str_eq(unix_value("FILE_ONLY"), "x");
	ck_assert_str_eq(unix_value("PORT_WWW"), "from the file");
}
END_TEST

static const struct {
	const char *name, *value;
} nasty[] = {
    {"QUOTES", "it's \"quoted\""},
    {"DOLLAR", "$HOME ${HOME} $(id) `id` $"},
    {"BACKSLASH", "a\\nb\\\\ \\"},
    {"NEWLINES", "one\ntwo\n\nfour\n"},
    {"TABS", "\t x \t"},
    {"ACCENTS", "caf\xc3\xa9 \xe6\x97\xa5\xe6\x9c\xac \xf0\x9f\x98\x80"},
    {"SEPARATORS", "a\xe2\x80\xa8"
		   "b\xe2\x80\xa9"
		   "c\xc2\x85"
		   "d\xc2\x80"
		   "e\x7f"},
    {"CONTROL", "\x01\x1b[31m"},
    {"NOTHING", ""},
    {"TRUTH", "true"},
    {"OCTAL", "0755"},
    {"NUMBER", "1e5"},
    {"COMMENT", "x # y"},
    {"MAPPING", "a: b"},
    {"LIST", "- a"},
    {"ANCHOR", "&a *a !x"},
    {"BANG", "!!"},
    {"NO", "a key that YAML takes for a boolean"},
    {"SEMICOLON", "; rm -rf / & |"},
    {"PERCENT", "%s %n"},
};
#define NNASTY ((int)(sizeof(nasty) / sizeof(nasty[0])))

/* Into t.dir/box, as for a container. */
static char *
save(void)
{
	struct dc_type type = {.process = NULL};
	char *box = dc_asprintf("%s/box", t.dir);
	dc_auto_free char *home = dc_asprintf("%s/home/mnt", box);
	dc_auto_free char *etc = dc_asprintf("%s/etc", box);
	int rc;

	ck_assert_int_eq(dc_fs_mkdirs(home, 0755, &err), 0);
	ck_assert_int_eq(dc_fs_mkdirs(etc, 0755, &err), 0);
	ck_assert_int_eq(chown(home, FIRST_ID + DC_APP_UID,
			     FIRST_ID + DC_APP_UID),
	    0);
	rc = environment_save(&env, box, FIRST_ID, &def, &type, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	return box;
}

static char *
load_file(const char *box, const char *name, size_t *n)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", box, name);
	char *text = NULL;

	ck_assert_msg(dc_fs_load(&text, n, path, FILE_MAX, &err) == 0, "%s",
	    err.msg);
	return text;
}

static void
check_json(const char *box, const char *name, const char *value)
{
	dc_auto_json struct dc_json *j = NULL;
	size_t n;
	dc_auto_free char *text =
	    load_file(box, "home/mnt/environment.json", &n);

	ck_assert_int_eq(dc_json_parse(&j, text, n, &err), 0);
	ck_assert_str_eq(dc_json_find_str(j, name), value);
	ck_assert_int_eq(dc_json_find_int(j, "PORT_WWW", 0), 42800);
}

static void
check_yaml(const char *box, const char *name, const char *value)
{
	dc_auto_yaml struct dc_yaml y = {0};
	struct dc_yaml_node *node;
	size_t n;
	dc_auto_free char *text =
	    load_file(box, "home/mnt/environment.yml", &n);
	int rc = dc_yaml_parse(&y, "environment.yml", text, n, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	node = dc_yaml_find(y.root, name);
	ck_assert_ptr_nonnull(node);
	ck_assert_int_eq(node->kind, DC_YAML_STRING);
	ck_assert_str_eq(node->text, value);
	node = dc_yaml_find(y.root, "PORT_WWW");
	ck_assert_int_eq(node->kind, DC_YAML_INT);
}

static void
add_byte_line(const char *line, void *arg)
{
	dc_str_addf(arg, "%s\n", line);
}

/* The end is marked: $() and lines would lose newlines there. */
static void
check_profile(const char *box, const char *name, const char *value)
{
	dc_auto_free char *script =
	    dc_asprintf(". '%s/home/mnt/dotcloud_profile' &&"
			" printf '%%s.' \"$%s\"",
		box, name);
	dc_auto_free char *want = dc_asprintf("%s.\n", value);
	char *argv[] = {"bash", "--norc", "-c", script, NULL};
	char *envp[] = {"PATH=/usr/bin:/bin", NULL};
	dc_auto_str struct dc_str got = {0};
	int rc = dc_spawn_run(argv, envp, NULL, add_byte_line, &got, &err);

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_str_eq(got.data, want);
}

static void
check_environ(const char *box, const char *name, const char *value)
{
	dc_auto_free char *want = dc_asprintf("%s=%s", name, value);
	size_t n, i;
	dc_auto_free char *all = load_file(box, "etc/environ", &n);

	for (i = 0; i < n; i += strlen(all + i) + 1)
		if (strcmp(all + i, want) == 0)
			return;
	ck_abort_msg("'%s' is not in environ", want);
}

START_TEST(save__every_reader_gets_the_value_back)
{
	dc_auto_free char *box = NULL;

	set_variable(nasty[_i].name, nasty[_i].value);
	load();
	box = save();
	check_json(box, nasty[_i].name, nasty[_i].value);
	check_yaml(box, nasty[_i].name, nasty[_i].value);
	check_profile(box, nasty[_i].name, nasty[_i].value);
	check_environ(box, nasty[_i].name, nasty[_i].value);
}
END_TEST

/* His home is his: a link where our file goes is replaced, not followed. */
START_TEST(save__follows_no_link_in_the_home)
{
	dc_auto_free char *victim = dc_asprintf("%s/victim", t.dir);
	dc_auto_free char *box = NULL;
	dc_auto_free char *link = NULL;
	dc_auto_free char *text = NULL;
	struct stat st;

	load();
	box = save();
	link = dc_asprintf("%s/home/mnt/environment.json", box);
	ck_assert_int_eq(dc_fs_save(victim, "kept", 4, 0666, &err), 0);
	ck_assert_int_eq(unlink(link), 0);
	ck_assert_int_eq(symlink(victim, link), 0);
	free(box);
	box = save();
	ck_assert_int_eq(dc_fs_load(&text, NULL, victim, FILE_MAX, &err), 0);
	ck_assert_str_eq(text, "kept");
	ck_assert_int_eq(lstat(link, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
	ck_assert_uint_eq(st.st_uid, FIRST_ID + DC_APP_UID);
}
END_TEST

START_TEST(save__a_url_is_plain_in_yaml)
{
	dc_auto_free char *box = NULL;
	dc_auto_free char *yaml = NULL;
	size_t n;

	ck_assert_int_eq(dc_service_add_route(t.db, t.service, "localhost",
			     &err),
	    0);
	load();
	box = save();
	yaml = load_file(box, "home/mnt/environment.yml", &n);
	ck_assert_ptr_nonnull(strstr(yaml,
	    "\nDOTCLOUD_WWW_HTTP_URL: http://blog-alice.localhost:8000/\n"));
	ck_assert_ptr_nonnull(strstr(yaml, "\nDOTCLOUD_SERVICE_ID: \"0\"\n"));
}
END_TEST

START_TEST(save__a_directory_in_the_way_makes_way)
{
	struct dc_type type = {.process = NULL};
	dc_auto_free char *box = NULL;
	dc_auto_free char *path = NULL;
	struct stat st;

	load();
	box = save();
	path = dc_asprintf("%s/home/mnt/environment.yml", box);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0755), 0);
	ck_assert_int_eq(environment_save(&env, box, FIRST_ID, &def, &type,
			     &err),
	    0);
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert(S_ISREG(st.st_mode));
}
END_TEST

START_TEST(save__each_process_is_a_file_of_its_own)
{
	dc_auto_free char *box = NULL;
	dc_auto_free char *script = NULL;
	dc_auto_free char *programs = NULL;

	dc_pairs_add(&def.processes, "www", "python3 -c 'print(\"%d\")' ; x");
	load();
	box = save();
	script = load_file(box, "etc/process/www", NULL);
	ck_assert_ptr_nonnull(
	    strstr(script, "exec /bin/bash -c 'python3 -c '\\''print(\"%d\")"
			   "'\\'' ; x'\n"));
	programs = load_file(box, "etc/runtime.conf", NULL);
	ck_assert_ptr_nonnull(strstr(programs, "[program:www]\n"));
}
END_TEST

START_TEST(save__a_process_name_is_no_path)
{
	static const char *const bad[] = {"../x", "a/b", ".hidden", "a]b",
	    "a\nb", ""};
	struct dc_type type = {.process = NULL};
	dc_auto_free char *box = NULL;

	load();
	box = save();
	dc_pairs_add(&def.processes, bad[_i], "true");
	ck_assert_int_eq(environment_save(&env, box, FIRST_ID, &def, &type,
			     &err),
	    DC_EUSER);
}
END_TEST

Suite *
environment_suite(void)
{
	Suite *s = suite_create("environment");
	TCase *tc = tcase_create("environment");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, load__what_the_platform_says);
	tcase_add_test(tc, load__public_ports);
	tcase_add_test(tc, load__each_instance_has_its_url);
	tcase_add_test(tc, load__ssh_ports_of_each_instance);
	tcase_add_test(tc, load__the_users_word_is_the_last);
	if (geteuid() == 0) { /* homes are written from inside their range */
		tcase_add_loop_test(tc, save__every_reader_gets_the_value_back,
		    0, NNASTY);
		tcase_add_test(tc, save__follows_no_link_in_the_home);
		tcase_add_test(tc, save__a_url_is_plain_in_yaml);
		tcase_add_test(tc, save__a_directory_in_the_way_makes_way);
		tcase_add_test(tc, save__each_process_is_a_file_of_its_own);
		tcase_add_loop_test(tc, save__a_process_name_is_no_path, 0, 6);
	}
	suite_add_tcase(s, tc);
	return s;
}
