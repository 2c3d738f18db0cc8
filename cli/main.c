/* cli/main.c -- dcloud: find the command, run it, report in one place. */
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/http.h"
#include "cli/ui.h"
#include "common/base/str.h"

/* Exit statuses of CONTRACT A. What is not listed is 1. */
static const struct {
	int code, status;
} statuses[] = {
    {DC_OK, 0}, {DC_EUSER, 2}, /* the deployment failed */
};

static int
find_status(int code)
{
	size_t i;

	for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		if (statuses[i].code == code)
			return statuses[i].status;
	return 1;
}

static bool
has_debug(const struct opts *opts)
{
	const char *debug = getenv("DCLOUD_DEBUG");

	return opts->debug ||
	       (debug != NULL && *debug != '\0' && strcmp(debug, "0") != 0);
}

/* What mends a damaged .dotcloud/config, or has no use for it, runs all the
 * same. */
static bool
needs_project(const struct command *c)
{
	static command_fn *const others[] = {setup_run, check_run, create_run,
	    connect_run, list_run, version_run, help_run, validate_run,
	    keys_run, tokens_run, completion_run};
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (c->run == others[i])
			return false;
	return true;
}

static int
run(struct cli *cli, struct dc_err *err)
{
	int rc;

	if (cli->opts.version)
		return version_run(cli, err);
	if (cli->opts.help) {
		help_format(stdout, cli->opts.command);
		return 0;
	}
	rc = config_load(&cli->config, err);
	if (rc < 0)
		return rc;
	rc = project_load(&cli->project, ".", err);
	if (rc < 0 && needs_project(cli->opts.command))
		return rc;
	config_set(&cli->app,
	    cli->opts.app != NULL ? cli->opts.app : cli->project.app);
	api_init(&cli->api, &cli->config);
	return cli->opts.command->run(cli, err);
}

/* Whenever that was: errno is another call's by now. */
static bool
is_reader_gone(void)
{
	struct pollfd p = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&p, 1, 0) > 0 && (p.revents & POLLERR) != 0;
}

/* What was asked for and not printed has not happened. */
static int
close_output(int status)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	/* One that has seen enough (`| head`) needs no words. */
	if (!is_reader_gone())
		(void)fprintf(stderr,
		    "Error: The output could not be written completely.\n");
	return status != 0 ? status : 1;
}

/* Always 1: usage is no success, and no failed deployment. */
static int
report_misuse(const struct opts *opts, const struct dc_err *err)
{
	(void)fprintf(stderr, "error: %s\n", err->msg);
	help_format(stderr, opts->command);
	return 1;
}

int
main(int argc, char **argv)
{
	struct dc_err err = DC_ERR_INIT;
	struct cli cli = {0};
	int rc, status;

	rc = opts_parse(&cli.opts, argc, argv, &err);
	if (rc < 0)
		return report_misuse(&cli.opts, &err);
	/* Connections may break under us; a stdout that did is seen there. */
	(void)signal(SIGPIPE, SIG_IGN);
	ui_init(cli.opts.yes, cli.opts.no);
	http_init(has_debug(&cli.opts));
	rc = run(&cli, &err);
	if (rc < 0 && cli.is_misused)
		(void)report_misuse(&cli.opts, &err);
	else if (rc < 0 && err.msg[0] != '\0')
		ui_error("%s", err.msg);
	status = close_output(find_status(rc));
	config_set(&cli.app, NULL);
	project_done(&cli.project);
	config_done(&cli.config);
	api_done(&cli.api);
	return status;
}
