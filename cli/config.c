/* cli/config.c -- the part of config.h about the person: ~/.dcloud_cli. */
#include "cli/config.h"

#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "common/json/json.h"

#define CONFIG_MAX (1 << 20)

void
config_set(char **field, const char *value)
{
	char *copy = value != NULL ? dc_strdup(value) : NULL;

	free(*field);
	*field = copy;
}

static int
find_dir(char **out, struct dc_err *err)
{
	const char *dir = getenv("DCLOUD_CONFIG_DIR"), *home = getenv("HOME");
	const struct passwd *pw;

	if (dir != NULL && *dir != '\0') {
		*out = dc_strdup(dir);
		return 0;
	}
	if (home == NULL || *home == '\0') {
		pw = getpwuid(getuid());
		home = pw != NULL ? pw->pw_dir : NULL;
	}
	if (home == NULL)
		return dc_fail(err, DC_ENOTFOUND,
		    "no home directory: set HOME or DCLOUD_CONFIG_DIR");
	*out = dc_asprintf("%s/.dcloud_cli", home);
	return 0;
}

/* SETTINGS_FLAVOR keeps several accounts apart: config.FLAVOR. */
static char *
format_file(const char *dir, const char *name)
{
	const char *flavor = getenv("SETTINGS_FLAVOR");

	if (flavor == NULL || *flavor == '\0' || strchr(flavor, '/') != NULL)
		return dc_asprintf("%s/%s", dir, name);
	return dc_asprintf("%s/%s.%s", dir, name, flavor);
}

static void
load_fields(struct config *c, const struct dc_json *j)
{
	const struct dc_json *token = dc_json_find(j, "token");

	config_set(&c->endpoint, dc_json_find_str(j, "endpoint"));
	config_set(&c->username, dc_json_find_str(j, "username"));
	config_set(&c->api_key, dc_json_find_str(j, "apikey"));
	config_set(&c->access_token, dc_json_find_str(token, "access_token"));
	config_set(&c->refresh_token, dc_json_find_str(token, "refresh_token"));
	config_set(&c->token_url, dc_json_find_str(token, "url"));
}

int
config_load(struct config *c, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = NULL;
	dc_auto_free char *text = NULL;
	size_t len;
	int rc;

	rc = find_dir(&c->dir, err);
	if (rc < 0)
		return rc;
	c->path = format_file(c->dir, "config");
	c->key = format_file(c->dir, "dcloud.key");
	c->known_hosts = dc_asprintf("%s/known_hosts", c->dir);
	rc = dc_fs_load(&text, &len, c->path, CONFIG_MAX, err);
	if (rc == DC_ENOTFOUND)
		return 0;
	if (rc < 0)
		return rc;
	rc = dc_json_parse(&j, text, len, err);
	if (rc < 0)
		return dc_wrap(err, rc, "'%s'", c->path);
	load_fields(c, j);
	return 0;
}

int
config_add_dir(const struct config *c, struct dc_err *err)
{
	int rc = dc_fs_mkdirs(c->dir, 0700, err);

	if (rc < 0)
		return rc;
	if (chmod(c->dir, 0700) < 0)
		return dc_fail_errno(err, "chmod '%s'", c->dir);
	return 0;
}

int
config_save(const struct config *c, struct dc_err *err)
{
	dc_auto_json struct dc_json *j = dc_json_new_object();
	dc_auto_free char *text = NULL;
	struct dc_json *token;
	int rc;

	dc_json_add_str(j, "endpoint", c->endpoint);
	dc_json_add_str(j, "username", c->username);
	if (c->api_key != NULL)
		dc_json_add_str(j, "apikey", c->api_key);
	if (c->access_token != NULL) {
		token = dc_json_new_object();
		dc_json_add_str(token, "access_token", c->access_token);
		dc_json_add_str(token, "refresh_token", c->refresh_token);
		dc_json_add_str(token, "url", c->token_url);
		dc_json_add(j, "token", token);
	}
	text = dc_json_format(j, DC_JSON_INDENT);
	rc = config_add_dir(c, err);
	if (rc < 0)
		return rc;
	return dc_fs_save(c->path, text, strlen(text), 0600, err);
}

void
config_done(struct config *c)
{
	char **fields[] = {&c->dir, &c->path, &c->key, &c->known_hosts,
	    &c->endpoint, &c->username, &c->api_key, &c->access_token,
	    &c->refresh_token, &c->token_url};
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		config_set(fields[i], NULL);
}
