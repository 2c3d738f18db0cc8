/* cli/suspend.c -- dcloud suspend, resume and restart: requests wait, and go
 * on; instances are started again. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

/* Of SERVICE, or of the whole application; the caller's. */
static int
format_path(char **out, const char *app, const char *service,
    struct dc_err *err)
{
	dc_auto_free char *suffix = NULL;
	int rc;

	if (service == NULL) {
		*out = cli_format_path(app, "/hold");
		return 0;
	}
	rc = service_check_name(service, strlen(service), err);
	if (rc < 0)
		return rc;
	suffix = dc_asprintf("/services/%s/hold", service);
	*out = cli_format_path(app, suffix);
	return 0;
}

/* "22:31:05" of "2026-11-20T22:31:05.123456Z". */
static void
say_held(const struct dc_json *services)
{
	size_t i;

	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);
		const char *until =
		    dc_json_find_str(dc_json_find(s, "hold"), "until");
		const char *name = dc_json_find_str(s, "name");

		if (until != NULL && name != NULL && strlen(until) > 19)
			ui_success("Requests of %s wait, until %.8s UTC or"
				   " `dcloud resume`",
			    name, until + 11);
	}
}

static bool
is_pending(const struct dc_json *i)
{
	const char *state = dc_json_find_str(i, "state");

	return state != NULL && (strcmp(state, "restarting") == 0 ||
				    (strcmp(state, "up") == 0 &&
					!dc_json_has_true(i, "suspended")));
}

/* The server waits, but not for ever. */
static int
check_suspended(const struct dc_json *services, struct dc_err *err)
{
	size_t i, k;

	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);
		const struct dc_json *all = dc_json_find(s, "instances");

		for (k = 0; k < dc_json_size(all); k++)
			if (is_pending(dc_json_at(all, k)))
				return dc_fail(err, DC_EFAIL,
				    "Not all instances of %s are suspended: see"
				    " `dcloud info %s`",
				    dc_json_find_str(s, "name"),
				    dc_json_find_str(s, "name"));
	}
	return 0;
}

/* Requests of SERVICE (NULL: all) wait; RESTARTS: and its instances are started
 * again, for what they wait as well. */
static int
hold(struct cli *cli, const char *service, bool restarts, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_json struct dc_json *services = NULL;
	dc_auto_free char *path = NULL;
	long long seconds = DC_SUSPEND_SECONDS;
	const char *app;
	int rc;

	if (cli->opts.seconds != NULL && !dc_is_number(cli->opts.seconds, 1,
					     DC_MAX_SUSPEND_SECONDS, &seconds))
		return cli_misuse(cli,
		    dc_fail(err, DC_EINVAL,
			"argument --for: a number of seconds from 1 to %d, not"
			" '%s'",
			DC_MAX_SUSPEND_SECONDS, cli->opts.seconds));
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	dc_json_add_int(body, "seconds", seconds);
	dc_json_add_bool(body, "restart", restarts);
	rc = format_path(&path, app, service, err);
	if (rc == 0)
		rc = api_send(&cli->api, &services, "PUT", path, body, err);
	if (rc < 0)
		return rc;
	say_held(services);
	return restarts ? check_suspended(services, err) : 0;
}

int
suspend_run(struct cli *cli, struct dc_err *err)
{
	return hold(cli, cli->opts.args[0], false, err);
}

int
resume_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	const char *app, *service = cli->opts.args[0];
	int rc = cli_find_app(cli, &app, err);

	if (rc == 0)
		rc = format_path(&path, app, service, err);
	if (rc == 0)
		rc = api_send(&cli->api, NULL, "DELETE", path, NULL, err);
	if (rc == 0)
		ui_success("Requests of %s go on",
		    service != NULL ? service : app);
	return rc;
}

static int
restart_one(struct cli *cli, const char *arg, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_free char *suffix = NULL;
	dc_auto_free char *path = NULL;
	dc_auto_free char *name = NULL;
	long long number = 0;
	const char *app;
	int rc = cli_find_app(cli, &app, err);

	if (rc == 0)
		rc = service_parse_one(&name, &number, arg, err);
	if (rc < 0)
		return rc;
	suffix =
	    dc_asprintf("/services/%s/instances/%lld/status", name, number);
	path = cli_format_path(app, suffix);
	dc_json_add_str(body, "status", "restart");
	rc = api_send(&cli->api, NULL, "PUT", path, body, err);
	if (rc == DC_ENOTFOUND)
		return dc_fail(err, rc, "Service (%s) instance #%lld not found",
		    name, number);
	if (rc == 0)
		ui_info("Service (%s) instance #%lld of application %s is"
			" being restarted.",
		    name, number, app);
	return rc;
}

int
restart_run(struct cli *cli, struct dc_err *err)
{
	if (cli->opts.suspended)
		return hold(cli, cli->opts.args[0], true, err);
	if (cli->opts.seconds != NULL)
		return cli_misuse(cli,
		    dc_fail(err, DC_EINVAL,
			"argument --for: only with --suspended"));
	return restart_one(cli, cli->opts.args[0], err);
}
