/* tests/unit/test_buildfile.c -- dotcloud.yml: every key, limits, the
 * variables, the row, the types. Error texts: test_buildfile_errors.c. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/buildfile/buildfile.h"

Suite *buildfile_suite(void);

static struct dc_err err;
static struct dc_types types;
static struct dc_buildfile file;
static char *tmp;

static void
save(const char *path, const char *text)
{
	dc_auto_free char *full = dc_asprintf("%s/%s", tmp, path);

	ck_assert_int_eq(dc_fs_save(full, text, strlen(text), 0644, NULL), 0);
}

static void
add_type(const char *name, const char *text)
{
	dc_auto_free char *dir = dc_asprintf("%s/types/%s", tmp, name);
	dc_auto_free char *path = dc_asprintf("types/%s/type.yml", name);

	ck_assert_int_eq(dc_fs_mkdirs(dir, 0755, NULL), 0);
	save(path, text);
}

static void
setup(void)
{
	dc_auto_free char *dir = NULL;

	tmp = dc_strdup("/tmp/dc-buildfile-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tmp));
	add_type("custom", "http: any\nport: www\nprocess: ~/run\n");
	add_type("nodejs",
	    "http: 8080\nconfig:\n  node_version: {default: v20.x}\n");
	add_type("python", "http: 8080\npackages: [python3, nginx]\n");
	add_type("mysql", "kind: data\n");
	save("types/README", "not a type\n");
	dir = dc_asprintf("%s/types", tmp);
	err = (struct dc_err)DC_ERR_INIT;
	ck_assert_msg(dc_types_load(&types, dir, &err) == 0, "%s", err.msg);
}

static void
teardown(void)
{
	dc_buildfile_done(&file);
	dc_types_done(&types);
	ck_assert_int_eq(dc_fs_remove_tree(tmp, NULL), 0);
	free(tmp);
}

static int
parse(const char *text)
{
	dc_buildfile_done(&file);
	return dc_buildfile_parse(&file, text, strlen(text), &types, &err);
}

START_TEST(parse__every_key_arrives)
{
	const struct dc_service_def *d;
	int rc =
	    parse("---\nwww:\n"
		  "  type: custom\n  approot: ./web\n  prebuild: ./pre -x\n"
		  "  postbuild: rm -f ~/.ssh/id_rsa\n"
		  "  postinstall: ~/code/postinstall\n"
		  "  buildscript: custom/builder\n"
		  "  systempackages: [libxml2, 'g++']\n"
		  "  requirements:\n    - DBD::mysql\n    - 1.10\n"
		  "  config: {python_version: v2.7}\n"
		  "  environment: {A: 0x10, B: '', C: null}\n"
		  "  processes:\n    app: a $PORT_WWW >> x.log\n    b-c: b\n"
		  "  ports: {TS3: udp, www: http, c: tcp}\n"
		  "  instances: 2\n  haproxy_mode: tcp\n"
		  "db: {type: mysql}\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_uint_eq(file.nservices, 2);
	ck_assert_uint_eq(file.warnings.n, 0);
	ck_assert_str_eq(file.services[1].name, "db");
	ck_assert_str_eq(file.services[1].approot, ".");
	ck_assert_ptr_null(file.services[1].postinstall);
	d = dc_buildfile_find(&file, "www");
	ck_assert_ptr_nonnull(d);
	ck_assert_str_eq(d->approot, "./web");
	ck_assert_str_eq(d->prebuild, "./pre -x");
	ck_assert_str_eq(d->postbuild, "rm -f ~/.ssh/id_rsa");
	ck_assert_str_eq(d->postinstall, "~/code/postinstall");
	ck_assert_str_eq(d->buildscript, "custom/builder");
	ck_assert_ptr_null(d->process);
	ck_assert_str_eq(d->systempackages.v[1], "g++");
	ck_assert_str_eq(d->requirements.v[1], "1.10");
	ck_assert_str_eq(dc_json_find_str(d->config, "python_version"), "v2.7");
	ck_assert_str_eq(dc_pairs_find(&d->environment, "A"), "0x10");
	ck_assert_str_eq(dc_pairs_find(&d->environment, "B"), "");
	ck_assert_str_eq(d->processes.v[0].value, "a $PORT_WWW >> x.log");
	ck_assert_str_eq(d->processes.v[1].name, "b-c");
	ck_assert_str_eq(dc_pairs_find(&d->ports, "TS3"), "udp");
	ck_assert_int_eq(d->instances, 2);
	ck_assert_str_eq(dc_json_find_str(d->extras, "haproxy_mode"), "tcp");
}
END_TEST

START_TEST(parse__scalars_are_good_strings)
{
	int rc = parse("2:\n  type: python\n  approot: 42\n  process: ~/x\n"
		       "  postinstall:\n  customthing:\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_str_eq(file.services[0].name, "2");
	ck_assert_str_eq(file.services[0].approot, "42");
	ck_assert_ptr_null(file.services[0].postinstall);
	ck_assert_str_eq(file.services[0].processes.v[0].name, "2");
	ck_assert_str_eq(file.services[0].processes.v[0].value, "~/x");
}
END_TEST

START_TEST(parse__a_hook_may_be_above_approot)
{
	ck_assert_msg(parse("www:\n  type: python\n  approot: a/b\n"
			    "  prebuild: ../../hook ../../../x\n") == 0,
	    "%s", err.msg);
}
END_TEST

START_TEST(parse__anchors_and_merge_keys_work)
{
	int rc = parse("www: &base\n  type: custom\n  config: &c {a: 1, b: 2}\n"
		       "  ports: {www: http}\n"
		       "api:\n  <<: *base\n  type: nodejs\n"
		       "  config: {<<: [{a: 9}, *c], d: 4}\n");
	const struct dc_service_def *d = dc_buildfile_find(&file, "api");

	ck_assert_msg(rc == 0, "%s", err.msg);
	ck_assert_str_eq(d->type, "nodejs");
	ck_assert_str_eq(d->ports.v[0].value, "http");
	ck_assert_int_eq(dc_json_find_int(d->config, "a", 0), 9);
	ck_assert_int_eq(dc_json_find_int(d->config, "b", 0), 2);
	ck_assert_int_eq(dc_json_find_int(d->config, "d", 0), 4);
}
END_TEST

START_TEST(parse__line_ends_and_a_byte_order_mark_do_not_matter)
{
	ck_assert_msg(parse("\xef\xbb\xbfwww:\r\n  type: custom\r\n"
			    "  process: a\r\n") == 0,
	    "%s", err.msg);
	ck_assert_str_eq(file.services[0].process, "a");
	ck_assert_int_eq(parse("www:\r\n  type: custom\r\n  x: *y\r\n"),
	    DC_EUSER);
	ck_assert_ptr_nonnull(
	    strstr(err.msg, "line 3, column 6:\n      x: *y\n         ^"));
}
END_TEST

START_TEST(parse__only_the_first_document_counts)
{
	ck_assert_msg(parse("www: {type: custom}\n---\nother: [") == 0, "%s",
	    err.msg);
	ck_assert_uint_eq(file.nservices, 1);
}
END_TEST

START_TEST(parse__misspelt_keys_are_warned_about)
{
	ck_assert_int_eq(parse("www:\n  type: custom\n  approt: x\n"
			       "  post-install: y\n  hubot: z\n"
			       "  ruby_version: 1.9\n"),
	    0);
	ck_assert_uint_eq(file.warnings.n, 2);
	ck_assert_str_eq(file.warnings.v[0],
	    "unknown key \"approt\" in service \"www\" (line 3 of "
	    "dotcloud.yml): did you mean \"approot\"?");
	ck_assert_ptr_nonnull(strstr(file.warnings.v[1], "\"postinstall\""));
	ck_assert_str_eq(dc_json_find_str(file.services[0].extras, "approt"),
	    "x");
}
END_TEST

START_TEST(parse__an_alias_bomb_is_refused)
{
	dc_auto_str struct dc_str s = {0};
	int c, i;

	dc_str_add(&s, "a: &a [x, x, x, x, x, x, x, x, x, x]\n");
	for (c = 'b'; c < 'z'; c++) {
		dc_str_addf(&s, "%c: &%c [", c, c);
		for (i = 0; i < 9; i++)
			dc_str_addf(&s, "*%c,", c - 1);
		dc_str_add(&s, "]\n");
	}
	ck_assert_int_eq(parse(s.data), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "once its aliases are expanded"));
}
END_TEST

START_TEST(parse__a_bomb_of_text_is_refused)
{
	dc_auto_str struct dc_str s = {0};
	int i;

	dc_str_add(&s, "www:\n  type: custom\n  a: &a \"");
	for (i = 0; i < 50000; i++)
		dc_str_add(&s, "0123456789");
	dc_str_add(&s, "\"\n  b: [");
	for (i = 0; i < 1000; i++)
		dc_str_add(&s, "*a, ");
	dc_str_add(&s, "]\n");
	ck_assert_int_eq(parse(s.data), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "once its aliases are expanded"));
}
END_TEST

START_TEST(parse__deep_nesting_is_refused)
{
	dc_auto_str struct dc_str s = {0};
	int i;

	dc_str_add(&s, "www: ");
	for (i = 0; i < 10000; i++)
		dc_str_add(&s, "[");
	ck_assert_int_eq(parse(s.data), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "nested too deeply"));
}
END_TEST

START_TEST(parse__nesting_up_to_the_limit_survives_json)
{
	dc_auto_free char *json = NULL, *again = NULL;
	dc_auto_service_def struct dc_service_def d = {0};
	dc_auto_str struct dc_str s = {0};
	int i, rc;

	dc_str_add(&s, "www:\n  type: custom\n  x: ");
	for (i = 0; i < DC_MAX_YAML_DEPTH - 2; i++)
		dc_str_add(&s, "[");
	for (i = 0; i < DC_MAX_YAML_DEPTH - 2; i++)
		dc_str_add(&s, "]");
	rc = parse(s.data);
	ck_assert_msg(rc == 0, "%s", err.msg);
	json = dc_service_to_json(&file.services[0]);
	rc = dc_service_from_json(&d, json, &err);
	ck_assert_msg(rc == 0, "%s", err.msg);
	again = dc_service_to_json(&d);
	ck_assert_str_eq(json, again);
}
END_TEST

START_TEST(parse__sizes_are_limited)
{
	dc_auto_str struct dc_str s = {0};
	int i;

	for (i = 0; i <= DC_MAX_SERVICES; i++)
		dc_str_addf(&s, "s%d: {type: custom}\n", i);
	ck_assert_int_eq(parse(s.data), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "more than 64 services"));
	s.len = 0;
	dc_str_add(&s, "www:\n  type: custom\n  process: ");
	for (i = 0; i < DC_MAX_VARIABLE / 10; i++)
		dc_str_add(&s, "0123456789");
	ck_assert_int_eq(parse(s.data), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "too large to be given"));
	while (s.len <= DC_MAX_BUILDFILE)
		dc_str_add(&s, "          \n");
	ck_assert_int_eq(parse(s.data), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "larger than 1048576 bytes"));
}
END_TEST

START_TEST(env__is_what_build_scripts_get)
{
	static const char *const want[] = {"SERVICE_NAME=www",
	    "SERVICE_TYPE=custom", "SERVICE_APPROOT=web",
	    "SERVICE_BUILDSCRIPT=b", "SERVICE_INSTANCES=1",
	    "SERVICE_SYSTEMPACKAGES=['libxml2', \"it's\"]",
	    "SERVICE_REQUIREMENTS=[]", "SERVICE_CONFIG_PYTHON_VERSION=v2.7",
	    "SERVICE_CONFIG_DEEP={'x': [1, 2.5, True, None, '1.10']}",
	    "SERVICE_ENVIRONMENT_FOO=a=b", "SERVICE_PROCESSES_APP_1=run me",
	    "SERVICE_PORTS_WWW=http", "SERVICE_HAPROXY_MODE=tcp",
	    "SERVICE_NODE_VERSION=0.10", "SERVICE_ON=yes",
	    "SERVICE_NOTHING=", "SERVICE_A_B_C=1", NULL};
	dc_auto_strv struct dc_strv env = {0};
	int rc =
	    parse("www:\n  type: custom\n  approot: web\n"
		  "  buildscript: b\n  systempackages: [libxml2, it's]\n"
		  "  config:\n    python_version: v2.7\n"
		  "    deep: {x: [1, 2.5, true, null, 1.10]}\n"
		  "  environment: {foo: a=b}\n"
		  "  processes: {app-1: run me}\n  ports: {www: http}\n"
		  "  haproxy_mode: tcp\n  node_version: 0.10\n  'on': yes\n"
		  "  nothing:\n  a.b=c: 1\n  name: other\n");
	size_t i;

	ck_assert_msg(rc == 0, "%s", err.msg);
	dc_service_env(&env, &file.services[0]);
	for (i = 0; want[i] != NULL && i < env.n; i++)
		ck_assert_str_eq(env.v[i], want[i]);
	ck_assert_uint_eq(env.n, sizeof(want) / sizeof(want[0]) - 1);
}
END_TEST

START_TEST(json__nothing_is_lost)
{
	dc_auto_free char *json = NULL, *again = NULL;
	dc_auto_service_def struct dc_service_def d = {0};
	int rc = parse("www:\n  type: custom\n  process: \"a\\n\\t\u00e9\"\n"
		       "  config: {z: [1, {y: ~}], a: 1.50}\n"
		       "  environment: {B: '1', A: ''}\n  instances: 3\n"
		       "  ports: {b: tcp, a: http}\n  x: {deep: [[]]}\n");

	ck_assert_msg(rc == 0, "%s", err.msg);
	json = dc_service_to_json(&file.services[0]);
	ck_assert_int_eq(dc_service_from_json(&d, json, &err), 0);
	again = dc_service_to_json(&d);
	ck_assert_str_eq(json, again);
	ck_assert_str_eq(d.processes.v[0].name, "www");
	ck_assert_str_eq(d.process, "a\n\t\u00e9");
	ck_assert_str_eq(d.environment.v[1].name, "A");
	ck_assert_ptr_null(d.buildscript);
}
END_TEST

START_TEST(json__a_damaged_row_is_an_error)
{
	dc_auto_service_def struct dc_service_def d = {0};

	ck_assert_int_eq(dc_service_from_json(&d, "{}", &err), DC_EINVAL);
	ck_assert_int_eq(dc_service_from_json(&d, "{", &err), DC_EINVAL);
	ck_assert_int_eq(dc_service_from_json(&d, "[]", &err), DC_EINVAL);
}
END_TEST

START_TEST(types__keys_arrive)
{
	const struct dc_type *t = dc_types_find(&types, "custom");

	ck_assert_uint_eq(types.n, 4);
	ck_assert_int_eq(t->http_port, DC_TYPE_ANY_PORT);
	ck_assert_str_eq(t->port_name, "www");
	ck_assert_str_eq(t->process, "~/run");
	ck_assert(!t->is_data);
	ck_assert(dc_types_find(&types, "mysql")->is_data);
	t = dc_types_find(&types, "nodejs");
	ck_assert_int_eq(t->http_port, 8080);
	ck_assert_str_eq(t->port_name, "http");
	ck_assert_str_eq(dc_json_find_str(dc_json_find(t->config,
					      "node_version"),
			     "default"),
	    "v20.x");
	ck_assert_str_eq(dc_types_find(&types, "python")->packages.v[1],
	    "nginx");
}
END_TEST

START_TEST(types__a_mistake_is_the_operators)
{
	dc_auto_free char *dir = dc_asprintf("%s/types", tmp);
	struct dc_types t = {0};

	add_type("broken", "kind: code\nhtpp: 80\n");
	ck_assert_int_eq(dc_types_load(&t, dir, &err), DC_EINVAL);
	ck_assert_ptr_nonnull(
	    strstr(err.msg, "broken/type.yml': line 2: no such key"));
	add_type("broken", "kind: [\n");
	ck_assert_int_eq(dc_types_load(&t, dir, &err), DC_EINVAL);
	ck_assert_int_eq(err.code, DC_EINVAL);
}
END_TEST

static int
load(void)
{
	dc_auto_fd int fd = open(tmp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	dc_buildfile_done(&file);
	return dc_buildfile_load(&file, fd, &types, &err);
}

START_TEST(load__reads_the_file)
{
	save("dotcloud.yml", "www: {type: custom}\n");
	ck_assert_int_eq(load(), 0);
	ck_assert_uint_eq(file.nservices, 1);
}
END_TEST

START_TEST(load__a_missing_file_is_explained)
{
	ck_assert_int_eq(load(), DC_EUSER);
	ck_assert_ptr_nonnull(
	    strstr(err.msg, "No 'dotcloud.yml' at the root of the pushed"));
	save("Dotcloud.yaml", "www: {type: custom}\n");
	ck_assert_int_eq(load(), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg,
	    "but there is 'Dotcloud.yaml': rename it to 'dotcloud.yml'"));
}
END_TEST

START_TEST(load__links_and_fifos_are_refused)
{
	dc_auto_free char *path = dc_asprintf("%s/dotcloud.yml", tmp);

	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	ck_assert_int_eq(load(), DC_EUSER);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	ck_assert_int_eq(load(), DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "regular file"));
}
END_TEST

Suite *
buildfile_suite(void)
{
	Suite *s = suite_create("buildfile");
	TCase *tc = tcase_create("buildfile");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, parse__every_key_arrives);
	tcase_add_test(tc, parse__scalars_are_good_strings);
	tcase_add_test(tc, parse__a_hook_may_be_above_approot);
	tcase_add_test(tc, parse__anchors_and_merge_keys_work);
	tcase_add_test(tc,
	    parse__line_ends_and_a_byte_order_mark_do_not_matter);
	tcase_add_test(tc, parse__only_the_first_document_counts);
	tcase_add_test(tc, parse__misspelt_keys_are_warned_about);
	tcase_add_test(tc, parse__an_alias_bomb_is_refused);
	tcase_add_test(tc, parse__a_bomb_of_text_is_refused);
	tcase_add_test(tc, parse__deep_nesting_is_refused);
	tcase_add_test(tc, parse__nesting_up_to_the_limit_survives_json);
	tcase_add_test(tc, parse__sizes_are_limited);
	tcase_add_test(tc, env__is_what_build_scripts_get);
	tcase_add_test(tc, json__nothing_is_lost);
	tcase_add_test(tc, json__a_damaged_row_is_an_error);
	tcase_add_test(tc, types__keys_arrive);
	tcase_add_test(tc, types__a_mistake_is_the_operators);
	tcase_add_test(tc, load__reads_the_file);
	tcase_add_test(tc, load__a_missing_file_is_explained);
	tcase_add_test(tc, load__links_and_fifos_are_refused);
	suite_add_tcase(s, tc);
	return s;
}
