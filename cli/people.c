/* cli/people.c -- who may: dcloud keys, tokens and collaborators. */
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/columns.h"
#include "cli/http.h"
#include "cli/keys.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

/* PATH/ID, whatever the user typed as ID. */
static int
take_away(struct cli *cli, const char *path, const char *what,
    struct dc_err *err)
{
	const char *id = cli->opts.args[1];
	dc_auto_free char *escaped = http_escape(id);
	dc_auto_free char *full = dc_asprintf("%s/%s", path, escaped);
	int rc = api_send(&cli->api, NULL, "DELETE", full, NULL, err);

	if (rc == 0)
		ui_success("%s %s removed", what, id);
	return rc;
}

static int
list(struct cli *cli, const char *path, const struct column *columns, size_t n,
    const char *mark, const char *none, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = NULL;
	int rc = api_get(&cli->api, &all, path, err);

	if (rc < 0)
		return rc;
	if (cli->opts.json)
		cli_print_json(all);
	else if (dc_json_size(all) == 0)
		ui_info("%s", none);
	else
		columns_print(all, columns, n, mark);
	return 0;
}

/* A star for the one that this machine pushes with; the comment apart. */
static void
note_keys(const struct cli *cli, struct dc_json *all)
{
	dc_auto_free char *own = NULL;
	size_t i;

	(void)keys_load_public(&own, cli->config.key, NULL);
	for (i = 0; i < dc_json_size(all); i++) {
		struct dc_json *row = dc_json_at(all, i);
		const char *key = dc_json_find_str(row, "key");
		const char *blob = key != NULL ? strchr(key, ' ') : NULL;
		const char *rest = NULL;
		dc_auto_free char *type = NULL;

		if (key == NULL || blob == NULL)
			continue;
		type = dc_strndup(key, (size_t)(blob - key));
		rest = strchr(blob + 1, ' ');
		dc_json_add_str(row, "type", type);
		dc_json_add_str(row, "comment", rest != NULL ? rest + 1 : "");
		if (own != NULL)
			dc_json_add_bool(row, "current",
			    strncmp(own, key,
				rest != NULL ? (size_t)(rest - key)
					     : strlen(key)) == 0);
	}
}

static int
list_keys(struct cli *cli, struct dc_err *err)
{
	static const struct column columns[] = {{"id", "id"}, {"type", "type"},
	    {"fingerprint", "fingerprint"}, {"added", "created_at"},
	    {"comment", "comment"}};
	dc_auto_json struct dc_json *all = NULL;
	int rc = api_get(&cli->api, &all, "/authorized_keys", err);

	if (rc < 0)
		return rc;
	note_keys(cli, all);
	if (cli->opts.json)
		cli_print_json(all);
	else if (dc_json_size(all) == 0)
		ui_info("No ssh key yet; `dcloud check` adds this machine's");
	else
		columns_print(all, columns, 5, "current");
	return 0;
}

static int
add_key(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	dc_auto_free char *text = NULL;
	const char *file = cli->opts.args[1];
	int rc = keys_load_file(&text, file, err);

	if (rc < 0)
		return rc;
	dc_json_add_str(body, "key", text);
	rc = api_send(&cli->api, NULL, "POST", "/authorized_keys", body, err);
	if (rc < 0)
		return dc_wrap(err, rc, "The key in '%s' was not accepted",
		    file);
	ui_success("Key added: who has its private half can push as you");
	return 0;
}

int
keys_run(struct cli *cli, struct dc_err *err)
{
	static const struct verb verbs[] = {{"list", 0, 0}, {"add", 1, 1},
	    {"rm", 1, 1}, {"remove", 1, 1}, {0}};
	int rc = cli_check_verb(cli, verbs, err);

	if (rc < 0)
		return rc;
	if (cli_has_verb(cli, "list"))
		return list_keys(cli, err);
	if (cli_has_verb(cli, "add"))
		return add_key(cli, err);
	return take_away(cli, "/authorized_keys", "Key", err);
}

int
tokens_run(struct cli *cli, struct dc_err *err)
{
	static const struct column columns[] = {{"id", "id"},
	    {"machine", "machine"}, {"created", "created_at"},
	    {"last used", "used_at"}, {"expires", "expires_at"}};

	static const struct verb verbs[] = {{"list", 0, 0}, {"rm", 1, 1},
	    {"remove", 1, 1}, {0}};
	int rc = cli_check_verb(cli, verbs, err);

	if (rc < 0)
		return rc;
	if (cli_has_verb(cli, "list"))
		return list(cli, "/tokens", columns, 5, "current",
		    "You are logged in nowhere", err);
	return take_away(cli, "/tokens", "Token", err);
}

static int
add_collaborator(struct cli *cli, const char *app, const char *path,
    struct dc_err *err)
{
	dc_auto_json struct dc_json *body = dc_json_new_object();
	const char *name = cli->opts.args[1];
	int rc;

	dc_json_add_str(body, "username", name);
	rc = api_send(&cli->api, NULL, "POST", path, body, err);
	if (rc < 0)
		return rc;
	ui_success("%s may work on \"%s\" now", name, app);
	if (cli->config.username != NULL && strchr(app, '-') == NULL)
		ui_info("For %s it is called \"%s-%s\"", name, app,
		    cli->config.username);
	return 0;
}

int
collaborators_run(struct cli *cli, struct dc_err *err)
{
	static const struct column columns[] = {{"user", "username"},
	    {"since", "created_at"}};
	static const struct verb verbs[] = {{"list", 0, 0}, {"add", 1, 1},
	    {"rm", 1, 1}, {"remove", 1, 1}, {0}};
	dc_auto_free char *path = NULL;
	const char *app;
	int rc = cli_check_verb(cli, verbs, err);

	if (rc < 0)
		return rc;
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = cli_format_path(app, "/collaborators");
	if (cli_has_verb(cli, "list"))
		return list(cli, path, columns, 2, NULL,
		    "Nobody but its owner works on the application", err);
	if (cli_has_verb(cli, "add"))
		return add_collaborator(cli, app, path, err);
	return take_away(cli, path, "Collaborator", err);
}
