/* cli/table.c -- the commands. Parser, help and manual page come from here. */
#include "cli/cli.h"
#include "cli/opts.h"

#define NO_OPTS 0U
#define LOG_OPTS (OPT_NO_FOLLOW | OPT_LINES | OPT_JSON)

/* {name, arguments, fewest, most (-1: any), options, line, more, function} */
const struct command commands[] = {
    {"setup", "", 0, 0, OPT_API_KEY, "log in, and make the ssh key for pushes",
	"Asks for username and password (or reads them as two lines when "
	"input is not a terminal), and keeps an access token and an ssh key "
	"of its own in ~/.dcloud_cli. The private key never leaves this "
	"machine.",
	setup_run},
    {"check", "", 0, 0, NO_OPTS, "check that you are logged in",
	"Also sends the public ssh key again in case the server lost it.",
	check_run},
    {"list", "", 0, 0, OPT_JSON, "list your applications",
	"A star marks the one that the current directory is connected to.",
	list_run},
    {"create", "app", 1, 1, OPT_PROTOCOL | OPT_BRANCH | OPT_FLAVOR,
	"create an application",
	"The name is of a-z and 0-9. Offers to connect the current directory "
	"to it, with the options given saved for its pushes.",
	create_run},
    {"connect", "app", 1, 1, OPT_PROTOCOL | OPT_BRANCH,
	"connect the current directory to an application",
	"Writes .dotcloud/config, so that commands run below this directory "
	"need no --application. Push options given here are saved in it.",
	connect_run},
    {"disconnect", "", 0, 0, NO_OPTS,
	"forget the application of the current directory", "", disconnect_run},
    {"app", "", 0, 0, NO_OPTS, "print the connected application's name", "",
	app_run},
    {"push", "[path]", 0, 1,
	OPT_PROTOCOL | OPT_BRANCH | OPT_COMMIT | OPT_CLEAN | OPT_VERBOSE,
	"upload a directory and deploy it",
	"Without a path: the nearest connected parent directory, else the "
	"current one. The root of a git work tree is pushed with git, that of "
	"a Mercurial one with hg, anything else with rsync, unless an option "
	"or .dotcloud/config says otherwise. git and hg push what is "
	"committed, without submodules and subrepositories; rsync pushes the "
	"files, "
	"except .git, .hg, *.pyc and what .dotcloudignore lists (rsync's "
	"--exclude-from syntax). A mistake in dotcloud.yml is reported before "
	"anything is uploaded.",
	push_run},
    {"validate", "[path]", 0, 1, OPT_JSON,
	"check dotcloud.yml without pushing it",
	"Prints the services as a push would understand them, with what is "
	"missing in the directory, and exits 1 when a push would fail. Without "
	"a path: the current directory; a path may be a directory or the file. "
	"Nothing is sent and nobody is asked: only the service types that come "
	"with dcloud are known.",
	validate_run},
    {"deploy", "revision", 1, 1, OPT_CLEAN, "deploy an uploaded revision again",
	"The revision may be latest or previous. One that served until a few "
	"minutes ago is in reserve: then nothing has to be started.",
	deploy_revision_run},
    {"revisions", "", 0, 0, OPT_JSON, "list the uploaded revisions",
	"A star marks the running one.", revisions_run},
    {"dlist", "", 0, 0, OPT_JSON, "list the deployments",
	"Says which the platform has taken back (rollback: of the build file), "
	"and why.",
	dlist_run},
    {"dlogs", "[latest|ID] [service[.n]]", 0, 2, LOG_OPTS,
	"print the log of a deployment",
	"Follows it while the deployment is under way. Naming a service or "
	"an instance, or -n 0, turns following off.",
	dlogs_run},
    {"cancel", "[latest|ID]", 0, 1, NO_OPTS, "end a deployment under way",
	"What served before serves on. A deployment that moves the traffic "
	"already cannot be cancelled any more: deploy previous takes it back.",
	cancel_run},
    {"logs", "[service[.n]...]", 0, -1, LOG_OPTS,
	"print and follow the logs of the application",
	"Ctrl-C stops. A service stands for all its instances.", logs_run},
    {"url", "[service]", 0, 1, OPT_JSON, "print where the application is", "",
	url_run},
    {"info", "[service]", 0, 1, OPT_JSON,
	"describe the application or one service",
	"Names also the URL for pushes with plain git.", info_run},
    {"run", "service[.n] [--] [command [argument...]]", 1, ARGS_REST, NO_OPTS,
	"run a command, or a shell, in an instance",
	"Without a command: a login shell. One word is a line for the shell "
	"(\"cd current; ls *.py\"), several are a program and its arguments, "
	"which reach it as they are. Input, output and the exit status are the "
	"command's, so that pipes work both ways; there is a terminal when "
	"input and output are one. A service of several instances needs the "
	"number, www.0. The environment is that of processes, the directory "
	"~. What is left of it gets SIGHUP when the connection ends.",
	run_run},
    {"ssh", "service[.n] [--] [command [argument...]]", 1, ARGS_REST, NO_OPTS,
	"the same as run", "", run_run},
    {"open", "[service]", 0, 1, NO_OPTS, "open the application in a browser",
	"Runs $BROWSER, or xdg-open.", open_run},
    {"status", "[service]", 0, 1, OPT_JSON,
	"say for each instance whether it is up", "", status_run},
    {"activity", "", 0, 0, OPT_ALL | OPT_JSON, "list who did what",
	"Of the application, or of all of yours and your account.",
	activity_run},
    {"destroy", "[service]", 0, 1, NO_OPTS,
	"destroy the application or one service",
	"Asks first. What is destroyed does not come back.", destroy_run},
    {"scale", "service[:instances|:memory]=value...", 1, -1, NO_OPTS,
	"change the number of instances, or their memory",
	"Examples: www=3, db:memory=512M. Memory is rounded to a multiple of "
	"32M and changes at once; other instances mean a deployment.",
	scale_run},
    {"upgrade", "[service]", 0, 1, OPT_DRY_RUN | OPT_JSON,
	"build again what stands on an older base image",
	"Lists the services that were built on another base image than there "
	"is now, asks for each, and deploys the running revision with a clean "
	"build, which is one of all services.",
	upgrade_run},
    {"env", "list | set key=value... | unset key...", 1, -1, OPT_JSON,
	"list or change the environment variables",
	"A change is followed by a deployment of the running revision. When "
	"that fails the variables stay changed.",
	env_run},
    {"domain",
	"list | add service domain | rm service domain | cert service domain "
	"cert.pem [key.pem] | uncert service domain",
	1, 5, OPT_JSON, "list or change the host names of the application",
	"A service answers to each of its names; *.example.org stands for all "
	"names below it that nobody else has. The name works at once here; "
	"DNS must lead it to the platform, which add prints a record for. cert "
	"gives a domain a certificate for https: a PEM file with its chain, "
	"and the private key in the same file or in another. It is checked, "
	"replaces what was there, and goes with the domain; uncert takes it "
	"away. Nobody is shown the key again.",
	domain_run},
    {"maintenance", "on [--page file] | off", 1, 1, OPT_PAGE,
	"close the application for a while, or open it again",
	"While it is closed every request of all its services gets 503 and a "
	"page: the platform's, or the HTML of --page. It is at once, survives "
	"restarts and deployments, and info shows it. Deployments go on, so a "
	"new version can be there when it is opened.",
	maintenance_run},
    {"suspend", "[service]", 0, 1, OPT_FOR,
	"let requests wait, for a migration by hand",
	"New requests of the service, or of all services, wait in the router; "
	"what is under way ends, and then the command does, after 10 seconds "
	"at the latest. Nothing is refused meanwhile, and the time of --for "
	"ends it whatever happens. Deployments go on, and do not end it; info "
	"shows it.",
	suspend_run},
    {"resume", "[service]", 0, 1, NO_OPTS, "let them go on",
	"Workers that restart --suspended has started are told first: they "
	"get the message \"resume\".",
	resume_run},
    {"restart", "service.n | --suspended [service]", 0, 1,
	OPT_SUSPENDED | OPT_FOR, "start an instance again",
	"It gets no new requests, ends those it has, is stopped, and starts "
	"again with the same home directory; others answer meanwhile, and "
	"where there is no other one requests wait for it. The command does "
	"not wait. With --suspended requests wait as for suspend, all "
	"instances are started again with NODESOCKD_SUSPENDED=true in the "
	"environment of processes that have a channel, and the command ends "
	"when they are there; until resume, or the time of --for.",
	restart_run},
    {"memory", "service.n [1h|6h|1d|1w|1M]", 1, 2, OPT_JSON,
	"print how much memory an instance has used",
	"A row for each minute of the last hour or 6 hours, each ten minutes "
	"of "
	"the last day or week, each hour of the last 30 days (1M). Without a "
	"duration: 1h. On a terminal a small plot is below.",
	memory_run},
    {"traffic", "[service] [1h|6h|1d|1w|1M]", 0, 2, OPT_JSON,
	"print how requests were answered, and how fast",
	"Requests a second by the class of their status, and the mean times "
	"that they spent in the platform and in the application. Rows as those "
	"of memory.",
	traffic_run},
    {"collaborators", "list | add user | rm user", 1, 2, OPT_JSON,
	"let others work on the application",
	"They push, deploy, scale and look as you do, under the name "
	"APPLICATION-YOU; they neither destroy nor let others in. Who works on "
	"an application may take himself off.",
	collaborators_run},
    {"keys", "list | add file.pub | rm id", 1, 2, OPT_JSON,
	"list or change the ssh keys that push as you",
	"A star marks this machine's, which setup made and check sends again.",
	keys_run},
    {"tokens", "list | rm id", 1, 2, OPT_JSON, "list your log-ins, or end one",
	"A token is renewed silently while it is used; one that was not for 90 "
	"days after it expired is gone. A new password takes all of them back.",
	tokens_run},
    {"completion", "bash | zsh | fish", 1, 1, NO_OPTS,
	"print how a shell completes dcloud's commands",
	"For example eval \"$(dcloud completion bash)\" in ~/.bashrc.",
	completion_run},
    {"version", "", 0, 0, NO_OPTS, "print the version", "", version_run},
    {"help", "[command]", 0, 1, OPT_MAN, "print this help, or a command's", "",
	help_run},
    {0},
};
