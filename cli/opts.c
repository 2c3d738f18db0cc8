/* cli/opts.c -- see opts.h. */
#include "cli/opts.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/str.h"

#define AT(field) offsetof(struct opts, field)

const struct opt_spec opt_specs[] = {
    {'A', "application", "NAME", OPT_GLOBAL,
	"work on this application instead of the connected one", AT(app)},
    {'D', "debug", NULL, OPT_GLOBAL,
	"print what is asked of the server and what it answers", AT(debug)},
    {'y', "assume-yes", NULL, OPT_GLOBAL, "answer yes to every question",
	AT(yes)},
    {'o', "assume-no", NULL, OPT_GLOBAL, "answer no to every question", AT(no)},
    {'v', "version", NULL, OPT_GLOBAL, "print the version", AT(version)},
    {'h', "help", NULL, OPT_GLOBAL, "print this help", AT(help)},
    {0, "git", NULL, OPT_PROTOCOL, "upload the commits of a git repository",
	AT(git)},
    {0, "rsync", NULL, OPT_PROTOCOL, "upload the files as they are", AT(rsync)},
    {0, "hg", NULL, OPT_PROTOCOL,
	"upload the commits of a Mercurial repository", AT(hg)},
    {'b', "branch", "BRANCH", OPT_BRANCH,
	"the branch to build (default: the one checked out)", AT(branch)},
    {'c', "commit", "HASH", OPT_COMMIT, "the commit to build", AT(commit)},
    {0, "clean", NULL, OPT_CLEAN,
	"build from nothing, not from the previous build", AT(clean)},
    {0, "verbose", NULL, OPT_VERBOSE, "show each file that travels",
	AT(verbose)},
    {'N', "no-follow", NULL, OPT_NO_FOLLOW,
	"print what there is and do not wait for more", AT(no_follow)},
    {'n', "lines", "N", OPT_LINES, "only the last N lines", AT(lines)},
    {0, "json", NULL, OPT_JSON, "print JSON, for programs", AT(json)},
    {'f', "flavor", "FLAVOR", OPT_FLAVOR, "the flavor (default: live)",
	AT(flavor)},
    {0, "api-key", NULL, OPT_API_KEY, "ask for an API key, not a password",
	AT(api_key)},
    {0, "page", "FILE", OPT_PAGE,
	"HTML, 64 KB at most, in place of the platform's page", AT(page)},
    {0, "for", "SECONDS", OPT_FOR,
	"how long requests wait at most, 1 to 600 (default: 60)", AT(seconds)},
    {0, "suspended", NULL, OPT_SUSPENDED,
	"all instances of the service, or of all, to wait for `dcloud resume`",
	AT(suspended)},
    {'a', "all", NULL, OPT_ALL, "of all your applications", AT(all)},
    {'n', "dry-run", NULL, OPT_DRY_RUN, "only say what would be done",
	AT(dry_run)},
    {0, "man", NULL, OPT_MAN, "print the manual page's source", AT(man)},
    {0, NULL, NULL, 0, NULL, 0},
};

struct parse {
	struct opts *opts;
	int argc, next;
	char **argv;
	unsigned seen; /* bits of options that the command must know */
	const char *first_foreign[32];
	struct dc_err *err;
};

const struct command *
command_find(const char *name)
{
	const struct command *c;

	for (c = commands; c->name != NULL; c++)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

static int
set_option(struct parse *p, const struct opt_spec *spec, const char *value)
{
	char *field = (char *)p->opts + spec->at;
	int bit = __builtin_ctz(spec->bit);

	p->seen |= spec->bit;
	if (p->first_foreign[bit] == NULL)
		p->first_foreign[bit] = spec->name;
	if (spec->value == NULL) {
		*(bool *)field = true;
		return 0;
	}
	if (value == NULL && p->next < p->argc)
		value = p->argv[p->next++];
	if (value == NULL)
		return dc_fail(p->err, DC_EINVAL,
		    "argument --%s: expected one argument", spec->name);
	*(const char **)field = value;
	return 0;
}

static int
parse_long(struct parse *p, const char *arg)
{
	const char *value = strchr(arg, '=');
	size_t len = value != NULL ? (size_t)(value - arg) : strlen(arg);
	const struct opt_spec *s;

	for (s = opt_specs; s->name != NULL; s++) {
		if (strlen(s->name) != len || strncmp(s->name, arg, len) != 0)
			continue;
		if (value != NULL && s->value == NULL)
			return dc_fail(p->err, DC_EINVAL,
			    "argument --%s: ignored explicit argument '%s'",
			    s->name, value + 1);
		return set_option(p, s, value != NULL ? value + 1 : NULL);
	}
	return dc_fail(p->err, DC_EINVAL, "unrecognized arguments: --%s", arg);
}

/* A letter may mean one thing to one command and another to others. */
static const struct opt_spec *
find_letter(const struct command *c, char letter)
{
	const struct opt_spec *s, *found = NULL;

	for (s = opt_specs; s->name != NULL; s++) {
		if (s->letter != letter)
			continue;
		if (c != NULL && (s->bit & c->opts) != 0)
			return s;
		if (found == NULL)
			found = s;
	}
	return found;
}

/* -yD, -n5, -n 5 */
static int
parse_short(struct parse *p, const char *arg)
{
	const struct opt_spec *s;
	int rc;

	for (; *arg != '\0'; arg++) {
		s = find_letter(p->opts->command, *arg);
		if (s == NULL)
			return dc_fail(p->err, DC_EINVAL,
			    "unrecognized arguments: -%s", arg);
		if (s->value != NULL)
			return set_option(p, s,
			    arg[1] != '\0' ? arg + 1 : NULL);
		rc = set_option(p, s, NULL);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The first word is the command, the others are its arguments. */
static int
parse_word(struct parse *p, char *arg)
{
	if (p->opts->command == NULL) {
		p->opts->command = command_find(arg);
		if (p->opts->command == NULL)
			return dc_fail(p->err, DC_EINVAL,
			    "invalid choice: '%s' (see the commands below)",
			    arg);
		return 0;
	}
	p->opts->args[p->opts->nargs++] = arg;
	p->opts->args[p->opts->nargs] = NULL;
	return 0;
}

static int
check_exclusive(const struct opts *o, struct dc_err *err)
{
	static const char text[] =
	    "argument --%s: not allowed with argument --%s";

	if (o->git && o->rsync)
		return dc_fail(err, DC_EINVAL, text, "rsync", "git");
	if (o->hg && (o->git || o->rsync))
		return dc_fail(err, DC_EINVAL, text, "hg",
		    o->git ? "git" : "rsync");
	if (o->branch != NULL && o->commit != NULL)
		return dc_fail(err, DC_EINVAL, text, "commit", "branch");
	if (o->yes && o->no)
		return dc_fail(err, DC_EINVAL, text, "assume-no", "assume-yes");
	return 0;
}

static int
check_command(struct parse *p)
{
	const struct opts *o = p->opts;
	unsigned foreign = p->seen & ~(unsigned)OPT_GLOBAL;

	if (o->help || o->version)
		return 0;
	if (o->command == NULL)
		return dc_fail(p->err, DC_EINVAL, "too few arguments");
	foreign &= ~o->command->opts;
	if (foreign != 0)
		return dc_fail(p->err, DC_EINVAL,
		    "unrecognized arguments: --%s",
		    p->first_foreign[__builtin_ctz(foreign)]);
	if (o->nargs < o->command->min)
		return dc_fail(p->err, DC_EINVAL, "too few arguments");
	if (o->command->max >= 0 && o->nargs > o->command->max)
		return dc_fail(p->err, DC_EINVAL, "unrecognized arguments: %s",
		    o->args[o->command->max]);
	return 0;
}

/* The options of a command for somewhere else are not ours. */
static bool
takes_rest(const struct opts *o)
{
	return o->command != NULL && o->command->max == ARGS_REST &&
	       o->nargs > 1;
}

int
opts_parse(struct opts *opts, int argc, char **argv, struct dc_err *err)
{
	struct parse p = {.opts = opts,
	    .argc = argc,
	    .next = 1,
	    .argv = argv,
	    .err = err};
	bool only_words = false;
	char *arg;
	int rc = 0;

	/* The words are collected in front, behind the reading position. */
	*opts = (struct opts){.args = argv, .nlines = -1};
	while (p.next < argc && rc == 0) {
		arg = argv[p.next++];
		only_words |= takes_rest(opts);
		if (only_words || arg[0] != '-' || arg[1] == '\0')
			rc = parse_word(&p, arg);
		else if (strcmp(arg, "--") == 0)
			only_words = true;
		else if (arg[1] == '-')
			rc = parse_long(&p, arg + 2);
		else
			rc = parse_short(&p, arg + 1);
	}
	if (opts->nargs == 0)
		opts->args[0] = NULL;
	if (rc == 0)
		rc = check_exclusive(opts, err);
	if (rc == 0)
		rc = check_command(&p);
	if (rc == 0 && opts->lines != NULL &&
	    !dc_is_number(opts->lines, 0, 1000000000, &opts->nlines))
		rc = dc_fail(err, DC_EINVAL,
		    "argument --lines: invalid int value: '%s'", opts->lines);
	return rc;
}
