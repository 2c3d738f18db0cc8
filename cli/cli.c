/* cli/cli.c -- see cli.h. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

int
cli_find_app(struct cli *cli, const char **app, struct dc_err *err)
{
	const char *name = cli->app;

	if (name == NULL)
		return dc_fail(err, DC_EINVAL,
		    "No application specified. Run this command from an "
		    "application directory or specify which application to "
		    "use with --application.");
	if (*name == '\0' || strlen(name) > DC_MAX_APP_NAME ||
	    name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789")] != '\0')
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

char *
cli_format_path(const char *app, const char *suffix)
{
	return dc_asprintf("/applications/%s%s", app, suffix);
}

void
cli_print_json(const struct dc_json *j)
{
	dc_auto_free char *text = NULL;

	if (j != NULL)
		text = dc_json_format(j, DC_JSON_INDENT);
	(void)puts(text != NULL ? text : "null");
}
