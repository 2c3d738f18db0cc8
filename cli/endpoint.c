/* cli/endpoint.c -- see endpoint.h. */
#include "cli/endpoint.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/json/json.h"

#define SCHEME "ssh://"
#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define NAME_CHARS LETTERS "0123456789-_."
#define HOST_CHARS NAME_CHARS ":" /* IPv6 */
#define PATH_CHARS NAME_CHARS "/+%@,=~"
#define URL_MAX 4096

/* All of S is of CHARS, and it does not begin like an option. */
static bool
is_plain(const char *s, const char *chars)
{
	return *s != '\0' && *s != '-' && s[strspn(s, chars)] == '\0';
}

static int
fail(const char *url, struct dc_err *err)
{
	return dc_fail(err, DC_EINVAL,
	    "The server named an endpoint that is not understood: '%s'", url);
}

/* "host", "host:port", "[v6]:port" */
static bool
has_host(struct endpoint *e, char *text)
{
	char *port = strrchr(text, ':');
	long long n = 22;

	if (*text == '[') {
		char *end = strchr(++text, ']');

		if (end == NULL)
			return false;
		*end = '\0';
		port = end[1] == ':' ? end + 1 : NULL;
		if (port == NULL && end[1] != '\0')
			return false;
	}
	if (port != NULL) {
		*port = '\0';
		if (!dc_is_number(port + 1, 1, 65535, &n))
			return false;
	}
	if (!is_plain(text, HOST_CHARS))
		return false;
	e->host = dc_strdup(text);
	e->port = (int)n;
	return true;
}

int
endpoint_parse(struct endpoint *out, const char *url, struct dc_err *err)
{
	dc_auto_free char *copy = NULL;
	struct endpoint e = {0};
	char *at, *path;

	if (!dc_has_prefix(url, SCHEME) || strlen(url) > URL_MAX)
		return fail(url, err);
	copy = dc_strdup(url + strlen(SCHEME));
	path = strchr(copy, '/');
	if (path == NULL || !is_plain(path, PATH_CHARS))
		return fail(url, err);
	e.path = dc_strdup(path);
	*path = '\0';
	at = strchr(copy, '@');
	if (at == NULL) {
		free(e.path);
		return fail(url, err);
	}
	*at = '\0';
	e.user = dc_strdup(copy);
	e.url = dc_strdup(url);
	if (!is_plain(e.user, NAME_CHARS) || !has_host(&e, at + 1)) {
		endpoint_done(&e);
		return fail(url, err);
	}
	*out = e;
	return 0;
}

void
endpoint_done(struct endpoint *e)
{
	free(e->url);
	free(e->user);
	free(e->host);
	free(e->path);
	*e = (struct endpoint){0};
}

/* Which of ALL speaks PROTOCOL. */
static int
pick(struct endpoint *out, const struct dc_json *all, const char *protocol,
    struct dc_err *err)
{
	dc_auto_str struct dc_str others = {0};
	size_t i;

	for (i = 0; i < dc_json_size(all); i++) {
		const struct dc_json *one = dc_json_at(all, i);
		const char *name = dc_json_find_str(one, "protocol");
		const char *url = dc_json_find_str(one, "endpoint");

		if (name == NULL || url == NULL)
			continue;
		if (strcmp(name, protocol) == 0)
			return endpoint_parse(out, url, err);
		dc_str_addf(&others, "%s%s", others.len > 0 ? ", " : "", name);
	}
	return dc_fail(err, DC_ENOTFOUND, "Unable to find %s endpoint in [%s]",
	    protocol, others.len > 0 ? others.data : "");
}

int
endpoint_load(struct endpoint *out, struct api *a, const char *app,
    const char *protocol, const char *query, struct dc_err *err)
{
	dc_auto_free char *suffix = dc_asprintf("/push-endpoints%s", query);
	dc_auto_free char *path = cli_format_path(app, suffix);
	dc_auto_json struct dc_json *all = NULL;
	int rc;

	rc = api_get(a, &all, path, err);
	if (rc == DC_ENOTFOUND)
		return cli_fail_missing(app, err);
	if (rc < 0)
		return rc;
	return pick(out, all, protocol, err);
}

char *
endpoint_format_git(const struct endpoint *e, const char *app)
{
	bool is_v6 = strchr(e->host, ':') != NULL;

	return dc_asprintf("ssh://%s@%s%s%s:%d/%s.git", e->user,
	    is_v6 ? "[" : "", e->host, is_v6 ? "]" : "", e->port, app);
}

int
endpoint_load_git_url(char **out, struct api *a, const char *app,
    struct dc_err *err)
{
	const char *git = protocol_name(PROTOCOL_GIT);
	struct endpoint e = {0};
	int rc;

	rc = endpoint_load(&e, a, app, git, "", err);
	if (rc < 0)
		return rc;
	assert(e.host != NULL);
	*out = endpoint_format_git(&e, app);
	endpoint_done(&e);
	return 0;
}
