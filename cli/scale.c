/* cli/scale.c -- dcloud scale: how many instances, how much memory. */
#include "cli/scale.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"

#define MB (1LL << 20)
#define MEMORY_MAX (1LL << 40)
#define INSTANCES_MAX 1000000

long long
scale_round_memory(long long bytes)
{
	if (bytes < 32 * MB)
		bytes = 32 * MB;
	bytes = bytes / (16 * MB) * (16 * MB);
	return (bytes + 32 * MB - 1) / (32 * MB) * (32 * MB);
}

int
scale_parse_memory(long long *bytes, const char *text, struct dc_err *err)
{
	static const char units[] = "bkmg";
	const char *unit;
	double value;
	char *end;

	if (!isdigit((unsigned char)*text))
		return dc_fail(err, DC_EINVAL, "no number");
	/* Digits and one dot only: strtod also knows 0x, inf and exponents. */
	value = strtod(text, &end);
	if (strspn(text, "0123456789.") != (size_t)(end - text))
		return dc_fail(err, DC_EINVAL, "no number");
	if (*end != '\0') {
		unit = strchr(units, tolower((unsigned char)*end));
		if (unit == NULL)
			return dc_fail(err, DC_EINVAL, "no unit of B, K, M, G");
		value *= (double)(1LL << (10 * (unit - units)));
		end++;
		if (unit != units && tolower((unsigned char)*end) == 'b')
			end++;
	}
	if (*end != '\0' || value > (double)MEMORY_MAX)
		return dc_fail(err, DC_EINVAL, "no amount of memory");
	*bytes = (long long)value;
	return 0;
}

int
scale_parse(struct scale_action *out, const char *arg, struct dc_err *err)
{
	const char *equals = strchr(arg, '=');
	const char *colon = memchr(arg, ':', strcspn(arg, "="));
	struct scale_action a = {0};
	size_t len;
	int rc;

	if (equals == NULL || strchr(equals + 1, '=') != NULL)
		return dc_fail(err, DC_EINVAL, "Invalid action \"%s\"", arg);
	len = (size_t)((colon != NULL ? colon : equals) - arg);
	if (equals[1] == '\0')
		return dc_fail(err, DC_EINVAL, "Invalid value for \"%.*s\"",
		    (int)len, arg);
	if (colon != NULL && strncmp(colon, ":memory=", 8) == 0)
		a.is_memory = true;
	else if (colon != NULL && strncmp(colon, ":instances=", 11) != 0)
		return dc_fail(err, DC_EINVAL,
		    "Invalid action for \"%.*s\": Action must be either "
		    "\"instances\" or \"memory\"",
		    (int)len, arg);
	rc = service_check_name(arg, len, err);
	if (rc < 0)
		return rc;
	memcpy(a.service, arg, len);
	if (a.is_memory) {
		rc = scale_parse_memory(&a.value, equals + 1, err);
		if (rc < 0)
			return dc_wrap(err, rc, "Invalid value for \"%s\"",
			    arg);
		a.value = scale_round_memory(a.value);
	} else if (!dc_is_number(equals + 1, 0, INSTANCES_MAX, &a.value)) {
		return dc_fail(err, DC_EINVAL,
		    "Invalid value for \"%s\": Instance count must be a "
		    "number",
		    arg);
	}
	*out = a;
	return 0;
}

static int
apply(struct cli *cli, const char *app, const struct scale_action *a,
    struct dc_err *err)
{
	dc_auto_free char *suffix = dc_asprintf("/services/%s", a->service);
	dc_auto_free char *path = cli_format_path(app, suffix);
	dc_auto_json struct dc_json *body = dc_json_new_object();
	int rc;

	if (a->is_memory)
		ui_info("Changing memory of %s to %.1f MB", a->service,
		    (double)a->value / MB);
	else
		ui_info("Changing instances of %s to %lld", a->service,
		    a->value);
	dc_json_add_int(body,
	    a->is_memory ? "reserved_memory" : "instance_count", a->value);
	rc = api_send(&cli->api, NULL, "PATCH", path, body, err);
	if (rc == DC_EINVAL)
		return dc_wrap(err, rc, "Failed to scale %s of \"%s\"",
		    a->is_memory ? "memory" : "instances", a->service);
	return rc;
}

static char *
format_actions(const struct scale_action *all, int n)
{
	struct dc_str out = {0};
	int i;

	for (i = 0; i < n; i++) {
		dc_auto_free char *memory = service_format_memory(all[i].value);

		dc_str_addf(&out, "%s%s:", i > 0 ? " " : "", all[i].service);
		if (all[i].is_memory)
			dc_str_addf(&out, "memory=%s", memory);
		else
			dc_str_addf(&out, "instances=%lld", all[i].value);
	}
	return dc_str_steal(&out);
}

int
scale_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_free struct scale_action *all = NULL;
	dc_auto_free char *done = NULL;
	int i, n = cli->opts.nargs, rc;
	bool must_deploy = false;
	const char *app;

	all = dc_xcalloc((size_t)n, sizeof(*all));
	for (i = 0; i < n; i++) {
		rc = scale_parse(&all[i], cli->opts.args[i], err);
		if (rc < 0)
			return cli_misuse(cli, rc);
		must_deploy = must_deploy || !all[i].is_memory;
	}
	rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	ui_info("Scaling application %s", app);
	for (i = 0; i < n; i++) {
		rc = apply(cli, app, &all[i], err);
		if (rc < 0)
			return rc;
	}
	if (must_deploy)
		rc = deploy_submit_again(cli, app, err);
	if (rc < 0)
		return rc;
	done = format_actions(all, n);
	ui_success("Successfully scaled %s to %s", app, done);
	return 0;
}
