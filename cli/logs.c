/* cli/logs.c -- dcloud logs: what the instances of an application print. */
#include <string.h>

#include "cli/cli.h"
#include "cli/follow.h"
#include "cli/http.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

/* "&lines=5&filter=www,db.1" */
static char *
format_query(const struct opts *o)
{
	struct dc_str query = {0};
	int i;

	if (o->nlines >= 0)
		dc_str_addf(&query, "&lines=%lld", o->nlines);
	for (i = 0; i < o->nargs; i++) {
		dc_auto_free char *one = http_escape(o->args[i]);

		dc_str_addf(&query, "%s%s", i == 0 ? "&filter=" : ",", one);
	}
	return dc_str_steal(&query);
}

/* Who follows what does not exist would wait for ever without a word. */
static int
warn_unknown(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *a = NULL;
	const struct dc_json *service;
	const char *app;
	int i, rc = cli_load_app(cli, &a, &app, err);

	for (i = 0; rc == 0 && i < cli->opts.nargs; i++) {
		const char *arg = cli->opts.args[i];
		dc_auto_free char *name = dc_strndup(arg, strcspn(arg, "."));

		if (service_find(&service, a, name, NULL) < 0)
			ui_warn("There is no service \"%s\" in %s.", name, app);
	}
	return rc;
}

int
logs_run(struct cli *cli, struct dc_err *err)
{
	const struct opts *o = &cli->opts;
	dc_auto_free char *query = format_query(o);
	enum follow_end end;
	struct follow f;
	const char *app;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc == 0 && o->nargs > 0 && !o->no_follow)
		rc = warn_unknown(cli, err);
	if (rc < 0)
		return rc;
	f = (struct follow){.app = app,
	    .query = query,
	    .json = o->json,
	    .tags = o->args,
	    .no_follow = o->no_follow};
	rc = follow_run(&f, &cli->api, &end, err);
	if (rc == 0 && end == FOLLOW_LOST)
		rc = dc_fail(err, DC_EFAIL, "The connection was lost.");
	if (rc == 0 && f.printed == 0 && o->nargs > 0 && o->nlines != 0)
		follow_warn_nothing(o->args[0]);
	follow_done(&f);
	return rc;
}
