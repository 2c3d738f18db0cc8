/* tests/unit/test_cli_opts.c -- cli: the command line and its table. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/opts.h"
#include "cli/service.h"
#include "common/base/auto.h"
#include "common/base/str.h"

Suite *cli_opts_suite(void);

/* opts_parse moves pointers about in argv, so what to free is kept aside. */
struct line {
	char **argv, **all;
	size_t n;
};

/* TEXT is cut at spaces. */
static int
parse_line(struct opts *opts, struct line *l, const char *text,
    struct dc_err *err)
{
	dc_auto_free char *copy = dc_strdup(text);
	char *word, *save = NULL;

	*l = (struct line){.all = dc_xcalloc(64, sizeof(char *))};
	l->argv = dc_xcalloc(64, sizeof(char *));
	l->all[l->n++] = dc_strdup("dcloud");
	for (word = strtok_r(copy, " ", &save); word != NULL;
	     word = strtok_r(NULL, " ", &save))
		l->all[l->n++] = dc_strdup(word);
	memcpy(l->argv, l->all, l->n * sizeof(char *));
	return opts_parse(opts, (int)l->n, l->argv, err);
}

static void
line_done(struct line *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		free(l->all[i]);
	free(l->all);
	free(l->argv);
}

static const char *const global_lines[] = {
    "-A blog push --clean src",
    "push -A blog --clean src",
    "push src --clean --application blog",
    "push --application=blog src --clean",
    "push --clean -Ablog src",
};

START_TEST(parse__global_options_stand_anywhere)
{
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	struct line l;
	int rc = parse_line(&o, &l, global_lines[_i], &err);

	ck_assert_int_eq(rc, DC_OK);
	ck_assert_str_eq(o.command->name, "push");
	ck_assert_str_eq(o.app, "blog");
	ck_assert(o.clean);
	ck_assert_int_eq(o.nargs, 1);
	ck_assert_str_eq(o.args[0], "src");
	ck_assert_ptr_null(o.args[1]);
	line_done(&l);
}
END_TEST

static const struct {
	const char *text, *message;
} bad[] = {
    {"", "too few arguments"},
    {"frob", "invalid choice: 'frob' (see the commands below)"},
    {"create", "too few arguments"},
    {"push a b", "unrecognized arguments: b"},
    {"push --frob", "unrecognized arguments: --frob"},
    {"push -x", "unrecognized arguments: -x"},
    {"list --clean", "unrecognized arguments: --clean"},
    {"push --branch", "argument --branch: expected one argument"},
    {"push --clean=1", "argument --clean: ignored explicit argument '1'"},
    {"push --git --rsync", "argument --rsync: not allowed with argument --git"},
    {"create --hg --git a", "argument --hg: not allowed with argument --git"},
    {"push -b a -c b", "argument --commit: not allowed with argument --branch"},
    {"-y -o list",
	"argument --assume-no: not allowed with argument --assume-yes"},
    {"dlogs -n x", "argument --lines: invalid int value: 'x'"},
    {"dlogs -n -1", "argument --lines: invalid int value: '-1'"},
};

START_TEST(parse__mistakes_are_named)
{
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	struct line l;
	int rc = parse_line(&o, &l, bad[_i].text, &err);

	ck_assert_int_eq(rc, DC_EINVAL);
	ck_assert_str_eq(err.msg, bad[_i].message);
	line_done(&l);
}
END_TEST

static const struct {
	const char *text, *message; /* NULL: good */
} verb_lines[] = {
    {"keys list", NULL},
    {"keys add file", NULL},
    {"keys frob", "invalid choice: 'frob'"},
    {"keys add", "add: too few arguments"},
    {"keys list file", "unrecognized arguments: file"},
    {"env set A=1 B=2 C=3", NULL},
};

START_TEST(check_verb__wrong_words_are_wrong_usage)
{
	static const struct verb verbs[] = {{"list", 0, 0}, {"add", 1, 1},
	    {"set", 1, -1}, {0}};
	const char *message = verb_lines[_i].message;
	struct dc_err err = DC_ERR_INIT;
	struct cli cli = {0};
	struct line l;
	int parsed = parse_line(&cli.opts, &l, verb_lines[_i].text, &err);
	int rc = cli_check_verb(&cli, verbs, &err);

	ck_assert_int_eq(parsed, DC_OK);
	ck_assert_int_eq(rc, message != NULL ? DC_EINVAL : DC_OK);
	ck_assert_int_eq(cli.is_misused, message != NULL);
	if (message != NULL)
		ck_assert_str_eq(err.msg, message);
	line_done(&l);
}
END_TEST

static const struct {
	const char *text, *message;
} instances[] = {
    {NULL, "You must specify a service and instance, e.g. \"www.0\""},
    {"www", "You must specify a service and instance, e.g. \"www.0\""},
    {"www.x", "Invalid service instance identifier: www.x"},
    {"www.-1", "Invalid service instance identifier: www.-1"},
    {".0", "Invalid service name \"\""},
    {"www.12", NULL},
};

START_TEST(parse_one__wants_a_service_and_a_number)
{
	const char *message = instances[_i].message;
	dc_auto_free char *name = NULL;
	struct dc_err err = DC_ERR_INIT;
	long long number = -7;
	int rc = service_parse_one(&name, &number, instances[_i].text, &err);

	ck_assert_int_eq(rc, message != NULL ? DC_EINVAL : DC_OK);
	ck_assert_int_eq(number, message != NULL ? -7 : 12);
	if (message != NULL)
		ck_assert_str_eq(err.msg, message);
	else
		ck_assert_str_eq(name, "www");
}
END_TEST

START_TEST(parse__short_options_combine)
{
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	struct line l;
	int rc = parse_line(&o, &l, "dlogs -Nn5 latest www.0", &err);

	ck_assert_int_eq(rc, DC_OK);
	ck_assert(o.no_follow);
	ck_assert_int_eq(o.nlines, 5);
	ck_assert_int_eq(o.nargs, 2);
	ck_assert_str_eq(o.args[1], "www.0");
	line_done(&l);
}
END_TEST

START_TEST(parse__after_two_dashes_all_are_words)
{
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	struct line l;
	int rc = parse_line(&o, &l, "logs -- -N --json", &err);

	ck_assert_int_eq(rc, DC_OK);
	ck_assert(!o.no_follow);
	ck_assert_int_eq(o.nargs, 2);
	ck_assert_str_eq(o.args[0], "-N");
	ck_assert_int_eq(o.nlines, -1);
	line_done(&l);
}
END_TEST

START_TEST(parse__help_needs_no_arguments)
{
	struct dc_err err = DC_ERR_INIT;
	struct opts o;
	struct line l;
	int rc = parse_line(&o, &l, "create --help", &err);

	ck_assert_int_eq(rc, DC_OK);
	ck_assert(o.help);
	ck_assert_str_eq(o.command->name, "create");
	line_done(&l);
}
END_TEST

START_TEST(table__every_command_is_whole_and_in_the_help)
{
	dc_auto_free char *text = NULL;
	const struct command *c;
	size_t len = 0;
	FILE *to = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(to);
	help_format(to, NULL);
	(void)fclose(to);
	for (c = commands; c->name != NULL; c++) {
		ck_assert_ptr_nonnull(c->run);
		ck_assert_ptr_nonnull(c->more);
		ck_assert_ptr_nonnull(strstr(text, c->help));
		ck_assert_ptr_eq(command_find(c->name), c);
		ck_assert(c->max < 0 || c->min <= c->max);
	}
}
END_TEST

Suite *
cli_opts_suite(void)
{
	Suite *s = suite_create("cli_opts");
	TCase *tc = tcase_create("cli_opts");

	tcase_add_loop_test(tc, parse__global_options_stand_anywhere, 0,
	    sizeof(global_lines) / sizeof(global_lines[0]));
	tcase_add_loop_test(tc, parse__mistakes_are_named, 0,
	    sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(tc, parse__short_options_combine);
	tcase_add_test(tc, parse__after_two_dashes_all_are_words);
	tcase_add_test(tc, parse__help_needs_no_arguments);
	tcase_add_test(tc, table__every_command_is_whole_and_in_the_help);
	tcase_add_loop_test(tc, check_verb__wrong_words_are_wrong_usage, 0,
	    sizeof(verb_lines) / sizeof(verb_lines[0]));
	tcase_add_loop_test(tc, parse_one__wants_a_service_and_a_number, 0,
	    sizeof(instances) / sizeof(instances[0]));
	suite_add_tcase(s, tc);
	return s;
}
