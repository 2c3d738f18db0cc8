/* cli/upgrade.c -- dcloud upgrade: services that were built on an older base
 * image than there is now. */
#include <string.h>

#include "cli/cli.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

/* The image of an instance that is not the newest; NULL: all are on it. */
static const char *
find_old(const struct dc_json *service)
{
	const char *latest = dc_json_find_str(service, "latest_image_version");
	const struct dc_json *all = dc_json_find(service, "instances");
	size_t i;

	for (i = 0; latest != NULL && i < dc_json_size(all); i++) {
		const char *image =
		    dc_json_find_str(dc_json_at(all, i), "image_version");

		if (image == NULL || strcmp(image, latest) != 0)
			return image != NULL && *image != '\0' ? image
							       : "unknown";
	}
	return NULL;
}

struct upgrade {
	struct cli *cli;
	const char *app;
	struct dc_json *list; /* for --json */
	size_t wanted;
};

static void
look(struct upgrade *u, const struct dc_json *service)
{
	const char *name = dc_json_find_str(service, "name");
	const char *type = dc_json_find_str(service, "service_type");
	const char *latest = dc_json_find_str(service, "latest_image_version");
	const char *since = dc_json_find_str(service, "latest_image_at");
	const char *old = find_old(service);
	dc_auto_free char *question = NULL;
	struct dc_json *j;

	if (old == NULL)
		return;
	j = dc_json_new_object();
	dc_json_add_str(j, "service", name);
	dc_json_add_str(j, "from", old);
	dc_json_add_str(j, "to", latest);
	dc_json_add(u->list, NULL, j);
	if (u->cli->opts.json)
		return;
	(void)printf("%s can be automatically upgraded from %s/%s to %s/%s"
		     " (%.10s)\n",
	    name, type, old, type, latest, since != NULL ? since : "?");
	if (u->cli->opts.dry_run)
		return;
	question = dc_asprintf("Upgrade %s?", name);
	u->wanted += ui_is_confirmed(question, false);
}

static int
deploy(struct upgrade *u, const struct dc_json *a, struct dc_err *err)
{
	const char *revision = dc_json_find_str(a, "revision");

	if (revision == NULL)
		return dc_fail(err, DC_ENOTFOUND,
		    "Nothing of application \"%s\" is deployed", u->app);
	ui_info("Submitting a deployment request for a clean build of revision "
		"%s of application %s",
	    revision, u->app);
	u->cli->opts.clean = true;
	return deploy_submit(u->cli, u->app, revision, err);
}

int
upgrade_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *list = dc_json_new_array();
	dc_auto_json struct dc_json *a = NULL;
	struct upgrade u = {.cli = cli, .list = list};
	const struct dc_json *one = NULL, *all;
	size_t i;
	int rc;

	rc = cli_load_app(cli, &a, &u.app, err);
	if (rc == 0 && cli->opts.args[0] != NULL)
		rc = service_find(&one, a, cli->opts.args[0], err);
	if (rc < 0)
		return rc;
	all = dc_json_find(a, "services");
	for (i = 0; i < dc_json_size(all); i++)
		if (one == NULL || one == dc_json_at(all, i))
			look(&u, dc_json_at(all, i));
	if (cli->opts.json) {
		cli_print_json(list);
		return 0;
	}
	if (dc_json_size(list) == 0) {
		ui_success("All the services are up to date in %s", u.app);
		return 0;
	}
	if (cli->opts.dry_run)
		return 0;
	if (u.wanted == 0)
		return dc_fail(err, DC_EFAIL, "Nothing was upgraded.");
	return deploy(&u, a, err);
}
