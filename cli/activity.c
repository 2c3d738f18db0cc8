/* cli/activity.c -- dcloud activity: who did what. */
#include <inttypes.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/line.h"
#include "cli/service.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

static bool
is_column(const char *key)
{
	static const char *const columns[] = {"created_at", "category",
	    "action", "application", "service", "user", "scale"};
	size_t i;

	for (i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		if (strcmp(columns[i], key) == 0)
			return true;
	return false;
}

/* "instances=3", "memory=256M", "cname=example.org"; the caller's. */
static char *
format_detail(const struct dc_json *row, const char *key,
    const struct dc_json *value)
{
	const char *text = dc_json_str(value);
	const char *scale = dc_json_find_str(row, "scale");
	int64_t n = dc_json_int(value, 0);
	dc_auto_free char *memory = NULL;

	if (scale == NULL || strcmp(key, "value") != 0)
		return dc_asprintf("%s=%s",
		    strcmp(key, "domain") == 0 ? "cname" : key,
		    text != NULL ? text : "");
	if (strcmp(scale, "memory") != 0)
		return dc_asprintf("%s=%" PRId64, scale, n);
	memory = service_format_memory(n);
	return dc_asprintf("memory=%s", memory);
}

/* "blog.www (instances=3) /by alice" */
static char *
format_subject(const struct dc_json *row)
{
	const char *app = dc_json_find_str(row, "application");
	const char *service = dc_json_find_str(row, "service");
	const char *user =
	    dc_json_find_str(dc_json_find(row, "user"), "username");
	dc_auto_str struct dc_str out = {0};
	struct dc_json *value;
	const char *key;
	void *it = NULL;
	bool any = false;

	dc_str_addf(&out, "%s%s%s", app != NULL ? app : "",
	    service != NULL ? "." : "", service != NULL ? service : "");
	while (dc_json_each(row, &it, &key, &value)) {
		dc_auto_free char *detail = NULL;

		if (is_column(key))
			continue;
		detail = format_detail(row, key, value);
		dc_str_addf(&out, "%s%s",
		    any           ? " "
		    : out.len > 0 ? " ("
				  : "(",
		    detail);
		any = true;
	}
	dc_str_addf(&out, "%s%s/by %s", any ? ")" : "", out.len > 0 ? " " : "",
	    user != NULL ? user : "?");
	return dc_term_format_line(out.data, false);
}

static void
print_row(const struct dc_json *row)
{
	const char *created = dc_json_find_str(row, "created_at");
	const char *category = dc_json_find_str(row, "category");
	const char *action = dc_json_find_str(row, "action");
	dc_auto_free char *date =
	    line_format_date(created != NULL ? created : "-");
	dc_auto_free char *subject = format_subject(row);

	date[strcspn(date, ".")] = '\0';
	(void)printf("%-19s %-12s %-8s %s\n", date,
	    category != NULL ? category : "-", action != NULL ? action : "-",
	    subject);
}

int
activity_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *all = NULL;
	dc_auto_free char *path = NULL;
	const char *app;
	size_t i;
	int rc = 0;

	/* Of all applications, as well, where none is connected. */
	if (!cli->opts.all && cli->app != NULL)
		rc = cli_find_app(cli, &app, err);
	if (rc < 0)
		return rc;
	path = !cli->opts.all && cli->app != NULL
		   ? cli_format_path(cli->app, "/activity")
		   : dc_strdup("/activity");
	rc = api_get(&cli->api, &all, path, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json) {
		cli_print_json(all);
		return 0;
	}
	(void)printf("%-19s %-12s %-8s application.service (details)\n", "time",
	    "category", "action");
	for (i = 0; i < dc_json_size(all); i++)
		print_row(dc_json_at(all, i));
	return 0;
}
