/* tests/unit/test_buildfile_advice.c -- dotcloud.yml: what is warned about, old
 * places of keys, and what dc_buildfile_validate finds besides. The types are
 * those that come with the programs. */
#include <check.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/buildfile/buildfile.h"

Suite *buildfile_advice_suite(void);

static struct dc_err err;
static struct dc_types types;
static struct dc_buildfile file;

static void
setup(void)
{
	err = (struct dc_err)DC_ERR_INIT;
	ck_assert_msg(dc_types_load_own(&types, &err) == 0, "%s", err.msg);
}

static void
teardown(void)
{
	dc_buildfile_done(&file);
	dc_types_done(&types);
}

static int
parse(const char *text)
{
	dc_buildfile_done(&file);
	return dc_buildfile_parse(&file, text, strlen(text), &types, &err);
}

static int
validate(const char *text)
{
	char dir[] = "/tmp/dc-advice-XXXXXX";
	dc_auto_free char *path = NULL;
	int fd, rc;

	ck_assert_ptr_nonnull(mkdtemp(dir));
	path = dc_asprintf("%s/dotcloud.yml", dir);
	ck_assert_int_eq(dc_fs_save(path, text, strlen(text), 0644, NULL), 0);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	dc_buildfile_done(&file);
	rc = dc_buildfile_validate(&file, fd, DC_BUILDFILE_NAME, &types, &err);
	ck_assert_int_eq(close(fd), 0);
	ck_assert_int_eq(dc_fs_remove_tree(dir, NULL), 0);
	return rc;
}

#define OF(type, line) "www:\n  type: " type "\n" line "\n"

/* One line of a service, and the warning; NULL: there is none. */
static const struct {
	const char *text, *warning;
} lines[] = {
    {OF("python", "  postinstal: x"), "did you mean \"postinstall\"?"},
    {OF("python", "  post-install: x"), "did you mean \"postinstall\"?"},
    {OF("nodejs", "  proces: x"), "did you mean \"process\"?"},
    {OF("custom", "  system_packages: [a]"),
	"did you mean \"systempackages\"?"},
    {OF("python", "  requirement: [a]"), "did you mean \"requirements\"?"},
    {OF("custom", "  enviroment: {A: 1}"), "did you mean \"environment\"?"},
    {OF("custom", "  port: {a: tcp}"), "did you mean \"ports\"?"},
    {OF("nodejs", "  node_verson: 1"),
	"did you mean \"node_version\", below \"config\"?"},
    {OF("python", "  config: {uwsgi_proceses: 2}"),
	"unknown key \"uwsgi_proceses\" in the config of service \"www\" (line "
	"3 of dotcloud.yml): did you mean \"uwsgi_processes\"?"},
    {OF("python", "  config: {systempackages: [a]}"),
	"\"systempackages\" in the config of service \"www\" (line 3 of "
	"dotcloud.yml) has no effect: it belongs one level up, beside "
	"\"type\""},
    {OF("nodejs", "  ports: {web: http}"), NULL},
    {OF("custom", "  environment: {A: [x, 1]}"),
	"the variable \"A\" of service \"www\" (line 3 of dotcloud.yml) is a "
	"list: processes get it as text, ['x', 1]"},
    {OF("static", "---\ndb: {type: static}"),
	"only the first document of dotcloud.yml counts, not the one that "
	"begins in line 3"},
    {OF("ruby", "  ruby_version: 1.9.3"), NULL},
    {OF("ruby", "  ruby-version: 1.9.3"), NULL},
    {OF("ruby", "  exclude_bundler_groups: [test]"), NULL},
    {OF("ruby", "  config: {rack_env: production}"), NULL},
    {OF("python", "  config: {smtp_server: a, enable_newrelic: true}"),
	"\"smtp_server\", \"enable_newrelic\" in the config of service \"www\" "
	"(line 3 of dotcloud.yml): dotCloud knew them, they have no effect "
	"here"},
    {OF("php", "  config: {smtp_port: 25, phpfpm_processes: 2}"),
	"\"smtp_port\" in the config of service \"www\" (line 3 of "
	"dotcloud.yml): dotCloud knew it, it has no effect here"},
    {OF("static", "  config: {color: blue, size: 2}"),
	"\"color\", \"size\" in the config of service \"www\" (line 3 of "
	"dotcloud.yml): type \"static\" has no such keys, only hooks see "
	"them"},
    {OF("custom", "  config: {smtp_server: a, color: blue}"), NULL},
    {OF("python", "  config: {uwsgi-processes: 2}"), NULL},
    {OF("custom", "  config: {process: 2, uwsgi_proceses: 3}"), NULL},
    {OF("custom", "  hubot: {name: a}\n  node_version: v0.6.19"), NULL},
    {OF("custom", "  ports: {web: http, feed: tcp}"), NULL},
    {OF("python-worker", "  ports: {web: http}"), NULL},
    {OF("nodejs", "  ports: {http: http}"), NULL},
    {OF("static", "  healthcheck: {path: /}"), NULL},
    {OF("static", "  rollback: {within: 60, errors: '20'}"), NULL},
    {OF("static", "  rolback: true"), "did you mean \"rollback\"?"},
    {"---\nwww: {type: static}\n...\n", NULL},
};

START_TEST(parse__warns_of_what_is_hardly_meant)
{
	const char *text = lines[_i].text, *warning = lines[_i].warning;

	ck_assert_msg(parse(text) == 0, "%s%s", text, err.msg);
	if (warning == NULL) {
		ck_assert_msg(file.warnings.n == 0, "%s%s", text,
		    file.warnings.n > 0 ? file.warnings.v[0] : "");
		return;
	}
	ck_assert_msg(file.warnings.n == 1, "%s%zu warnings", text,
	    file.warnings.n);
	ck_assert_msg(strstr(file.warnings.v[0], warning) != NULL,
	    "%s%s\nexpected: %s", text, file.warnings.v[0], warning);
}
END_TEST

START_TEST(parse__old_places_of_config_keys_count)
{
	const struct dc_json *c;

	ck_assert_int_eq(parse("www:\n  ruby_version: ree\n  type: ruby\n"
			       "  exclude_bundler_groups: [test]\n"
			       "  config: {rack_env: a, x-y: b}\n"
			       "own: {type: custom, ruby_version: 1.9}\n"),
	    0);
	c = file.services[0].config;
	ck_assert_str_eq(dc_json_find_str(c, "ruby-version"), "ree");
	ck_assert_uint_eq(dc_json_size(
			      dc_json_find(c, "exclude_bundler_groups")),
	    1);
	ck_assert_str_eq(dc_json_find_str(c, "rack-env"), "a");
	ck_assert_ptr_null(dc_json_find(c, "rack_env"));
	ck_assert_str_eq(dc_json_find_str(c, "x-y"), "b");
	ck_assert_str_eq(dc_json_find_str(file.services[0].extras,
			     "ruby_version"),
	    "ree");
	ck_assert_uint_eq(dc_json_size(file.services[1].config), 0);
}
END_TEST

START_TEST(parse__config_itself_is_before_its_old_place)
{
	ck_assert_int_eq(parse("www:\n  ruby_version: ree\n  type: ruby\n"
			       "  config: {ruby-version: 1.9.3}\n"),
	    0);
	ck_assert_str_eq(dc_json_find_str(file.services[0].config,
			     "ruby-version"),
	    "1.9.3");
}
END_TEST

START_TEST(parse__a_list_as_a_variable_is_text)
{
	ck_assert_int_eq(parse("www:\n  type: custom\n  environment:\n"
			       "    A: [x]\n    B: {k: v}\n"),
	    0);
	ck_assert_str_eq(dc_pairs_find(&file.services[0].environment, "A"),
	    "['x']");
	ck_assert_str_eq(dc_pairs_find(&file.services[0].environment, "B"),
	    "{'k': 'v'}");
}
END_TEST

START_TEST(parse__the_types_own_port_is_one_only)
{
	ck_assert_int_eq(parse("www:\n  type: nodejs\n  ports:\n"
			       "    a: tcp\n    http: http\n    b: udp\n"),
	    0);
	ck_assert_uint_eq(file.services[0].ports.n, 2);
	ck_assert_str_eq(file.services[0].ports.v[1].name, "b");
	ck_assert_int_eq(parse("www: {type: nodejs, ports: {HTTP: tcp}}\n"),
	    DC_EUSER);
	ck_assert_msg(strstr(err.msg, "have a port \"http\" already") != NULL,
	    "%s", err.msg);
	ck_assert_int_eq(parse("www: {type: custom, ports: {http: tcp}}\n"), 0);
	ck_assert_uint_eq(file.services[0].ports.n, 1);
}
END_TEST

START_TEST(parse__another_encoding_is_named)
{
	static const char text[] = "\xff\xfew\0w\0w\0:\0";

	ck_assert_int_eq(dc_buildfile_parse(&file, text, sizeof(text) - 1,
			     &types, &err),
	    DC_EUSER);
	ck_assert_msg(strstr(err.msg, "save the file in the encoding UTF-8"),
	    "%s", err.msg);
}
END_TEST

START_TEST(validate__config_has_its_defaults)
{
	ck_assert_msg(validate("www: {type: python}\n") == 0, "%s", err.msg);
	ck_assert_int_eq(dc_json_find_int(file.services[0].config,
			     "uwsgi_processes", 0),
	    4);
}
END_TEST

START_TEST(validate__bad_values_have_their_place)
{
	ck_assert_int_eq(validate("www:\n  type: python\n  config:\n"
				  "    uwsgi-processes: many\n"),
	    DC_EUSER);
	ck_assert_str_eq(err.msg,
	    "config: uwsgi_processes is a number from 1 to 128, not 'many' in "
	    "\"dotcloud.yml\", line 4, column 22:\n"
	    "        uwsgi-processes: many\n                         ^");
	/* A push is told by the build, which knows the platform's types. */
	ck_assert_int_eq(parse("www:\n  type: python\n  config:\n"
			       "    uwsgi-processes: many\n"),
	    0);
}
END_TEST

START_TEST(validate__goes_on_after_types_that_are_not_here)
{
	ck_assert_int_eq(validate("db: {type: mysql}\nwww: {type: static}\n"
				  "data: {type: redis}\n"),
	    0);
	ck_assert_uint_eq(file.nservices, 3);
	ck_assert_uint_eq(file.errors.n, 2);
	ck_assert_msg(strstr(file.errors.v[0],
			  "The service type \"mysql\" is known, but not "
			  "available on this platform in \"dotcloud.yml\", "
			  "line "
			  "1, column 12:") == file.errors.v[0],
	    "%s", file.errors.v[0]);
	ck_assert_int_eq(validate("db: {type: lolita}\n"), DC_EUSER);
}
END_TEST

START_TEST(parse__names_all_types_that_are_not_here)
{
	ck_assert_int_eq(parse("a: {type: mysql}\nb: {type: static}\n"
			       "c: {type: redis}\nd: {type: lolita}\n"),
	    DC_EUSER);
	ck_assert_str_eq(err.msg,
	    "The service type \"mysql\" is known, but not available on this "
	    "platform in \"dotcloud.yml\", line 1, column 11:\n"
	    "    a: {type: mysql}\n              ^\n"
	    "Hint: run it elsewhere, name its address in \"environment:\" of "
	    "the services that need it, and take it out of this file\n"
	    "The service type \"redis\" is known, but not available on this "
	    "platform in \"dotcloud.yml\", line 3, column 11:\n"
	    "    c: {type: redis}\n              ^\n"
	    "Unrecognized service \"lolita\" in \"dotcloud.yml\", line 4, "
	    "column 11:\n    d: {type: lolita}\n              ^\n"
	    "Hint: the types of this platform are: custom, java, nodejs, perl, "
	    "perl-worker, php, php-worker, python, python-worker, ruby, "
	    "ruby-worker, static");
	ck_assert_int_eq(validate("a: {type: mysql}\nb: {type: lolita}\n"),
	    DC_EUSER);
	ck_assert_ptr_nonnull(strstr(err.msg, "\"mysql\" is known"));
}
END_TEST

Suite *
buildfile_advice_suite(void)
{
	Suite *s = suite_create("buildfile_advice");
	TCase *tc = tcase_create("buildfile_advice");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, parse__warns_of_what_is_hardly_meant, 0,
	    sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tc, parse__old_places_of_config_keys_count);
	tcase_add_test(tc, parse__config_itself_is_before_its_old_place);
	tcase_add_test(tc, parse__a_list_as_a_variable_is_text);
	tcase_add_test(tc, parse__the_types_own_port_is_one_only);
	tcase_add_test(tc, parse__another_encoding_is_named);
	tcase_add_test(tc, validate__config_has_its_defaults);
	tcase_add_test(tc, validate__bad_values_have_their_place);
	tcase_add_test(tc, validate__goes_on_after_types_that_are_not_here);
	tcase_add_test(tc, parse__names_all_types_that_are_not_here);
	suite_add_tcase(s, tc);
	return s;
}
