/* cli/run.c -- dcloud run, dcloud ssh: a command or a shell in an instance. */
#include "cli/run.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/hosts.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"

#define BASE64                                                                 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

char *
run_format_command(char *const *args)
{
	struct dc_str out = {0};

	if (args[0] != NULL && args[1] == NULL)
		return dc_strdup(args[0]);
	for (; *args != NULL; args++) {
		dc_auto_free char *quoted = dc_appenv_quote(*args);

		dc_str_addf(&out, "%s%s", out.len > 0 ? " " : "", quoted);
	}
	return dc_str_steal(&out);
}

static long long
number_of(const struct dc_json *instance)
{
	return dc_json_find_int(instance, "instance_id", -1);
}

/* During a deployment there are two of each number. */
static int
find_only(long long *number, const struct dc_json *service, struct dc_err *err)
{
	const struct dc_json *all = dc_json_find(service, "instances");
	const char *name = dc_json_find_str(service, "name");
	dc_auto_str struct dc_str names = {0};
	long long found = 0, n, count = 0;
	size_t i;

	for (n = 0; n < DC_MAX_INSTANCES; n++) {
		for (i = 0; i < dc_json_size(all); i++)
			if (number_of(dc_json_at(all, i)) == n)
				break;
		if (i == dc_json_size(all))
			continue;
		dc_str_addf(&names, "%s%s.%lld", count > 0 ? ", " : "", name,
		    n);
		found = n;
		count++;
	}
	if (count > 1)
		return dc_fail(err, DC_EINVAL,
		    "There are multiple instances of service \"%s\". Please "
		    "specify the full instance name: %s",
		    name, names.data);
	*number = found;
	return 0;
}

/* The one that serves, else the last. */
static const struct dc_json *
find_instance(const struct dc_json *service, long long number)
{
	const struct dc_json *all = dc_json_find(service, "instances");
	const struct dc_json *found = NULL;
	const char *state;
	size_t i;

	for (i = 0; i < dc_json_size(all); i++) {
		if (number_of(dc_json_at(all, i)) != number)
			continue;
		found = dc_json_at(all, i);
		state = dc_json_find_str(found, "state");
		if (state != NULL && strcmp(state, "up") == 0)
			break;
	}
	return found;
}

static int
check_state(const struct dc_json *instance, const char *service,
    long long number, struct dc_err *err)
{
	static const char *const coming[] = {"creating", "installing",
	    "launching", "ready"};
	const char *state = dc_json_find_str(instance, "state");
	size_t i;

	if (state == NULL || strcmp(state, "up") == 0)
		return 0;
	for (i = 0; i < sizeof(coming) / sizeof(coming[0]); i++)
		if (strcmp(state, coming[i]) == 0)
			return dc_fail(err, DC_EFAIL,
			    "Service (%s) instance #%lld is not up yet (%s): "
			    "its deployment is under way.",
			    service, number, state);
	return dc_fail(err, DC_EFAIL,
	    "Service (%s) instance #%lld is not up at the moment (%s). The "
	    "platform is bringing it back: try again soon.",
	    service, number, state);
}

int
run_find_endpoint(struct endpoint *out, long long *number,
    const struct dc_json *service, struct dc_err *err)
{
	const char *name = dc_json_find_str(service, "name"), *url = NULL;
	const struct dc_json *instance, *ports;
	dc_auto_free char *whole = NULL;
	size_t i;
	int rc = *number < 0 ? find_only(number, service, err) : 0;

	if (rc < 0)
		return rc;
	instance = find_instance(service, *number);
	if (instance == NULL)
		return dc_fail(err, DC_ENOTFOUND,
		    "Not Found: Service (%s) instance #%lld does not exist",
		    name, *number);
	rc = check_state(instance, name, *number, err);
	if (rc < 0)
		return rc;
	ports = dc_json_find(instance, "ports");
	for (i = 0; i < dc_json_size(ports); i++) {
		const struct dc_json *port = dc_json_at(ports, i);
		const char *its = dc_json_find_str(port, "name");

		if (its != NULL && strcmp(its, "ssh") == 0)
			url = dc_json_find_str(port, "url");
	}
	if (url == NULL)
		return dc_fail(err, DC_ENOTFOUND,
		    "No ssh endpoint for service (%s) instance #%lld", name,
		    *number);
	whole = dc_asprintf("%s/", url);
	return endpoint_parse(out, whole, err);
}

/* The user's own ~/.ssh/config may say how the host is reached, and nothing
 * else. */
void
run_format_ssh(struct dc_strv *argv, const struct run_ssh *r)
{
	static const char *const options[] = {"IdentitiesOnly=yes",
	    "IdentityAgent=none", "StrictHostKeyChecking=yes",
	    "GlobalKnownHostsFile=/dev/null", "CheckHostIP=no",
	    "UpdateHostKeys=no", "PasswordAuthentication=no",
	    "KbdInteractiveAuthentication=no", "ForwardAgent=no",
	    "ForwardX11=no", "ClearAllForwardings=yes", "ControlPath=none",
	    "ServerAliveInterval=10", "LogLevel=ERROR", NULL};
	dc_auto_free char *key = hosts_format_file(r->config->key, false);
	dc_auto_free char *hosts = hosts_format_file(r->known_hosts, true);
	size_t i;

	dc_strv_add(argv, "ssh");
	dc_strv_add(argv, r->has_terminal ? "-t" : "-T");
	dc_strv_add(argv, "-i");
	dc_strv_add(argv, key);
	dc_strv_add(argv, "-o");
	dc_strv_addf(argv, "UserKnownHostsFile=%s", hosts);
	dc_strv_add(argv, "-o");
	dc_strv_addf(argv, "HostKeyAlias=%s", r->alias);
	for (i = 0; options[i] != NULL; i++) {
		dc_strv_add(argv, "-o");
		dc_strv_add(argv, options[i]);
	}
	dc_strv_add(argv, "-p");
	dc_strv_addf(argv, "%d", r->endpoint->port);
	dc_strv_addf(argv, "%s@%s", r->endpoint->user, r->endpoint->host);
	if (r->command[0] != '\0') {
		dc_auto_free char *quoted = dc_appenv_quote(r->command);

		dc_strv_addf(argv, "bash -l -c %s", quoted);
	}
}

/* One file for each application: what the API says of it now, so that no other
 * machine and no port of the past is mistaken for it. */
static int
save_known_host(char **path, const char *alias, const struct config *c,
    const struct dc_json *service, struct dc_err *err)
{
	const char *key = dc_json_find_str(service, "ssh_host_key");
	dc_auto_free char *file = dc_asprintf("%s/%s", c->dir, alias);
	dc_auto_free char *line = NULL;
	int rc;

	if (key == NULL || key[strspn(key, BASE64 "- ")] != '\0')
		return dc_fail(err, DC_EFAIL,
		    "The server named no host key for ssh.");
	line = dc_asprintf("%s %s\n", alias, key);
	rc = config_add_dir(c, err);
	if (rc == 0)
		rc = dc_fs_save(file, line, strlen(line), 0600, err);
	if (rc == 0)
		*path = dc_steal_ptr(&file);
	return rc;
}

static void
say_what(char *const *args, const char *service, long long number,
    const char *app)
{
	dc_auto_str struct dc_str words = {0};
	const char *where = "on service";

	for (; *args != NULL; args++)
		dc_str_addf(&words, "%s%s", words.len > 0 ? " " : "", *args);
	if (words.len > 0)
		ui_info("Executing \"%s\" %s (%s) instance #%lld "
			"(application %s)",
		    words.data, where, service, number, app);
	else
		ui_info("Opening a shell %s (%s) instance #%lld "
			"(application %s)",
		    where, service, number, app);
}

/* Becomes ssh: its signals, its terminal and its exit status are ours. */
static int
become(char *const argv[], struct dc_err *err)
{
	(void)fflush(stdout);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execvp(argv[0], argv);
	(void)signal(SIGPIPE, SIG_IGN);
	return dc_fail(err, DC_EFAIL, "Unable to spawn %s: %s", argv[0],
	    strerror(errno));
}

static int
enter(struct cli *cli, const char *app, const struct dc_json *service,
    long long number, struct dc_err *err)
{
	char *const *args = cli->opts.args + 1;
	dc_auto_free char *alias = dc_asprintf("ssh_host_%s", app);
	dc_auto_free char *command = run_format_command(args);
	dc_auto_free char *known_hosts = NULL;
	dc_auto_strv struct dc_strv argv = {0};
	struct endpoint e = {0};
	struct run_ssh ssh = {.config = &cli->config,
	    .endpoint = &e,
	    .alias = alias,
	    .has_terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
	    .command = command};
	int rc = run_find_endpoint(&e, &number, service, err);

	if (rc == 0)
		rc = save_known_host(&known_hosts, alias, &cli->config, service,
		    err);
	if (rc == 0) {
		ssh.known_hosts = known_hosts;
		run_format_ssh(&argv, &ssh);
		say_what(args, dc_json_find_str(service, "name"), number, app);
		rc = become(argv.v, err);
	}
	endpoint_done(&e);
	return rc;
}

int
run_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *a = NULL;
	dc_auto_free char *name = NULL, *path = NULL;
	const struct dc_json *service = NULL;
	long long number = -1;
	const char *app;
	int rc = cli_find_app(cli, &app, err);

	if (rc == 0)
		rc = service_parse_instance(&name, &number, cli->opts.args[0],
		    err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "");
	rc = api_get(&cli->api, &a, path, err);
	if (rc == 0)
		rc = service_find(&service, a, name, err);
	return rc == 0 ? enter(cli, app, service, number, err) : rc;
}
