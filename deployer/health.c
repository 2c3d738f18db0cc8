/* deployer/health.c -- see health.h. */
#include "deployer/health.h"

#include "common/base/limits.h"

#include <ctype.h>
#include <string.h>

#define MAX_PATH_BYTES 1024
#define MAX_COMMAND_BYTES 4096
#define INTERVAL_SECONDS 1
#define TIMEOUT_SECONDS 3

/* Quoted in the build file it is text. */
static int
take_number(int *out, const char *key, const struct dc_json *value, int min,
    int max, struct dc_err *err)
{
	const char *text = dc_json_str(value);
	long long n = dc_json_int(value, -1);

	if (text != NULL && !dc_is_number(text, min, max, &n))
		n = -1;
	if (n < min || n > max)
		return dc_fail(err, DC_EUSER,
		    "healthcheck: '%s' must be a number from %d to %d", key,
		    min, max);
	*out = (int)n;
	return 0;
}

/* It becomes part of a request line. */
static int
take_path(const char **out, const struct dc_json *value, struct dc_err *err)
{
	const char *path = dc_json_str(value), *p;

	for (p = path; p != NULL && *p != '\0'; p++)
		if (!isgraph((unsigned char)*p) || p - path > MAX_PATH_BYTES)
			break;
	if (path == NULL || *path != '/' || *p != '\0')
		return dc_fail(err, DC_EUSER,
		    "healthcheck: 'path' must be a path like /health");
	*out = path;
	return 0;
}

static int
take_command(const char **out, const struct dc_json *value, struct dc_err *err)
{
	const char *command = dc_json_str(value);

	if (command == NULL || *command == '\0' ||
	    strlen(command) > MAX_COMMAND_BYTES)
		return dc_fail(err, DC_EUSER,
		    "healthcheck: 'command' must be a command, of %d bytes at"
		    " most",
		    MAX_COMMAND_BYTES);
	*out = command;
	return 0;
}

static int
take_key(struct health *h, const char *key, const struct dc_json *value,
    struct dc_err *err)
{
	if (strcmp(key, "path") == 0)
		return take_path(&h->path, value, err);
	if (strcmp(key, "status") == 0)
		return take_number(&h->status, key, value, 100, 599, err);
	if (strcmp(key, "deadline") == 0)
		return take_number(&h->deadline, key, value, 1, 600, err);
	if (strcmp(key, "interval") == 0)
		return take_number(&h->interval, key, value, 1, 600, err);
	if (strcmp(key, "timeout") == 0)
		return take_number(&h->timeout, key, value, 1, 60, err);
	if (strcmp(key, "command") == 0)
		return take_command(&h->command, value, err);
	return dc_fail(err, DC_EUSER,
	    "healthcheck: no such key '%.64s'; there are path, status,"
	    " deadline, interval, timeout and command",
	    key);
}

int
health_load(struct health *out, const struct dc_service_def *def,
    struct dc_err *err)
{
	const struct dc_json *all = dc_json_find(def->extras, "healthcheck");
	struct health h = {.deadline = DC_PROBE_SECONDS,
	    .interval = INTERVAL_SECONDS,
	    .timeout = TIMEOUT_SECONDS};
	struct dc_json *value;
	const char *key;
	void *it = NULL;
	int rc = 0;

	if (all != NULL && dc_json_type(all) != DC_JSON_OBJECT)
		return dc_fail(err, DC_EUSER,
		    "healthcheck: path, status, deadline, interval, timeout"
		    " or command is expected below it");
	while (rc == 0 && all != NULL && dc_json_each(all, &it, &key, &value))
		rc = take_key(&h, key, value, err);
	if (rc == 0 && h.command != NULL && (h.path != NULL || h.status != 0))
		return dc_fail(err, DC_EUSER,
		    "healthcheck: 'command' asks instead of 'path' and"
		    " 'status': please remove either");
	if (rc == 0)
		*out = h;
	return rc;
}

bool
health_is_expected(const struct dc_service_def *def)
{
	size_t i;

	for (i = 0; i < def->ports.n; i++)
		if (strcmp(def->ports.v[i].value, "http") == 0)
			return true;
	return dc_json_find(def->extras, "healthcheck") != NULL;
}
