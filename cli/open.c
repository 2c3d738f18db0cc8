/* cli/open.c -- dcloud open: the application in a browser. */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/spawn.h"
#include "common/base/str.h"

extern char **environ;

/* Its first URL; NULL: it has none. Borrowed. */
static const char *
find_url(const struct dc_json *service)
{
	return dc_json_find_str(dc_json_at(dc_json_find(service, "domains"), 0),
	    "url");
}

/* The only service with a URL. */
static int
find_only(const char **url, const struct dc_json *services, struct dc_err *err)
{
	dc_auto_str struct dc_str names = {0};
	const char *found;
	size_t i, n = 0;

	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);

		found = find_url(s);
		if (found == NULL)
			continue;
		*url = found;
		dc_str_addf(&names, "%s%s", n++ > 0 ? ", " : "",
		    dc_json_find_str(s, "name"));
	}
	if (n == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "No URLs found for the application");
	if (n > 1)
		return dc_fail(err, DC_EINVAL,
		    "More than one service exposes an URL. Please specify the "
		    "name of the one you want to open: %s",
		    names.data);
	return 0;
}

static int
run_browser(const char *url, struct dc_err *err)
{
	const char *browser = getenv("BROWSER");
	char *argv[3] = {NULL, (char *)url, NULL};
	pid_t pid;
	int e, rc;

	argv[0] = browser != NULL && *browser != '\0' ? (char *)browser
						      : (char *)"xdg-open";
	e = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
	if (e != 0)
		return dc_fail(err, DC_EFAIL,
		    "Unable to spawn %s: %s. Set BROWSER, or open %s yourself.",
		    argv[0], strerror(e), url);
	rc = dc_spawn_wait(pid, err);
	return rc <= 0 ? rc
		       : dc_fail(err, DC_EFAIL,
			     "%s did not open %s (exit status %d)", argv[0],
			     url, rc);
}

int
open_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *a = NULL;
	const char *app, *name = cli->opts.args[0], *url = NULL;
	const struct dc_json *service;
	int rc;

	rc = cli_load_app(cli, &a, &app, err);
	if (rc == 0 && name != NULL) {
		rc = service_find(&service, a, name, err);
		if (rc == 0 && (url = find_url(service)) == NULL)
			rc = dc_fail(err, DC_ENOTFOUND,
			    "No URLs found for service \"%s\"", name);
	} else if (rc == 0) {
		rc = find_only(&url, dc_json_find(a, "services"), err);
	}
	if (rc < 0)
		return rc;
	/* It becomes an argument: nothing but a URL may look like one. */
	if (!dc_has_prefix(url, "http://") && !dc_has_prefix(url, "https://"))
		return dc_fail(err, DC_EFAIL,
		    "The server named a URL that is none: '%s'", url);
	ui_info("Opening %s", url);
	return run_browser(url, err);
}
