/* cli/domain.c -- dcloud domain list, add, rm: host names of one's own. */
#include <string.h>

#include "cli/cli.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

static void
print_domains(const struct dc_json *service)
{
	const struct dc_json *domains = dc_json_find(service, "domains");
	size_t i;

	for (i = 0; i < dc_json_size(domains); i++)
		(void)printf("%s: %s\n", dc_json_find_str(service, "name"),
		    dc_json_find_str(dc_json_at(domains, i), "domain"));
}

static int
list(struct cli *cli, const char *app, struct dc_err *err)
{
	dc_auto_free char *path = cli_format_path(app, "/services");
	dc_auto_json struct dc_json *all = NULL;
	dc_auto_json struct dc_json *out = dc_json_new_object();
	size_t i;
	int rc = api_get(&cli->api, &all, path, err);

	if (rc < 0)
		return rc;
	for (i = 0; i < dc_json_size(all); i++) {
		const struct dc_json *s = dc_json_at(all, i);

		if (cli->opts.json)
			dc_json_add(out, dc_json_find_str(s, "name"),
			    dc_json_copy(dc_json_find(s, "domains")));
		else
			print_domains(s);
	}
	if (cli->opts.json)
		cli_print_json(out);
	return 0;
}

static char *
format_path(const char *app, const char *service, const char *host)
{
	dc_auto_free char *suffix = dc_asprintf("/services/%s/domains%s%s",
	    service, host[0] != '\0' ? "/" : "", host);

	return cli_format_path(app, suffix);
}

static int
add(struct cli *cli, const char *app, struct dc_err *err)
{
	const char *service = cli->opts.args[1], *host = cli->opts.args[2];
	dc_auto_free char *path = format_path(app, service, "");
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_json struct dc_json *made = NULL;
	int rc;

	dc_json_add_str(body, "domain", host);
	rc = api_send(&cli->api, &made, "POST", path, body, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json) {
		cli_print_json(made);
		return 0;
	}
	ui_success("domain \"%s\" created for \"%s\"", host, service);
	ui_info("Now please add the following DNS record:");
	(void)printf("%s. IN CNAME %s.\n", dc_json_find_str(made, "domain"),
	    dc_json_find_str(made, "gateway"));
	return 0;
}

static int
take_away(struct cli *cli, const char *app, struct dc_err *err)
{
	const char *service = cli->opts.args[1], *host = cli->opts.args[2];
	dc_auto_free char *path = format_path(app, service, host);
	int rc = api_send(&cli->api, NULL, "DELETE", path, NULL, err);

	if (rc == 0)
		ui_success("domain \"%s\" deleted from \"%s\"", host, service);
	return rc;
}

int
domain_run(struct cli *cli, struct dc_err *err)
{
	const char *app, *verb = cli->opts.args[0];
	int rc = cli_find_app(cli, &app, err);

	if (rc < 0)
		return rc;
	if (strcmp(verb, "list") == 0 && cli->opts.nargs == 1)
		return list(cli, app, err);
	if (strcmp(verb, "add") == 0 && cli->opts.nargs == 3)
		return add(cli, app, err);
	if ((strcmp(verb, "rm") == 0 || strcmp(verb, "remove") == 0) &&
	    cli->opts.nargs == 3)
		return take_away(cli, app, err);
	return dc_fail(err, DC_EINVAL,
	    "usage: dcloud domain list | add SERVICE DOMAIN | rm SERVICE"
	    " DOMAIN");
}
