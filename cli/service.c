/* cli/service.c -- see service.h. */
#include "cli/service.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

int
service_find(const struct dc_json **out, const struct dc_json *application,
    const char *name, struct dc_err *err)
{
	const struct dc_json *all = dc_json_find(application, "services");
	const char *found;
	size_t i;

	for (i = 0; i < dc_json_size(all); i++) {
		found = dc_json_find_str(dc_json_at(all, i), "name");
		if (found != NULL && strcmp(found, name) == 0) {
			*out = dc_json_at(all, i);
			return 0;
		}
	}
	return dc_fail(err, DC_ENOTFOUND,
	    "Not Found: Service \"%s\" does not exist", name);
}

static void
add_urls(struct dc_str *out, const struct dc_json *service,
    const char *separator)
{
	const struct dc_json *domains = dc_json_find(service, "domains");
	const char *url;
	size_t i;

	for (i = 0; i < dc_json_size(domains); i++) {
		url = dc_json_find_str(dc_json_at(domains, i), "url");
		if (url == NULL)
			continue;
		dc_str_addf(out, "%s%s", out->len > 0 ? separator : "", url);
	}
}

char *
service_format_urls(const struct dc_json *service, const char *separator)
{
	struct dc_str out = {0};

	add_urls(&out, service, separator);
	return dc_str_steal(&out);
}

static bool
has_revision(const struct dc_json *service, const char *revision)
{
	const struct dc_json *all = dc_json_find(service, "instances");
	const char *found;
	size_t i;

	for (i = 0; i < dc_json_size(all); i++) {
		found = dc_json_find_str(dc_json_at(all, i), "revision");
		if (found != NULL && strcmp(found, revision) == 0)
			return true;
	}
	return false;
}

char *
service_format_all_urls(const struct dc_json *application, const char *revision)
{
	const struct dc_json *all = dc_json_find(application, "services");
	struct dc_str out = {0};
	size_t i;

	for (i = 0; i < dc_json_size(all); i++)
		if (has_revision(dc_json_at(all, i), revision))
			add_urls(&out, dc_json_at(all, i), ", ");
	return dc_str_steal(&out);
}

char *
service_format_memory(long long bytes)
{
	const long long gb = 1LL << 30, mb = 1LL << 20;

	if (bytes >= gb && bytes % gb == 0)
		return dc_asprintf("%lldG", bytes / gb);
	if (bytes % mb == 0)
		return dc_asprintf("%lldM", bytes / mb);
	return dc_asprintf("%.1fM", (double)bytes / (double)mb);
}

int
service_check_name(const char *name, size_t len, struct dc_err *err)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (strchr("abcdefghijklmnopqrstuvwxyz0123456789_", name[i]) ==
		    NULL)
			break;
	if (len == 0 || i < len || len > DC_MAX_SERVICE_NAME)
		return dc_fail(err, DC_EINVAL, "Invalid service name \"%.*s\"",
		    (int)len, name);
	return 0;
}

int
service_parse_instance(char **name, long long *number, const char *text,
    struct dc_err *err)
{
	size_t len = strcspn(text, ".");
	long long n = -1;
	int rc = service_check_name(text, len, err);

	if (rc < 0)
		return rc;
	if (text[len] == '.' && !dc_is_number(text + len + 1, 0, INT32_MAX, &n))
		return dc_fail(err, DC_EINVAL,
		    "Invalid service instance identifier: %s", text);
	*name = dc_strndup(text, len);
	*number = n;
	return 0;
}

int
service_parse_one(char **name, long long *number, const char *text,
    struct dc_err *err)
{
	dc_auto_free char *service = NULL;
	long long n = -1;
	int rc = 0;

	if (text != NULL)
		rc = service_parse_instance(&service, &n, text, err);
	if (rc < 0)
		return rc;
	if (n < 0)
		return dc_fail(err, DC_EINVAL,
		    "You must specify a service and instance, e.g. \"www.0\"");
	*name = dc_steal_ptr(&service);
	*number = n;
	return 0;
}
