/* cli/help.c -- what the table of commands says: help, version, and the
 * manual page. */
#include <string.h>

#include "cli/cli.h"
#include "cli/opts.h"
#include "common/base/auto.h"
#include "common/base/str.h"

#define WIDTH 78
#define INDENT 26

/* Words of TEXT, wrapped; the first line starts at column AT. */
static void
print_wrapped(FILE *to, const char *text, int indent, int at)
{
	size_t len;

	while (*text != '\0') {
		len = strcspn(text, " ");
		if (at > indent && at + 1 + (int)len > WIDTH) {
			(void)fprintf(to, "\n%*s", indent, "");
			at = indent;
		} else if (at > indent) {
			(void)fputc(' ', to);
			at++;
		}
		(void)fprintf(to, "%.*s", (int)len, text);
		at += (int)len;
		text += len;
		text += strspn(text, " ");
	}
	(void)fputc('\n', to);
}

static void
print_entry(FILE *to, const char *left, const char *right)
{
	int n = fprintf(to, "  %s", left);

	if (n >= INDENT)
		n = fprintf(to, "\n") - 1;
	(void)fprintf(to, "%*s", INDENT - n, "");
	print_wrapped(to, right, INDENT, INDENT);
}

static void
print_option(FILE *to, const struct opt_spec *s)
{
	dc_auto_free char *left = NULL;
	char letter[8] = "";

	if (s->letter != 0)
		(void)snprintf(letter, sizeof(letter), "-%c, ", s->letter);
	left = dc_asprintf("%s--%s%s%s", letter, s->name,
	    s->value != NULL ? " " : "", s->value != NULL ? s->value : "");
	print_entry(to, left, s->help);
}

static void
print_options(FILE *to, const char *title, unsigned bits)
{
	const struct opt_spec *s;
	bool has_title = false;

	for (s = opt_specs; s->name != NULL; s++) {
		if ((s->bit & bits) == 0)
			continue;
		if (!has_title)
			(void)fprintf(to, "\n%s:\n", title);
		has_title = true;
		print_option(to, s);
	}
}

static void
print_commands(FILE *to)
{
	const struct command *c;

	(void)fprintf(to, "\ncommands:\n");
	for (c = commands; c->name != NULL; c++)
		print_entry(to, c->name, c->help);
}

void
help_format(FILE *to, const struct command *c)
{
	if (c == NULL) {
		(void)fprintf(to,
		    "usage: dcloud [options] command [arguments]\n");
		print_commands(to);
	} else {
		(void)fprintf(to, "usage: dcloud %s%s%s%s\n\n", c->name,
		    c->opts != 0 ? " [options]" : "",
		    *c->args != '\0' ? " " : "", c->args);
		print_wrapped(to, c->help, 0, 0);
		if (*c->more != '\0') {
			(void)fputc('\n', to);
			print_wrapped(to, c->more, 0, 0);
		}
		print_options(to, "options", c->opts);
	}
	print_options(to, "global options", OPT_GLOBAL);
}

/* Text for mdoc: no line may begin with a control character of roff, and a
 * sentence begins a line. */
static void
print_roff(const char *text)
{
	const char *p;
	bool at_start = true;

	for (p = text; *p != '\0'; p++) {
		if (at_start && (*p == '.' || *p == '\''))
			(void)fputs("\\&", stdout);
		at_start = *p == ' ' && p > text && p[-1] == '.';
		if (at_start)
			(void)putchar('\n');
		else if (*p == '\\')
			(void)fputs("\\e", stdout);
		else if (*p == '-')
			(void)fputs("\\-", stdout);
		else
			(void)putchar(*p);
	}
	(void)putchar('\n');
}

static void
print_man_options(unsigned bits)
{
	const struct opt_spec *s;

	(void)puts(".Bl -tag -width Ds");
	for (s = opt_specs; s->name != NULL; s++) {
		if ((s->bit & bits) == 0)
			continue;
		(void)fputs(".It", stdout);
		if (s->letter != 0)
			(void)printf(" Fl %c ,", s->letter);
		(void)printf(" Fl \\-%s", s->name);
		(void)printf(s->value != NULL ? " Ar %s\n" : "\n", s->value);
		print_roff(s->help);
	}
	(void)puts(".El");
}

static void
print_man_commands(void)
{
	const struct command *c;

	for (c = commands; c->name != NULL; c++) {
		(void)printf(".Ss %s", c->name);
		(void)printf(*c->args != '\0' ? " %s\n" : "\n", c->args);
		print_roff(c->help);
		if (*c->more != '\0') {
			(void)puts(".Pp");
			print_roff(c->more);
		}
		if (c->opts != 0)
			print_man_options(c->opts);
	}
}

static const char man_head[] =
    ".\\\" Made from cli/table.c by `dcloud help --man`; edit that.\n"
    ".Dd November 20, 2026\n.Dt DCLOUD 1\n.Os\n.Sh NAME\n.Nm dcloud\n"
    ".Nd push applications and look after them\n.Sh SYNOPSIS\n.Nm\n"
    ".Op options\n.Ar command\n.Op Ar argument ...\n"
    ".Sh GLOBAL OPTIONS\nThey may stand before or after the command.\n";

static const char man_tail[] =
    ".Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
    ".It Ev DCLOUD_API_ENDPOINT\nwhere the server is, instead of what "
    "setup saved (http://127.0.0.1:8000/v1)\n"
    ".It Ev DCLOUD_API_KEY\nan API key, instead of a token\n"
    ".It Ev DCLOUD_CONFIG_DIR\ninstead of ~/.dcloud_cli\n"
    ".It Ev DCLOUD_DEBUG\nas\n.Fl \\-debug\n"
    ".It Ev DCLOUD_USERNAME\nwhose applications are meant, of those one "
    "works on\n"
    ".It Ev BROWSER\nwhat open runs\n"
    ".It Ev NO_COLOR\nno colours, even on a terminal\n"
    ".It Ev SETTINGS_FLAVOR\nends the names of config and dcloud.key, "
    "to keep accounts apart\n.El\n"
    ".Sh FILES\n.Bl -tag -width Ds\n"
    ".It Pa ~/.dcloud_cli/config\nendpoint, user and token\n"
    ".It Pa ~/.dcloud_cli/dcloud.key\nthe private ssh key of pushes\n"
    ".It Pa ~/.dcloud_cli/known_hosts\nthe servers' ssh keys, as first "
    "met\n"
    ".It Pa ~/.dcloud_cli/ssh_host_APP\nthe ssh key of the "
    "instances of an application, as the server named it\n"
    ".It Pa .dotcloud/config\nwhich application a directory is "
    "connected to\n"
    ".It Pa .dotcloudignore\nwhat rsync pushes leave out\n"
    ".It Pa dotcloud.yml\nthe services of the application\n.El\n"
    ".Sh PUSHING WITH PLAIN GIT\n"
    "A\n.Xr git-push 1\nis a push, too:\n"
    ".Bd -literal -offset indent\n"
    "git remote add dcloud ssh://dcloud@HOST:PORT/APP.git\n"
    "export GIT_SSH_COMMAND=\"ssh \\-i ~/.dcloud_cli/dcloud.key\"\n"
    "git push dcloud HEAD\n.Ed\n.Pp\n"
    ".Nm Cm info\nand\n.Nm Cm create Fl \\-git\nname the URL.\n"
    ".Sh FILES AND TUNNELS\n"
    "The key of pushes opens the instances as well, at the ssh port "
    "that\n.Nm Cm info\nnames for each:\n"
    ".Bd -literal -offset indent\n"
    "scp \\-i ~/.dcloud_cli/dcloud.key \\-P PORT dump.sql "
    "dotcloud@HOST:\n"
    "sftp \\-i ~/.dcloud_cli/dcloud.key \\-P PORT dotcloud@HOST\n"
    "rsync \\-a \\-e \"ssh \\-i ~/.dcloud_cli/dcloud.key \\-p PORT\" "
    "dir/ dotcloud@HOST:dir/\n"
    "ssh \\-i ~/.dcloud_cli/dcloud.key \\-p PORT \\-N "
    "\\-L 5432:localhost:5432 dotcloud@HOST\n.Ed\n.Pp\n"
    "Files and pipes also go through\n.Nm Cm run :\n"
    ".Bd -literal -offset indent\n"
    "dcloud run db \\-\\- psql shop < dump.sql\n"
    "dcloud run www tar c data > data.tar\n.Ed\n"
    ".Sh EXIT STATUS\n.Bl -tag -width Ds\n"
    ".It 0\nwhat was asked has happened\n"
    ".It 1\nit has not, wrong usage included\n"
    ".It 2\nthe deployment of push, deploy, scale, env or upgrade failed; "
    "the old version keeps serving\n.El\n.Pp\n"
    ".Cm run\nand\n.Cm ssh\nhave that of the command, 128 and the "
    "signal when one ended it, or 255 when there is no connection.\n"
    ".Sh SEE ALSO\n.Xr dotcloud.yml 5\n";

static void
print_man(void)
{
	(void)fputs(man_head, stdout);
	print_man_options(OPT_GLOBAL);
	(void)puts(".Sh COMMANDS");
	print_man_commands();
	(void)fputs(man_tail, stdout);
}

int
help_run(struct cli *cli, struct dc_err *err)
{
	const char *name = cli->opts.args[0];
	const struct command *c = NULL;

	if (cli->opts.man) {
		print_man();
		return 0;
	}
	if (name != NULL) {
		c = command_find(name);
		if (c == NULL) {
			cli->opts.command = NULL; /* the help lists them */
			return cli_misuse(cli,
			    dc_fail(err, DC_EINVAL,
				"invalid choice: '%s' (see the commands below)",
				name));
		}
	}
	help_format(stdout, c);
	return 0;
}

int
version_run(struct cli *cli, struct dc_err *err)
{
	(void)cli;
	(void)err;
	(void)printf("dcloud/%s\n", CLI_VERSION);
	return 0;
}
