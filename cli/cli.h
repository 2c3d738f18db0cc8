/* cli/cli.h -- what every command gets, and the commands themselves. */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "cli/api.h"
#include "cli/config.h"
#include "cli/opts.h"
#include "common/base/err.h"

#define CLI_VERSION "0.1.0"

struct cli {
	struct opts opts;
	struct config config;   /* ~/.dcloud_cli                          */
	struct project project; /* nearest .dotcloud/config, if any       */
	struct api api;
	char *app; /* --application, or the project's; NULL: none */
	bool is_misused;
};

/* 0, or a dc_code with what to print in ERR: an empty message prints nothing.
 * DC_EUSER is for "the deployment failed", exit status 2. */
typedef int command_fn(struct cli *cli, struct dc_err *err);

/* RC, a failure that only other arguments can cure: main says it as it does
 * options that nobody knows, with the command's help. */
int cli_misuse(struct cli *cli, int rc);

/* The first word of commands that have several: "list", "add". */
struct verb {
	const char *name;
	int min, max; /* words behind it, -1: any number; NULL ends the list */
};

/* DC_EINVAL, misuse: the first word is none of VERBS, or has too few or too
 * many behind it. */
int cli_check_verb(struct cli *cli, const struct verb *verbs,
    struct dc_err *err);
bool cli_has_verb(const struct cli *cli, const char *verb);

/* The application that the command works on, checked; DC_EINVAL: none. */
int cli_find_app(struct cli *cli, const char **app, struct dc_err *err);
/* DC_ENOTFOUND: there is no APP, and how to make it. */
int cli_fail_missing(const char *app, struct dc_err *err);
void cli_warn_not_deployed(void);
/* "/applications/APP" + SUFFIX, the caller's to free. */
char *cli_format_path(const char *app, const char *suffix);
/* The application that the command works on, as the API describes it. */
int cli_load_app(struct cli *cli, struct dc_json **out, const char **app,
    struct dc_err *err);
/* For --json. */
void cli_print_json(const struct dc_json *j);

command_fn setup_run, check_run;
command_fn create_run, connect_run, disconnect_run, app_run, list_run;
command_fn destroy_run;
command_fn push_run, deploy_revision_run, revisions_run, dlist_run, dlogs_run;
command_fn logs_run, url_run, info_run, scale_run, env_run, domain_run;
command_fn maintenance_run, run_run;
command_fn suspend_run, resume_run, restart_run;
command_fn memory_run, traffic_run;
command_fn keys_run, tokens_run, collaborators_run;
command_fn activity_run, status_run, open_run, upgrade_run, cancel_run;
command_fn completion_run;
command_fn version_run, help_run, validate_run;

/* POSTs a deployment of REVISION (NULL: the running one), prints its log and,
 * at its end, where the application is. */
int deploy_submit(struct cli *cli, const char *app, const char *revision,
    struct dc_err *err);
/* As deploy_submit with the running revision; an application that was never
 * pushed has nothing to deploy, which is said and is success. */
int deploy_submit_again(struct cli *cli, const char *app, struct dc_err *err);

#endif
