/* cli/apps.c -- applications, and the directories connected to them: create,
 * connect, disconnect, app, list, destroy. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/endpoint.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

int
app_run(struct cli *cli, struct dc_err *err)
{
	if (cli->project.app == NULL)
		return dc_fail(err, DC_EINVAL,
		    "This directory is not connected to an application.");
	(void)printf("%s\n", cli->project.app);
	return 0;
}

/* Writes .dotcloud/config in the current directory. */
static int
connect_here(struct cli *cli, const char *app, struct dc_err *err)
{
	const struct opts *o = &cli->opts;
	struct project p = {.app = (char *)app, .branch = (char *)o->branch};
	dc_auto_free char *here = getcwd(NULL, 0);
	int rc;

	if (here == NULL)
		return dc_fail_errno(err, "getcwd");
	p.root = here;
	p.protocol = o->git     ? PROTOCOL_GIT
		     : o->rsync ? PROTOCOL_RSYNC
		     : o->hg    ? PROTOCOL_HG
				: PROTOCOL_AUTO;
	ui_info("Connecting with the application \"%s\"", app);
	rc = project_save(&p, err);
	if (rc < 0)
		return rc;
	if (p.protocol == PROTOCOL_AUTO)
		ui_success("Connected; each push chooses between git, hg "
			   "and rsync%s%s",
		    p.branch != NULL ? ", --branch " : "",
		    p.branch != NULL ? p.branch : "");
	else
		ui_success("Connected with default push options: --%s%s%s",
		    protocol_flag(p.protocol),
		    p.branch != NULL ? " --branch " : "",
		    p.branch != NULL ? p.branch : "");
	return 0;
}

/* For who asked for git; a server that does not say is no failure. */
static void
say_git_url(struct cli *cli, const char *app)
{
	dc_auto_free char *url = NULL;

	if (cli->opts.git &&
	    endpoint_load_git_url(&url, &cli->api, app, NULL) == 0)
		ui_info("Plain git can push as well: git remote add dcloud %s",
		    url);
}

int
create_run(struct cli *cli, struct dc_err *err)
{
	const char *flavor =
	    cli->opts.flavor != NULL ? cli->opts.flavor : "live";
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_free char *question = NULL;
	const char *app;
	int rc;

	config_set(&cli->app, cli->opts.args[0]);
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	ui_info("Creating a %s application named \"%s\"", flavor, app);
	dc_json_add_str(body, "name", app);
	dc_json_add_str(body, "flavor", flavor);
	rc = api_send(&cli->api, NULL, "POST", "/applications", body, err);
	if (rc == DC_EBUSY)
		return dc_fail(err, rc, "Application \"%s\" already exists.",
		    app);
	if (rc == DC_EINVAL)
		return dc_wrap(err, rc, "Creating application \"%s\" failed",
		    app);
	if (rc < 0)
		return rc;
	ui_success("Application \"%s\" created.", app);
	say_git_url(cli, app);
	question = dc_asprintf("Connect the current directory to \"%s\"?", app);
	if (!ui_is_confirmed(question, true))
		return 0;
	return connect_here(cli, app, err);
}

int
connect_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	const char *app;
	int rc;

	config_set(&cli->app, cli->opts.args[0]);
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "");
	rc = api_get(&cli->api, NULL, path, err);
	if (rc == DC_ENOTFOUND)
		return cli_fail_missing(app, err);
	if (rc < 0)
		return rc;
	return connect_here(cli, app, err);
}

int
disconnect_run(struct cli *cli, struct dc_err *err)
{
	struct project here = {0};
	int rc = 0;

	/* Only this directory's own connection, never a parent's. */
	here.root = getcwd(NULL, 0);
	if (here.root == NULL)
		return dc_fail_errno(err, "getcwd");
	if (cli->project.root == NULL ||
	    strcmp(cli->project.root, here.root) != 0)
		rc = dc_fail(err, DC_EINVAL,
		    "The current directory is not connected to an "
		    "application.");
	if (rc == 0) {
		ui_info("Disconnecting the current directory from \"%s\"",
		    cli->project.app != NULL ? cli->project.app : "?");
		rc = project_remove(&here, err);
	}
	project_done(&here);
	return rc;
}

static int
by_name(const void *a, const void *b)
{
	const char *x = dc_json_find_str(*(struct dc_json *const *)a, "name");
	const char *y = dc_json_find_str(*(struct dc_json *const *)b, "name");

	return strcmp(x != NULL ? x : "", y != NULL ? y : "");
}

static void
print_apps(const struct dc_json *all, const char *connected)
{
	size_t i, n = dc_json_size(all), width = 0;
	dc_auto_free struct dc_json **sorted = NULL;

	sorted = dc_xcalloc(n, sizeof(struct dc_json *));
	for (i = 0; i < n; i++) {
		const char *name;

		sorted[i] = dc_json_at(all, i);
		name = dc_json_find_str(sorted[i], "name");
		if (name != NULL && strlen(name) > width)
			width = strlen(name);
	}
	qsort(sorted, n, sizeof(struct dc_json *), by_name);
	for (i = 0; i < n; i++) {
		const char *name = dc_json_find_str(sorted[i], "name");
		const char *flavor = dc_json_find_str(sorted[i], "flavor");
		bool is_here = name != NULL && connected != NULL &&
			       strcmp(name, connected) == 0;

		(void)printf("%c %-*s%s\n", is_here ? '*' : ' ', (int)width + 2,
		    name != NULL ? name : "?", flavor != NULL ? flavor : "");
	}
}

int
list_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = NULL;
	int rc;

	rc = api_get(&cli->api, &all, "/applications", err);
	if (rc < 0)
		return rc;
	if (cli->opts.json) {
		cli_print_json(all);
	} else if (dc_json_size(all) == 0) {
		ui_info("You don't have any application yet, create one with "
			"`dcloud create`");
	} else {
		print_apps(all, cli->project.app);
	}
	return 0;
}

/* The connection goes with the application it names. */
static int
remove_connection(struct cli *cli, const char *app, struct dc_err *err)
{
	if (cli->project.app == NULL || strcmp(cli->project.app, app) != 0)
		return 0;
	return project_remove(&cli->project, err);
}

int
destroy_run(struct cli *cli, struct dc_err *err)
{
	const char *app, *service = cli->opts.args[0];
	dc_auto_free char *name = NULL;
	dc_auto_free char *path = NULL;
	dc_auto_free char *suffix = NULL;
	dc_auto_free char *question = NULL;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	if (service != NULL)
		rc = service_check_name(service, strlen(service), err);
	if (rc < 0)
		return rc;
	suffix = dc_asprintf("%s%s", service != NULL ? "/services/" : "",
	    service != NULL ? service : "");
	path = cli_format_path(app, suffix);
	name = dc_asprintf("%s%s%s", app, service != NULL ? "." : "",
	    service != NULL ? service : "");
	question = dc_asprintf("Destroy the %s \"%s\"?",
	    service != NULL ? "service" : "application", name);
	if (!ui_is_confirmed(question, false))
		return dc_fail(err, DC_EFAIL, "Nothing was destroyed.");
	ui_info("Destroying \"%s\"", name);
	rc = api_send(&cli->api, NULL, "DELETE", path, NULL, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "The %s \"%s\" does not exist.",
		    service != NULL ? "service" : "application", name);
	if (rc < 0)
		return rc;
	ui_success("Destroyed.");
	return service == NULL ? remove_connection(cli, app, err) : 0;
}
