/* cli/completion.c -- dcloud completion: what a shell needs to complete our
 * command lines, from the table of commands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "common/base/auto.h"
#include "common/base/str.h"

static const char *const shells[] = {"bash", "zsh", "fish"};

/* What may follow as a word: the verbs of "list | add USER | rm USER", the
 * commands for help, the shells for ourselves. The caller's. */
static char *
format_words(const struct command *c)
{
	struct dc_str out = {0};
	const struct command *other;
	const char *p = c->args;
	size_t len;

	dc_str_add(&out, "");
	if (c->run == help_run)
		for (other = commands; other->name != NULL; other++)
			dc_str_addf(&out, "%s%s", out.len > 0 ? " " : "",
			    other->name);
	while (strchr(p, '|') != NULL || p != c->args) {
		len = strspn(p, "abcdefghijklmnopqrstuvwxyz");
		if (len > 0 && (p[len] == ' ' || p[len] == '\0'))
			dc_str_addf(&out, "%s%.*s", out.len > 0 ? " " : "",
			    (int)len, p);
		p = strstr(p, " | ");
		if (p == NULL)
			break;
		p += 3;
	}
	return dc_str_steal(&out);
}

/* "--json --lines -n" of BITS; the caller's. */
static char *
format_options(unsigned bits)
{
	const struct opt_spec *s;
	struct dc_str out = {0};

	dc_str_add(&out, "");
	for (s = opt_specs; s->name != NULL; s++) {
		if ((s->bit & bits) == 0)
			continue;
		dc_str_addf(&out, "%s--%s", out.len > 0 ? " " : "", s->name);
		if (s->letter != 0)
			dc_str_addf(&out, " -%c", s->letter);
	}
	return dc_str_steal(&out);
}

/* Single quotes of sh, fish and zsh's _describe, where ':' divides. */
static char *
quote(const char *text, bool is_zsh)
{
	struct dc_str out = {0};

	dc_str_add(&out, "'");
	for (; *text != '\0'; text++) {
		if (*text == '\'')
			dc_str_add(&out, "'\\''");
		else if (*text == ':' && is_zsh)
			dc_str_add(&out, "\\:");
		else
			dc_str_addn(&out, text, 1);
	}
	dc_str_add(&out, "'");
	return dc_str_steal(&out);
}

/* Two shells have the same case: COMMAND) VERBS='...' options='...' ;; */
static void
print_case(const char *verbs)
{
	const struct command *c;

	(void)puts("\tcase $command in");
	for (c = commands; c->name != NULL; c++) {
		dc_auto_free char *words = format_words(c);
		dc_auto_free char *options = format_options(c->opts);

		(void)printf("\t%s) %s='%s' options='%s' ;;\n", c->name, verbs,
		    words, options);
	}
	(void)puts("\tesac");
}

static void
print_bash(void)
{
	dc_auto_free char *global = format_options(OPT_GLOBAL);
	const struct command *c;

	(void)puts("# eval \"$(dcloud completion bash)\", in ~/.bashrc\n"
		   "_dcloud() {\n"
		   "\tlocal i word command= words= options=\n"
		   "\tlocal here=${COMP_WORDS[COMP_CWORD]}\n"
		   "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
		   "\t\tword=${COMP_WORDS[i]}\n"
		   "\t\tcase $word in\n"
		   "\t\t-A | --application) ((i++)) ;;\n"
		   "\t\t-*) ;;\n"
		   "\t\t*) command=$word; break ;;\n"
		   "\t\tesac\n"
		   "\tdone");
	print_case("words");
	(void)printf("\toptions+=' %s'\n"
		     "\t[ -n \"$command\" ] || words='",
	    global);
	for (c = commands; c->name != NULL; c++)
		(void)printf("%s%s", c == commands ? "" : " ", c->name);
	(void)puts("'\n"
		   "\tcase $here in -*) words=$options ;; esac\n"
		   "\tCOMPREPLY=($(compgen -W \"$words\" -- \"$here\"))\n"
		   "}\n"
		   "complete -o default -F _dcloud dcloud");
}

/* zsh's own name for the line's words is "words", so ours differ. */
static void
print_zsh(void)
{
	dc_auto_free char *global = format_options(OPT_GLOBAL);
	const struct command *c;

	(void)puts("#compdef dcloud\n"
		   "# eval \"$(dcloud completion zsh)\", in ~/.zshrc\n"
		   "_dcloud() {\n"
		   "\tlocal command= verbs= options= i\n"
		   "\tlocal -a all\n"
		   "\tfor ((i = 2; i < CURRENT; i++)); do\n"
		   "\t\tcase $words[i] in\n"
		   "\t\t-A | --application) ((i++)) ;;\n"
		   "\t\t-*) ;;\n"
		   "\t\t*) command=$words[i]; break ;;\n"
		   "\t\tesac\n"
		   "\tdone");
	print_case("verbs");
	(void)printf("\toptions+=' %s'\n", global);
	for (c = commands; c->name != NULL; c++) {
		dc_auto_free char *help = quote(c->help, true);

		(void)printf("\tall+=(%s:%s)\n", c->name, help);
	}
	(void)puts("\tcase $words[CURRENT] in\n"
		   "\t-*) compadd -- ${=options} ;;\n"
		   "\t*)\n"
		   "\t\tif [[ -z $command ]]; then\n"
		   "\t\t\t_describe command all\n"
		   "\t\telif [[ -n $verbs ]]; then\n"
		   "\t\t\tcompadd -- ${=verbs}\n"
		   "\t\telse\n"
		   "\t\t\t_files\n"
		   "\t\tfi ;;\n"
		   "\tesac\n"
		   "}\n"
		   "compdef _dcloud dcloud");
}

static void
print_fish(void)
{
	const struct command *c;
	const struct opt_spec *s;

	(void)puts("# dcloud completion fish | source, in config.fish");
	for (c = commands; c->name != NULL; c++) {
		dc_auto_free char *help = quote(c->help, false);
		dc_auto_free char *words = format_words(c);

		(void)printf("complete -c dcloud -n __fish_use_subcommand -a %s"
			     " -d %s\n",
		    c->name, help);
		if (*words != '\0')
			(void)printf("complete -c dcloud -f -n "
				     "'__fish_seen_subcommand_from %s' -a "
				     "'%s'\n",
			    c->name, words);
		for (s = opt_specs; s->name != NULL; s++) {
			dc_auto_free char *about = quote(s->help, false);
			char letter[8] = "";

			if ((s->bit & (c->opts | OPT_GLOBAL)) == 0)
				continue;
			if (s->letter != 0)
				(void)snprintf(letter, sizeof(letter), "-s %c ",
				    s->letter);
			(void)printf("complete -c dcloud -n "
				     "'__fish_seen_subcommand_from %s' %s-l %s"
				     "%s -d %s\n",
			    c->name, letter, s->name,
			    s->value != NULL ? " -r" : "", about);
		}
	}
}

int
completion_run(struct cli *cli, struct dc_err *err)
{
	static void (*const print[])(
	    void) = {print_bash, print_zsh, print_fish};
	size_t i;

	for (i = 0; i < sizeof(shells) / sizeof(shells[0]); i++)
		if (strcmp(cli->opts.args[0], shells[i]) == 0) {
			print[i]();
			return 0;
		}
	return cli_misuse(cli,
	    dc_fail(err, DC_EINVAL, "invalid choice: '%s'", cli->opts.args[0]));
}
