/* cli/endpoint.c -- see endpoint.h. */
#include "cli/endpoint.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/str.h"

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
