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

/* As bash takes it back, K=$'line\nline', where the plain text has characters
 * that would break the list or talk to the terminal. */
static void
print_variable(const char *key, const char *value)
{
	dc_auto_str struct dc_str s = {0};
	const unsigned char *p = (const unsigned char *)value;
	bool is_plain = true;

	dc_str_add(&s, "");
	for (; *p != '\0'; p++) {
		bool is_c1 = p[0] == 0xc2 && p[1] >= 0x80 && p[1] < 0xa0;

		is_plain &= *p >= 0x20 && *p != 0x7f && !is_c1;
		if (*p == '\n')
			dc_str_add(&s, "\\n");
		else if (*p == '\t')
			dc_str_add(&s, "\\t");
		else if (*p == '\\' || *p == '\'')
			dc_str_addf(&s, "\\%c", *p);
		else if (is_c1)
			dc_str_addf(&s, "\\x%02x\\x%02x", p[0], p[1]);
		else if (*p < 0x20 || *p == 0x7f)
			dc_str_addf(&s, "\\x%02x", *p);
		else
			dc_str_addn(&s, (const char *)p, 1);
		p += is_c1;
	}
	if (is_plain)
		(void)printf("%s=%s\n", key, value);
	else
		(void)printf("%s=$'%s'\n", key, s.data);
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
		print_variable(keys[i], text != NULL ? text : other);
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

/* JSON has no other text, and what would be sent instead is another value. */
static int
check_utf8(const char *text, struct dc_err *err)
{
	dc_auto_str struct dc_str clean = {0};

	dc_str_add(&clean, "");
	dc_str_add_utf8(&clean, text, strlen(text));
	if (strcmp(clean.data, text) == 0)
		return 0;
	return dc_fail(err, DC_EINVAL,
	    "\"%s\" is not UTF-8: variables can only hold text.", clean.data);
}

static int
add_variable(struct dc_json *body, const char *arg, bool is_set,
    struct dc_err *err)
{
	const char *equals = strchr(arg, '=');
	dc_auto_free char *key = NULL;
	int rc = check_utf8(arg, err);

	if (rc < 0)
		return rc;
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

/* "A, B" or "A B" of the variables in BODY; the caller's. */
static char *
format_names(const struct dc_json *body, const char *separator)
{
	struct dc_str out = {0};
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	while (dc_json_each(body, &it, &key, &value))
		dc_str_addf(&out, "%s%s", out.len > 0 ? separator : "", key);
	return dc_str_steal(&out);
}

static int
send(struct cli *cli, const char *app, const char *path,
    const struct dc_json *body, struct dc_err *err)
{
	int rc = api_send_secret(&cli->api, NULL, "PATCH", path, body, err);

	return rc < 0 ? rc : deploy_submit_again(cli, app, err);
}

static int
set(struct cli *cli, const char *app, const char *path, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_str struct dc_str said = {0};
	dc_auto_free char *names = NULL;
	int i, rc;

	for (i = 1; i < cli->opts.nargs; i++) {
		rc = add_variable(body, cli->opts.args[i], true, err);
		if (rc < 0)
			return cli_misuse(cli, rc);
		dc_str_addf(&said, "%s%s", i > 1 ? ", " : "",
		    cli->opts.args[i]);
	}
	ui_info("Setting %s (application %s)", said.data, app);
	rc = send(cli, app, path, body, err);
	if (rc != DC_EUSER)
		return rc;
	names = format_names(body, " ");
	ui_warn("The variables stay set; `dcloud env unset %s` takes them "
		"back.",
	    names);
	return rc;
}

static int
unset(struct cli *cli, const char *app, const char *path, struct dc_err *err)
{
	dc_auto_free char *own = dc_asprintf("%s?own", path);
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_json struct dc_json *all = NULL;
	dc_auto_str struct dc_str missing = {0};
	dc_auto_free char *names = NULL;
	int i, rc;

	rc = api_get_secret(&cli->api, &all, own, err);
	for (i = 1; i < cli->opts.nargs && rc == 0; i++) {
		const char *name = cli->opts.args[i];

		if (dc_json_find(all, name) != NULL)
			rc = add_variable(body, name, false, err);
		else
			dc_str_addf(&missing, "%s%s",
			    missing.len > 0 ? ", " : "", name);
	}
	if (rc < 0)
		return rc;
	if (dc_json_size(body) == 0)
		return dc_fail(err, DC_ENOTFOUND,
		    "Not set, so nothing was changed: %s (application %s)",
		    missing.data, app);
	if (missing.len > 0)
		ui_warn("Not set: %s", missing.data);
	names = format_names(body, ", ");
	ui_info("Un-setting %s (application %s)", names, app);
	return send(cli, app, path, body, err);
}

int
env_run(struct cli *cli, struct dc_err *err)
{
	static const struct verb verbs[] = {{"list", 0, 0}, {"set", 1, -1},
	    {"unset", 1, -1}, {0}};
	dc_auto_free char *path = NULL;
	const char *app;
	int rc = cli_check_verb(cli, verbs, err);

	if (rc < 0)
		return rc;
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "/environment");
	if (cli_has_verb(cli, "list"))
		return list(cli, app, path, err);
	if (cli_has_verb(cli, "set"))
		return set(cli, app, path, err);
	return unset(cli, app, path, err);
}
