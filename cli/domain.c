/* cli/domain.c -- dcloud domain list, add, rm, cert, uncert: host names of
 * one's own, and their certificates. */
#include <arpa/inet.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/str.h"

static void
print_domains(const struct dc_json *service)
{
	const struct dc_json *domains = dc_json_find(service, "domains");
	size_t i;

	for (i = 0; i < dc_json_size(domains); i++) {
		const struct dc_json *d = dc_json_at(domains, i);
		const char *ends = dc_json_find_str(d, "certificate_ends_at");

		(void)printf("%s: %s", dc_json_find_str(service, "name"),
		    dc_json_find_str(d, "host"));
		if (ends != NULL)
			(void)printf(" (certificate until %.10s)", ends);
		(void)putchar('\n');
	}
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

/* A name cannot be an alias of an address. */
static void
say_record(const char *domain, const char *gateway)
{
	struct in_addr address;

	ui_info("Now please add the following DNS record:");
	if (inet_pton(AF_INET, gateway, &address) == 1)
		(void)printf("%s. IN A %s\n", domain, gateway);
	else
		(void)printf("%s. IN CNAME %s.\n", domain, gateway);
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
	say_record(dc_json_find_str(made, "domain"),
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

/* The rest of ARGS: the certificate's file, and the key's. */
static int
load_certificate(struct dc_json *body, char *const *args, struct dc_err *err)
{
	static const char *const keys[] = {"certificate", "key"};
	int rc = 0;
	size_t i;

	for (i = 0; rc == 0 && i < 2 && args[i] != NULL; i++) {
		dc_auto_free char *text = NULL;

		rc = dc_fs_load(&text, NULL, args[i], DC_MAX_CERTIFICATE, err);
		if (rc == 0)
			dc_json_add_str(body, keys[i], text);
	}
	return rc;
}

static int
add_certificate(struct cli *cli, const char *app, struct dc_err *err)
{
	const char *service = cli->opts.args[1], *host = cli->opts.args[2];
	dc_auto_free char *domain = format_path(app, service, host);
	dc_auto_free char *path = dc_asprintf("%s/certificate", domain);
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_json struct dc_json *made = NULL;
	const char *ends;
	int rc = load_certificate(body, cli->opts.args + 3, err);

	if (rc == 0)
		rc = api_send_secret(&cli->api, &made, "PUT", path, body, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json) {
		cli_print_json(made);
		return 0;
	}
	ends = dc_json_find_str(made, "ends_at");
	ui_success("domain \"%s\" has a certificate until %.10s", host,
	    ends != NULL ? ends : "?");
	if (!dc_json_has_true(made, "https"))
		ui_warn("The platform does not listen for https: its operator "
			"can change that.");
	return 0;
}

static int
remove_certificate(struct cli *cli, const char *app, struct dc_err *err)
{
	const char *service = cli->opts.args[1], *host = cli->opts.args[2];
	dc_auto_free char *domain = format_path(app, service, host);
	dc_auto_free char *path = dc_asprintf("%s/certificate", domain);
	int rc = api_send(&cli->api, NULL, "DELETE", path, NULL, err);

	if (rc == 0)
		ui_success("certificate of \"%s\" deleted", host);
	return rc;
}

int
domain_run(struct cli *cli, struct dc_err *err)
{
	static const struct verb verbs[] = {{"list", 0, 0}, {"add", 2, 2},
	    {"rm", 2, 2}, {"remove", 2, 2}, {"cert", 3, 4}, {"uncert", 2, 2},
	    {0}};
	const char *app;
	int rc = cli_check_verb(cli, verbs, err);

	if (rc < 0)
		return rc;
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	if (cli_has_verb(cli, "list"))
		return list(cli, app, err);
	if (cli_has_verb(cli, "add"))
		return add(cli, app, err);
	if (cli_has_verb(cli, "cert"))
		return add_certificate(cli, app, err);
	if (cli_has_verb(cli, "uncert"))
		return remove_certificate(cli, app, err);
	return take_away(cli, app, err);
}
