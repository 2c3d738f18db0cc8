/* cli/opts.h -- the command line, parsed by the one table of commands. */
#ifndef CLI_OPTS_H
#define CLI_OPTS_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct cli;

/* Which options a command has besides the global ones. */
enum opt_bit {
	OPT_PROTOCOL = 1 << 0, /* --git --rsync --hg */
	OPT_BRANCH = 1 << 1,
	OPT_COMMIT = 1 << 2,
	OPT_CLEAN = 1 << 3,
	OPT_VERBOSE = 1 << 4,
	OPT_NO_FOLLOW = 1 << 5,
	OPT_LINES = 1 << 6,
	OPT_JSON = 1 << 7,
	OPT_FLAVOR = 1 << 8,
	OPT_API_KEY = 1 << 9,
	OPT_MAN = 1 << 10,
	OPT_GLOBAL = 1 << 11,
	OPT_PAGE = 1 << 12,
	OPT_FOR = 1 << 13,
	OPT_SUSPENDED = 1 << 14,
	OPT_ALL = 1 << 15,
	OPT_DRY_RUN = 1 << 16,
};

/* Any, and behind the first one options are words as well. */
#define ARGS_REST (-2)

struct opts {
	const struct command *command; /* NULL: none was named */
	const char *app, *branch, *commit, *lines, *flavor, *page, *seconds;
	bool debug, yes, no, version, help;
	bool git, rsync, hg, clean, verbose, no_follow, json, api_key, man;
	bool suspended, all, dry_run;
	long long nlines; /* of --lines; -1: not given */
	char **args;      /* the rest, borrowed from argv, NULL-terminated */
	int nargs;
};

struct command {
	const char *name;
	const char *args; /* as the usage line shows them */
	int min, max;     /* how many of them; max -1: any, or ARGS_REST */
	unsigned opts;    /* enum opt_bit */
	const char *help; /* one line, for lists */
	const char *more; /* the rest of the story */
	int (*run)(struct cli *cli, struct dc_err *err);
};

struct opt_spec {
	char letter; /* 0: none */
	const char *name, *value;
	unsigned bit;
	const char *help;
	size_t at; /* offset in struct opts */
};

extern const struct command commands[]; /* ends with name NULL */
extern const struct opt_spec opt_specs[];

/* Fills OPTS from ARGV, whose pointers are moved about. DC_EINVAL with
 * argparse's kind of message; opts->command may be set even then. */
int opts_parse(struct opts *opts, int argc, char **argv, struct dc_err *err);

const struct command *command_find(const char *name);

/* "usage: ..." and all help of COMMAND (NULL: of the program). */
void help_format(FILE *to, const struct command *command);

#endif
