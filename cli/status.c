/* cli/status.c -- dcloud status: is each instance of a service up? */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

static void
print_status(const char *name, const struct dc_json *status)
{
	const struct dc_json *custom = dc_json_find(status, "custom");
	const char *word = dc_json_find_str(status, "status");
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	(void)printf("%s:  %s\n", name, word != NULL ? word : "?");
	while (dc_json_each(custom, &it, &key, &value)) {
		const char *text = dc_json_str(value);
		dc_auto_free char *clean =
		    dc_term_format_line(text != NULL ? text : "?", false);

		(void)printf("   %s -> %s\n", key, clean);
	}
}

struct probe {
	struct cli *cli;
	const char *app, *service;
	struct dc_json *out; /* NAME: status */
};

static int
probe_one(struct probe *p, int64_t number, struct dc_err *err)
{
	dc_auto_free char *name =
	    dc_asprintf("%s.%" PRId64, p->service, number);
	dc_auto_free char *suffix =
	    dc_asprintf("/services/%s/instances/%" PRId64 "/status", p->service,
		number);
	dc_auto_free char *path = cli_format_path(p->app, suffix);
	struct dc_json *status = NULL;
	int rc;

	/* The new and the old one of a deployment have the same number. */
	if (dc_json_find(p->out, name) != NULL)
		return 0;
	rc = api_get(&p->cli->api, &status, path, err);
	if (rc == DC_ENOTFOUND) /* it has gone meanwhile */
		return 0;
	if (rc < 0)
		return rc;
	if (!p->cli->opts.json)
		print_status(name, status);
	dc_json_add(p->out, name, status);
	return 0;
}

static int
probe_service(struct probe *p, const struct dc_json *service,
    struct dc_err *err)
{
	const struct dc_json *all = dc_json_find(service, "instances");
	size_t i;
	int rc = 0;

	p->service = dc_json_find_str(service, "name");
	ui_info("Probing status for service \"%s\"...", p->service);
	for (i = 0; i < dc_json_size(all) && rc == 0; i++)
		rc = probe_one(p,
		    dc_json_find_int(dc_json_at(all, i), "instance_id", 0),
		    err);
	if (rc == 0 && dc_json_size(all) == 0)
		ui_warn("Service \"%s\" has no instances.", p->service);
	return rc;
}

int
status_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *out = dc_json_new_object();
	dc_auto_json struct dc_json *a = NULL;
	const struct dc_json *one = NULL, *all;
	struct probe p = {.cli = cli, .out = out};
	size_t i;
	int rc;

	rc = cli_load_app(cli, &a, &p.app, err);
	if (rc == 0 && cli->opts.args[0] != NULL)
		rc = service_find(&one, a, cli->opts.args[0], err);
	if (rc < 0)
		return rc;
	all = dc_json_find(a, "services");
	if (one != NULL)
		rc = probe_service(&p, one, err);
	for (i = 0; one == NULL && i < dc_json_size(all) && rc == 0; i++)
		rc = probe_service(&p, dc_json_at(all, i), err);
	if (rc == 0 && cli->opts.json)
		cli_print_json(out);
	else if (rc == 0 && dc_json_size(all) == 0)
		cli_warn_not_deployed();
	return rc;
}
