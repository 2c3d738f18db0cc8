/* cli/maintenance.c -- dcloud maintenance on, off: the application is closed,
 * and a page says so. */
#include <string.h>

#include "cli/cli.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"

static int
turn_on(struct cli *cli, const char *path, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_free char *page = NULL;
	int rc = 0;

	if (cli->opts.page != NULL)
		rc = dc_fs_load(&page, NULL, cli->opts.page, DC_MAX_PAGE, err);
	if (rc == 0 && page != NULL)
		dc_json_add_str(body, "page", page);
	if (rc == 0)
		rc = api_send(&cli->api, NULL, "PUT", path, body, err);
	return rc;
}

int
maintenance_run(struct cli *cli, struct dc_err *err)
{
	static const struct verb verbs[] = {{"on", 0, 0}, {"off", 0, 0}, {0}};
	dc_auto_free char *path = NULL;
	const char *app = NULL;
	bool on = cli_has_verb(cli, "on");
	int rc = cli_check_verb(cli, verbs, err);

	if (rc == 0 && !on && cli->opts.page != NULL)
		rc = cli_misuse(cli,
		    dc_fail(err, DC_EINVAL, "argument --page: only with on"));
	if (rc == 0)
		rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "/maintenance");
	rc = on ? turn_on(cli, path, err)
		: api_send(&cli->api, NULL, "DELETE", path, NULL, err);
	if (rc == 0 && on)
		ui_success("\"%s\" is closed: every request gets 503 until"
			   " `dcloud maintenance off`",
		    app);
	else if (rc == 0)
		ui_success("\"%s\" is open", app);
	return rc;
}
