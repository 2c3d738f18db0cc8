/* cli/setup.c -- dcloud setup and check: who you are, and the key you push
 * with. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/http.h"
#include "cli/keys.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

#define TRIES_MAX 3
#define API_KEY_RULE "^[[:alnum:]_]{20}:[[:alnum:]_]{40}$"

/* So that one can tell one's log-ins apart. */
static char *
machine_name(void)
{
	char name[256] = "";

	(void)gethostname(name, sizeof(name) - 1);
	return http_escape(name);
}

static int
ask_token(struct cli *cli, const char *url, struct dc_err *err)
{
	dc_auto_free char *user = NULL;
	dc_auto_free char *password = NULL;
	dc_auto_free char *form = NULL;
	dc_auto_free char *u = NULL;
	dc_auto_free char *p = NULL;
	dc_auto_free char *m = NULL;
	int rc;

	rc = ui_load_line(&user, "dcloud username or email: ", false, err);
	if (rc == 0)
		rc = ui_load_line(&password, "Password: ", true, err);
	if (rc != 0)
		return rc;
	if (!isatty(STDIN_FILENO))
		(void)putchar('\n');
	u = http_escape(user);
	p = http_escape(password);
	m = machine_name();
	form = dc_asprintf("grant_type=password&username=%s&password=%s"
			   "&client_id=dcloud&machine=%s",
	    u, p, m);
	rc = api_load_token(&cli->api, url, form, err);
	explicit_bzero(password, strlen(password));
	explicit_bzero(p, strlen(p));
	explicit_bzero(form, strlen(form));
	return rc;
}

/* A person may mistype; a script would only say the same again. */
static int
log_in(struct cli *cli, struct dc_err *err)
{
	int tries = isatty(STDIN_FILENO) ? TRIES_MAX : 1, rc;
	dc_auto_free char *url = NULL;

	rc = api_find_token_url(&cli->api, &url, err);
	if (rc < 0)
		return rc;
	config_set(&cli->config.refresh_token, NULL);
	config_set(&cli->config.api_key, NULL);
	config_set(&cli->api.api_key, NULL);
	for (;;) {
		rc = ask_token(cli, url, err);
		if (rc != DC_EDENIED || --tries == 0)
			return rc;
		ui_warn("%s Try again.", err->msg);
	}
}

static int
ask_api_key(struct cli *cli, struct dc_err *err)
{
	dc_auto_free char *key = NULL;
	const char *given = getenv("DCLOUD_API_KEY");
	regex_t rule;
	int rc;

	if (given != NULL && *given != '\0') {
		key = dc_strdup(given);
	} else {
		rc = ui_load_line(&key, "Please enter your API key: ", true,
		    err);
		if (rc < 0)
			return rc;
	}
	if (regcomp(&rule, API_KEY_RULE, REG_EXTENDED | REG_NOSUB) != 0)
		return dc_fail(err, DC_EFAIL, "regcomp");
	rc = regexec(&rule, key, 0, NULL, 0);
	regfree(&rule);
	if (rc != 0)
		return dc_fail(err, DC_EINVAL, "Invalid API Key");
	config_set(&cli->config.access_token, NULL);
	config_set(&cli->config.refresh_token, NULL);
	config_set(&cli->config.api_key, key);
	config_set(&cli->api.api_key, key);
	return 0;
}

static int
load_username(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *me = NULL;
	int rc;

	rc = api_get(&cli->api, &me, "", err);
	if (rc < 0)
		return rc;
	config_set(&cli->config.username, dc_json_find_str(me, "username"));
	return 0;
}

/* Secrets over an open network are said so, not refused: it may be a VPN. */
static void
warn_open(const char *endpoint)
{
	static const char *const local[] = {"http://127.", "http://localhost",
	    "http://[::1]", NULL};
	size_t i;

	if (!dc_has_prefix(endpoint, "http:"))
		return;
	for (i = 0; local[i] != NULL; i++)
		if (dc_has_prefix(endpoint, local[i]))
			return;
	ui_warn("%s is not https: your password and your code travel "
		"unencrypted.",
	    endpoint);
}

int
setup_run(struct cli *cli, struct dc_err *err)
{
	int rc;

	warn_open(cli->api.endpoint);
	rc = cli->opts.api_key ? ask_api_key(cli, err) : log_in(cli, err);
	if (rc == 0)
		rc = load_username(cli, err);
	if (rc == 0)
		rc = keys_add(&cli->config, err);
	if (rc == 0)
		rc = keys_send(&cli->api, err);
	if (rc < 0)
		return rc;
	config_set(&cli->config.endpoint, cli->api.endpoint);
	rc = config_save(&cli->config, err);
	if (rc < 0)
		return rc;
	ui_success("dcloud authentication is complete! You are recommended to "
		   "run `dcloud check` now.");
	return 0;
}

int
check_run(struct cli *cli, struct dc_err *err)
{
	int rc;

	ui_info("Checking the authentication status");
	rc = load_username(cli, err);
	if (rc == DC_EDENIED && cli->api.status == 401)
		return dc_fail(err, rc,
		    "Authentication failed. Run `dcloud setup` to redo the "
		    "authentication");
	if (rc < 0)
		return rc;
	rc = keys_add(&cli->config, err);
	if (rc == 0)
		rc = keys_send(&cli->api, err);
	if (rc < 0)
		return rc;
	ui_success("Client is authenticated as %s",
	    cli->config.username != NULL ? cli->config.username : "?");
	return 0;
}
