/* cli/env.c -- dcloud env list, set, unset: an application's variables. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

static int
by_key(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
print_variables(const struct dc_json *all)
{
	dc_auto_free const char **keys = NULL;
	struct dc_json *value;
	size_t i, n = 0;
	void *it = NULL;

	keys = dc_xcalloc(dc_json_size(all), sizeof(*keys));
	while (dc_json_each(all, &it, &keys[n], &value))
		if (++n == dc_json_size(all))
			break;
	qsort(keys, n, sizeof(*keys), by_key);
	for (i = 0; i < n; i++) {
		const char *text = dc_json_find_str(all, keys[i]);
		dc_auto_free char *other = NULL;

		if (text == NULL)
			other = dc_json_format(dc_json_find(all, keys[i]),
			    DC_JSON_COMPACT);
		(void)printf("%s=%s\n", keys[i], text != NULL ? text : other);
	}
}

static int
list(struct cli *cli, const char *app, const char *path, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = NULL;
	int rc;

	rc = api_get_secret(&cli->api, &all, path, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json) {
		cli_print_json(all);
		return 0;
	}
	ui_info("Environment variables for application %s", app);
	print_variables(all);
	return 0;
}

static int
add_variable(struct dc_json *body, const char *arg, bool is_set,
    struct dc_err *err)
{
	const char *equals = strchr(arg, '=');
	dc_auto_free char *key = NULL;

	if (is_set && (equals == NULL || equals == arg))
		return dc_fail(err, DC_EINVAL,
		    "argument key=value: \"%s\" is an invalid environment "
		    "variable expression. Environment variables are set like "
		    "\"foo=bar\".",
		    arg);
	if (!is_set && (equals != NULL || *arg == '\0'))
		return dc_fail(err, DC_EINVAL, "\"%s\" is no variable's name",
		    arg);
	key = dc_strndup(arg,
	    equals != NULL ? (size_t)(equals - arg) : strlen(arg));
	if (is_set)
		dc_json_add_str(body, key, equals + 1);
	else
		dc_json_add(body, key, dc_json_new_null());
	return 0;
}

static int
change(struct cli *cli, const char *app, const char *path, bool is_set,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_str struct dc_str said = {0};
	int i, rc;

	for (i = 1; i < cli->opts.nargs; i++) {
		rc = add_variable(body, cli->opts.args[i], is_set, err);
		if (rc < 0)
			return rc;
		dc_str_addf(&said, "%s%s", i > 1 ? ", " : "",
		    cli->opts.args[i]);
	}
	ui_info("%s %s (application %s)", is_set ? "Setting" : "Un-setting",
	    said.data, app);
	rc = api_send_secret(&cli->api, NULL, "PATCH", path, body, err);
	if (rc < 0)
		return rc;
	return deploy_submit_again(cli, app, err);
}

int
env_run(struct cli *cli, struct dc_err *err)
{
	const char *app, *verb = cli->opts.args[0];
	dc_auto_free char *path = NULL;
	int rc;

	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "/environment");
	if (strcmp(verb, "list") == 0 && cli->opts.nargs == 1)
		return list(cli, app, path, err);
	if (strcmp(verb, "set") == 0 && cli->opts.nargs > 1)
		return change(cli, app, path, true, err);
	if (strcmp(verb, "unset") == 0 && cli->opts.nargs > 1)
		return change(cli, app, path, false, err);
	return dc_fail(err, DC_EINVAL,
	    "usage: dcloud env list | set KEY=VALUE... | unset KEY...");
}
