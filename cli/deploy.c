/* cli/deploy.c -- starting deployments and looking at them: deploy,
 * revisions, dlist, dlogs. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "cli/line.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

/* KEY of OBJECT as text, whether it is a string or a number; the caller's. */
static char *
find_text(const struct dc_json *object, const char *key)
{
	const char *s = dc_json_find_str(object, key);
	int64_t n = dc_json_find_int(object, key, -1);

	if (s != NULL)
		return dc_strdup(s);
	return n >= 0 ? dc_asprintf("%" PRId64, n) : dc_strdup("-");
}

static int
say_where(struct cli *cli, const char *app, const char *revision,
    struct dc_err *err)
{
	dc_auto_free char *path = cli_format_path(app, "");
	dc_auto_json struct dc_json *application = NULL;
	dc_auto_free char *urls = NULL;
	int rc;

	rc = api_get(&cli->api, &application, path, err);
	if (rc < 0)
		return dc_wrap(err, DC_EFAIL,
		    "The application is live, but its URLs are not known");
	urls = service_format_all_urls(application, revision);
	if (*urls != '\0')
		ui_success("Application is live at %s", urls);
	else
		ui_success("Application is live");
	return 0;
}

/* The log may end, or get lost, without its last word: what does the store
 * say? FOLLOW_LOST: still under way, or not to be learned. */
static enum follow_end
find_end(struct cli *cli, const char *app, const char *id)
{
	dc_auto_free char *path = cli_format_path(app, "/deployments");
	dc_auto_json struct dc_json *all = NULL;
	const char *state;
	size_t i;

	if (api_get(&cli->api, &all, path, NULL) < 0)
		return FOLLOW_LOST;
	for (i = 0; i < dc_json_size(all); i++) {
		const struct dc_json *one = dc_json_at(all, i);
		dc_auto_free char *found = find_text(one, "deploy_id");

		state = dc_json_find_str(one, "state");
		if (strcmp(found, id) != 0 || state == NULL)
			continue;
		if (strcmp(state, "done") == 0)
			return FOLLOW_DONE;
		if (strcmp(state, "failed") == 0 ||
		    strcmp(state, "cancelled") == 0)
			return FOLLOW_FAILED;
	}
	return FOLLOW_LOST;
}

/* What the end of a followed deployment means for the exit status, unless it
 * is done. */
static int
fail_end(const char *id, enum follow_end end, struct dc_err *err)
{
	static const char hint[] = "the deployment is still running in the "
				   "background.\nSee its log with:\n\n    "
				   "dcloud dlogs";

	switch (end) {
	case FOLLOW_FAILED:
		return dc_fail(err, DC_EUSER, "%s", "");
	case FOLLOW_STOPPED:
		return dc_fail(err, DC_EFAIL,
		    "You've closed your log stream with Ctrl-C, but %s %s",
		    hint, id);
	case FOLLOW_DONE:
	case FOLLOW_LOST:
	case FOLLOW_OVER:
		break;
	}
	return dc_fail(err, DC_EFAIL, "The connection was lost, but %s %s",
	    hint, id);
}

int
deploy_submit(struct cli *cli, const char *app, const char *revision,
    struct dc_err *err)
{
	dc_auto_free char *path = cli_format_path(app, "/deployments");
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_json struct dc_json *made = NULL;
	dc_auto_free char *name = NULL;
	dc_auto_free char *id = NULL;
	enum follow_end end;
	struct follow f;
	int rc;

	dc_json_add_str(body, "revision", revision);
	dc_json_add_bool(body, "clean", cli->opts.clean);
	rc = api_send(&cli->api, &made, "POST", path, body, err);
	if (rc < 0)
		return rc;
	name = find_text(made, "revision");
	id = find_text(made, "deploy_id");
	ui_info("Deployment of revision %s scheduled for %s", name, app);
	f = (struct follow){.app = app,
	    .deploy_id = dc_strdup(id),
	    .is_patient = true};
	rc = follow_run(&f, &cli->api, &end, err);
	follow_done(&f);
	if (rc < 0)
		return rc;
	if (end == FOLLOW_OVER || end == FOLLOW_LOST)
		end = find_end(cli, app, id);
	if (end == FOLLOW_DONE)
		return say_where(cli, app, name, err);
	return fail_end(id, end, err);
}

int
deploy_submit_again(struct cli *cli, const char *app, struct dc_err *err)
{
	dc_auto_free char *path = cli_format_path(app, "/revision");
	int rc;

	rc = api_get(&cli->api, NULL, path, err);
	if (rc == DC_ENOTFOUND) {
		ui_info("Nothing of application %s is deployed yet: this "
			"takes effect with the first push",
		    app);
		return 0;
	}
	if (rc < 0)
		return rc;
	ui_info("Submitting a deployment request for application %s", app);
	return deploy_submit(cli, app, NULL, err);
}

int
deploy_revision_run(struct cli *cli, struct dc_err *err)
{
	const char *app, *revision = cli->opts.args[0];
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	ui_info("Submitting a deployment request for revision %s of "
		"application %s",
	    revision, app);
	return deploy_submit(cli, app, revision, err);
}

int
revisions_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = NULL;
	dc_auto_free char *path = NULL;
	const struct dc_json *one;
	const char *app;
	size_t i;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "/revisions");
	rc = api_get(&cli->api, &all, path, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json) {
		cli_print_json(all);
		return 0;
	}
	ui_info("Revisions for application %s:", app);
	for (i = 0; i < dc_json_size(all); i++) {
		dc_auto_free char *name = NULL;

		one = dc_json_at(all, i);
		name = find_text(one, "revision");
		(void)printf("%c %s\n",
		    dc_json_has_true(one, "current") ? '*' : ' ', name);
	}
	return 0;
}

/* Of one that is done and was given up, and of the one that did it. */
static const char *
error_of(const struct dc_json *deployment)
{
	const char *state = dc_json_find_str(deployment, "state");
	const char *error = dc_json_find_str(deployment, "error");

	return state != NULL && strcmp(state, "done") == 0 && error != NULL
		   ? error
		   : "";
}

static const char *
note_of(const struct dc_json *deployment)
{
	const char *state = dc_json_find_str(deployment, "state");

	if (dc_json_has_true(deployment, "is_rollback"))
		return "  the platform's rollback";
	if (state != NULL && strcmp(state, "failed") == 0)
		return "  failed";
	if (state != NULL && strcmp(state, "cancelled") == 0)
		return "  cancelled";
	return *error_of(deployment) != '\0' ? "  " : "";
}

static void
print_deployments(const struct dc_json *all, const char *app)
{
	size_t i, n = dc_json_size(all);

	(void)printf("deployment date     revision                 deploy_id "
		     "[application %s]\n",
	    app);
	for (i = 0; i < n; i++) {
		const struct dc_json *one = dc_json_at(all, i);
		const char *created = dc_json_find_str(one, "created_at");
		dc_auto_free char *date =
		    line_format_date(created != NULL ? created : "-");
		dc_auto_free char *revision = find_text(one, "revision");
		dc_auto_free char *id = find_text(one, "deploy_id");

		(void)printf("%-19.19s %-24s %s%s%s\n", date, revision, id,
		    note_of(one), error_of(one));
	}
	if (n >= 2) {
		dc_auto_free char *id =
		    find_text(dc_json_at(all, n - 2), "deploy_id");

		(void)printf("-- <hint> display previous deployment's "
			     "logs:\ndcloud dlogs %s\n",
		    id);
	}
	if (n >= 1)
		(void)printf("-- <hint> display latest deployment's logs:\n"
			     "dcloud dlogs latest\n");
}

int
dlist_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = NULL;
	dc_auto_free char *path = NULL;
	const char *app;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "/deployments");
	rc = api_get(&cli->api, &all, path, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json)
		cli_print_json(all);
	else
		print_deployments(all, app);
	return 0;
}

int
cancel_run(struct cli *cli, struct dc_err *err)
{
	const char *given = cli->opts.args[0], *app;
	dc_auto_free char *id = http_escape(given != NULL ? given : "latest");
	dc_auto_free char *suffix = dc_asprintf("/deployments/%s/cancel", id);
	dc_auto_json struct dc_json *ended = NULL;
	dc_auto_free char *path = NULL;
	dc_auto_free char *name = NULL;
	dc_auto_free char *state = NULL;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, suffix);
	ui_info("Cancelling the deployment of application %s", app);
	rc = api_send(&cli->api, &ended, "POST", path, NULL, err);
	if (rc < 0)
		return rc;
	name = find_text(ended, "deploy_id");
	state = find_text(ended, "state");
	if (strcmp(state, "cancelled") != 0) {
		ui_info("Deployment %s will be cancelled as soon as the "
			"platform gets to it",
		    name);
		return 0;
	}
	ui_success("Deployment %s is cancelled; what served before serves on.",
	    name);
	return 0;
}

int
dlogs_run(struct cli *cli, struct dc_err *err)
{
	const struct opts *o = &cli->opts;
	dc_auto_free char *query = NULL;
	enum follow_end end;
	struct follow f;
	const char *app;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	if (o->nlines >= 0)
		query = dc_asprintf("&lines=%lld", o->nlines);
	/* A service is looked for in what there is. */
	f = (struct follow){.app = app,
	    .deploy_id = dc_strdup(o->nargs > 0 ? o->args[0] : "latest"),
	    .query = query,
	    .json = o->json,
	    .tags = o->nargs > 1 ? o->args + 1 : NULL,
	    .no_follow = o->no_follow || o->nargs > 1 || o->nlines == 0};
	rc = follow_run(&f, &cli->api, &end, err);
	if (rc == 0 && f.tags != NULL && f.printed == 0)
		follow_warn_nothing(f.tags[0]);
	/* Only while there is something that goes on without us. */
	if (rc == 0 && (end == FOLLOW_LOST || end == FOLLOW_STOPPED) &&
	    find_end(cli, app, f.deploy_id) == FOLLOW_LOST)
		rc = fail_end(f.deploy_id, end, err);
	follow_done(&f);
	return rc;
}
