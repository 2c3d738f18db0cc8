/* tests/unit/test_cli_run.c -- dcloud run: which instance, and what ssh is
 * told. */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "cli/opts.h"
#include "cli/run.h"
#include "cli/service.h"
#include "common/base/auto.h"

Suite *cli_run_suite(void);

#define UP(number, url)                                                        \
	"{\"instance_id\": " number ", \"state\": \"up\", \"ports\": ["        \
	"{\"name\": \"www\", \"url\": \"http://a/\"},"                         \
	"{\"name\": \"ssh\", \"url\": \"" url "\"}]}"
#define IN_STATE(number, state)                                                \
	"{\"instance_id\": " number ", \"state\": \"" state "\"}"
#define URL "ssh://dotcloud@10.0.0.1:40007"

static int
find(struct endpoint *e, long long *number, const char *instances,
    struct dc_err *err)
{
	dc_auto_free char *text =
	    dc_asprintf("{\"name\": \"www\", \"instances\": [%s]}", instances);
	dc_auto_json struct dc_json *service = NULL;

	ck_assert_int_eq(dc_json_parse(&service, text, strlen(text), NULL), 0);
	return run_find_endpoint(e, number, service, err);
}

START_TEST(find__the_only_one)
{
	struct dc_err err = DC_ERR_INIT;
	struct endpoint e = {0};
	long long number = -1;
	int rc = find(&e, &number, IN_STATE("4", "launching") "," UP("4", URL),
	    &err);

	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(number, 4);
	ck_assert_str_eq(e.user, "dotcloud");
	ck_assert_str_eq(e.host, "10.0.0.1");
	ck_assert_int_eq(e.port, 40007);
	endpoint_done(&e);
}
END_TEST

static const struct {
	long long number;
	const char *instances, *message;
} bad[] = {
    {-1, UP("1", URL) "," UP("0", URL) "," IN_STATE("1", "ready"),
	"There are multiple instances of service \"www\". Please specify the "
	"full instance name: www.0, www.1"},
    {7, UP("0", URL), "Not Found: Service (www) instance #7 does not exist"},
    {-1, "", "Not Found: Service (www) instance #0 does not exist"},
    {0, "{\"instance_id\": 0, \"state\": \"up\", \"ports\": []}",
	"No ssh endpoint for service (www) instance #0"},
    {0, IN_STATE("0", "down"),
	"Service (www) instance #0 is not up at the moment (down). The "
	"platform is bringing it back: try again soon."},
    {0, IN_STATE("0", "launching"),
	"Service (www) instance #0 is not up yet (launching): its deployment "
	"is under way."},
    {0, UP("0", "ssh://-oProxyCommand=x@h:1"),
	"The server named an endpoint that is not understood: "
	"'ssh://-oProxyCommand=x@h:1/'"},
    {0, UP("0", "ssh://u@-oProxyCommand=x:1"),
	"The server named an endpoint that is not understood: "
	"'ssh://u@-oProxyCommand=x:1/'"},
};

START_TEST(find__what_is_wrong_is_said)
{
	struct dc_err err = DC_ERR_INIT;
	struct endpoint e = {0};
	long long number = bad[_i].number;
	int rc = find(&e, &number, bad[_i].instances, &err);

	ck_assert_int_lt(rc, 0);
	ck_assert_str_eq(err.msg, bad[_i].message);
	ck_assert_ptr_null(e.host);
}
END_TEST

START_TEST(command__one_word_is_shell_text)
{
	char *one[] = {(char[]){"ls *.py | wc"}, NULL};
	char *none[] = {NULL};
	dc_auto_free char *text = run_format_command(one);
	dc_auto_free char *empty = run_format_command(none);

	ck_assert_str_eq(text, "ls *.py | wc");
	ck_assert_str_eq(empty, "");
}
END_TEST

START_TEST(command__several_words_arrive_as_they_are)
{
	char *words[] = {(char[]){"echo"}, (char[]){""}, (char[]){"a  b"},
	    (char[]){"it's"}, (char[]){"$x\n`y`"}, NULL};
	dc_auto_free char *text = run_format_command(words);

	ck_assert_str_eq(text, "'echo' '' 'a  b' 'it'\\''s' '$x\n`y`'");
}
END_TEST

static bool
has(const struct dc_strv *argv, const char *word)
{
	size_t i;

	for (i = 0; i < argv->n; i++)
		if (strcmp(argv->v[i], word) == 0)
			return true;
	return false;
}

START_TEST(ssh__trusts_nothing_but_what_we_say)
{
	dc_auto_strv struct dc_strv argv = {0};
	struct config config = {.key = (char[]){"/home/a b/50%/dcloud.key"}};
	struct endpoint e = {.user = (char[]){"dotcloud"},
	    .host = (char[]){"::1"},
	    .port = 40007};
	const struct run_ssh r = {.config = &config,
	    .endpoint = &e,
	    .known_hosts = "/home/a b/50%/ssh_host_app",
	    .alias = "ssh_host_app",
	    .command = "echo 'x'"};

	run_format_ssh(&argv, &r);
	ck_assert_str_eq(argv.v[0], "ssh");
	ck_assert(has(&argv, "-T"));
	ck_assert(has(&argv, "/home/a b/50%%/dcloud.key"));
	ck_assert(
	    has(&argv, "UserKnownHostsFile=\"/home/a b/50%%/ssh_host_app\""));
	ck_assert(has(&argv, "HostKeyAlias=ssh_host_app"));
	ck_assert(has(&argv, "StrictHostKeyChecking=yes"));
	ck_assert_str_eq(argv.v[argv.n - 2], "dotcloud@::1");
	ck_assert_str_eq(argv.v[argv.n - 1], "bash -l -c 'echo '\\''x'\\'''");
}
END_TEST

START_TEST(ssh__a_shell_has_no_command)
{
	dc_auto_strv struct dc_strv argv = {0};
	struct config config = {.key = (char[]){"key"}};
	struct endpoint e = {.user = (char[]){"dotcloud"},
	    .host = (char[]){"h"},
	    .port = 1};
	const struct run_ssh r = {.config = &config,
	    .endpoint = &e,
	    .known_hosts = "hosts",
	    .alias = "x",
	    .has_terminal = true,
	    .command = ""};

	run_format_ssh(&argv, &r);
	ck_assert(has(&argv, "-t"));
	ck_assert_str_eq(argv.v[argv.n - 1], "dotcloud@h");
}
END_TEST

START_TEST(options__those_of_the_command_are_its_own)
{
	char *argv[] = {(char[]){"dcloud"}, (char[]){"run"}, (char[]){"-A"},
	    (char[]){"blog"}, (char[]){"www.1"}, (char[]){"ls"}, (char[]){"-A"},
	    (char[]){"--"}, (char[]){"--json"}, NULL};
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	int rc = opts_parse(&o, 9, argv, &err);

	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(o.app, "blog");
	ck_assert_int_eq(o.nargs, 5);
	ck_assert_str_eq(o.args[0], "www.1");
	ck_assert_str_eq(o.args[2], "-A");
	ck_assert_str_eq(o.args[3], "--");
	ck_assert_str_eq(o.args[4], "--json");
}
END_TEST

START_TEST(options__two_dashes_behind_the_service_are_ours)
{
	char *argv[] = {(char[]){"dcloud"}, (char[]){"run"}, (char[]){"www"},
	    (char[]){"--"}, (char[]){"--x"}, (char[]){"--"}, NULL};
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	int rc = opts_parse(&o, 6, argv, &err);

	ck_assert_int_eq(rc, 0);
	ck_assert_int_eq(o.nargs, 3);
	ck_assert_str_eq(o.args[1], "--x");
	ck_assert_str_eq(o.args[2], "--");
}
END_TEST

static const struct {
	const char *text, *name;
	long long number;
	const char *message; /* NULL: none */
} names[] = {
    {"www", "www", -1, NULL},
    {"www.0", "www", 0, NULL},
    {"www.12", "www", 12, NULL},
    {"www.x", NULL, 0, "Invalid service instance identifier: www.x"},
    {"www.", NULL, 0, "Invalid service instance identifier: www."},
    {"www.-1", NULL, 0, "Invalid service instance identifier: www.-1"},
    {".0", NULL, 0, "Invalid service name \"\""},
    {"../x", NULL, 0, "Invalid service name \"\""},
};

START_TEST(instance__is_a_name_and_a_number)
{
	struct dc_err err = DC_ERR_INIT;
	dc_auto_free char *name = NULL;
	long long number = 0;
	int rc = service_parse_instance(&name, &number, names[_i].text, &err);

	if (names[_i].message != NULL) {
		ck_assert_int_eq(rc, DC_EINVAL);
		ck_assert_str_eq(err.msg, names[_i].message);
		return;
	}
	ck_assert_int_eq(rc, 0);
	ck_assert_str_eq(name, names[_i].name);
	ck_assert_int_eq(number, names[_i].number);
}
END_TEST

Suite *
cli_run_suite(void)
{
	Suite *s = suite_create("cli_run");
	TCase *tc = tcase_create("cli_run");

	tcase_add_test(tc, find__the_only_one);
	tcase_add_loop_test(tc, find__what_is_wrong_is_said, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, command__one_word_is_shell_text);
	tcase_add_test(tc, command__several_words_arrive_as_they_are);
	tcase_add_test(tc, ssh__trusts_nothing_but_what_we_say);
	tcase_add_test(tc, ssh__a_shell_has_no_command);
	tcase_add_test(tc, options__those_of_the_command_are_its_own);
	tcase_add_test(tc, options__two_dashes_behind_the_service_are_ours);
	tcase_add_loop_test(tc, instance__is_a_name_and_a_number, 0,
	    sizeof(names) / sizeof(names[0]));
	suite_add_tcase(s, tc);
	return s;
}
