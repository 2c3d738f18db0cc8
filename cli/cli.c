/* cli/cli.c -- see cli.h. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

int
cli_misuse(struct cli *cli, int rc)
{
	cli->is_misused = true;
	return rc;
}

int
cli_check_verb(struct cli *cli, const struct verb *verbs, struct dc_err *err)
{
	const struct opts *o = &cli->opts;
	const struct verb *v;
	int n = o->nargs - 1;

	for (v = verbs; v->name != NULL; v++) {
		if (strcmp(v->name, o->args[0]) != 0)
			continue;
		if (n < v->min)
			return cli_misuse(cli,
			    dc_fail(err, DC_EINVAL, "%s: too few arguments",
				v->name));
		if (v->max >= 0 && n > v->max)
			return cli_misuse(cli, dc_fail(err, DC_EINVAL,
						   "unrecognized arguments: %s",
						   o->args[v->max + 1]));
		return 0;
	}
	return cli_misuse(cli,
	    dc_fail(err, DC_EINVAL, "invalid choice: '%s'", o->args[0]));
}

bool
cli_has_verb(const struct cli *cli, const char *verb)
{
	return strcmp(cli->opts.args[0], verb) == 0;
}

/* One's own, "blog", or one that somebody shares, "blog-alice". */
static bool
is_name(const char *name)
{
	static const char chars[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t n = strspn(name, chars), m;

	if (n == 0 || n > DC_MAX_APP_NAME)
		return false;
	if (name[n] == '\0')
		return true;
	m = strspn(name + n + 1, chars);
	return name[n] == '-' && m > 0 && m <= DC_MAX_USER_NAME &&
	       name[n + 1 + m] == '\0';
}

int
cli_find_app(struct cli *cli, const char **app, struct dc_err *err)
{
	const char *name = cli->app;

	if (name == NULL)
		return dc_fail(err, DC_EINVAL,
		    "No application specified. Run this command from an "
		    "application directory or specify which application to "
		    "use with --application.");
	if (!is_name(name))
		return dc_fail(err, DC_EINVAL,
		    "Application name must contain only lower-case "
		    "alphanumerical characters (at most %d): \"%s\"",
		    DC_MAX_APP_NAME, name);
	*app = name;
	return 0;
}

int
cli_fail_missing(const char *app, struct dc_err *err)
{
	return dc_fail(err, DC_ENOTFOUND,
	    "Application \"%s\" doesn't exist. Try `dcloud create "
	    "<appname>`.",
	    app);
}

void
cli_warn_not_deployed(void)
{
	ui_warn("It looks like you haven't deployed your application.");
	ui_warn("Run dcloud push to deploy and see the information about your "
		"stack.");
}

char *
cli_format_path(const char *app, const char *suffix)
{
	return dc_asprintf("/applications/%s%s", app, suffix);
}

int
cli_load_app(struct cli *cli, struct dc_json **out, const char **app,
    struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	int rc = cli_find_app(cli, app, err);

	if (rc < 0)
		return rc;
	path = cli_format_path(*app, "");
	return api_get(&cli->api, out, path, err);
}

void
cli_print_json(const struct dc_json *j)
{
	dc_auto_free char *text = NULL;

	if (j != NULL)
		text = dc_json_format(j, DC_JSON_INDENT);
	(void)puts(text != NULL ? text : "null");
}
