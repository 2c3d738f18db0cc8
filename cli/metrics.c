/* cli/metrics.c -- dcloud memory and dcloud traffic. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/grid.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"

#define PLOT_WIDTH 60

/* Of a memory row, and of a traffic row: the API's order. */
enum {
	AT,
	USED,
	ALLOCATED,
	UNUSED = 4
};
enum {
	R2XX = 1,
	R3XX,
	R4XX,
	R5XX,
	IN_APPLICATION,
	IN_PLATFORM
};

static const char *
find_range(const char *name)
{
	static const char *const ranges[][2] = {{"1h", "60 minutes"},
	    {"6h", "6 hours"}, {"1d", "24 hours"}, {"1w", "7 days"},
	    {"1M", "30 days"}};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++)
		if (strcmp(ranges[i][0], name) == 0)
			return ranges[i][1];
	return NULL;
}

static int
check_range(const char *name, struct dc_err *err)
{
	if (find_range(name) != NULL)
		return 0;
	return dc_fail(err, DC_EINVAL,
	    "Invalid duration identifier: %s\nThere are 1h (the last 60 "
	    "minutes), 6h (6 hours), 1d (24 hours), 1w (7 days) and 1M (30 "
	    "days).",
	    name);
}

static double
value_at(const struct dc_json *row, size_t i)
{
	return dc_json_real(dc_json_at(row, i), 0);
}

static char *
format_time(const struct dc_json *row)
{
	time_t t = (time_t)dc_json_int(dc_json_at(row, AT), 0);
	char text[64];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		tm = (struct tm){.tm_mday = 1, .tm_year = 70};
	(void)strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S", &tm);
	return dc_strdup(text);
}

/* Below a table, on a terminal only. */
static void
plot(const char *what, const struct dc_json *rows,
    double (*of)(const struct dc_json *row), double max, const char *most)
{
	size_t i, n = dc_json_size(rows);
	dc_auto_free double *values = dc_xcalloc(n, sizeof(*values));

	for (i = 0; i < n; i++)
		values[i] = of(dc_json_at(rows, i));
	(void)printf("%s ", what);
	grid_plot(values, n, max, PLOT_WIDTH);
	(void)printf(" of %s\n", most);
}

static double
used_of(const struct dc_json *row)
{
	return value_at(row, USED);
}

static double
requests_of(const struct dc_json *row)
{
	return value_at(row, R2XX) + value_at(row, R3XX) + value_at(row, R4XX) +
	       value_at(row, R5XX);
}

static char *
format_bytes(double bytes)
{
	return dc_asprintf("%.1f M", bytes / (1 << 20));
}

static void
show_memory(const struct dc_json *rows)
{
	char *titles[] = {dc_strdup("time"), dc_strdup("overage"),
	    dc_strdup("unused"), dc_strdup("used"), dc_strdup("allocated")};
	struct grid g = {.columns = sizeof(titles) / sizeof(titles[0])};
	dc_auto_free char *most = NULL;
	double allocated = 0;
	size_t i;

	grid_add(&g, titles);
	for (i = 0; i < dc_json_size(rows); i++) {
		const struct dc_json *row = dc_json_at(rows, i);
		double over = value_at(row, USED) - value_at(row, ALLOCATED);
		char *cells[] = {format_time(row),
		    format_bytes(over > 0 ? over : 0),
		    format_bytes(value_at(row, UNUSED)),
		    format_bytes(value_at(row, USED)),
		    format_bytes(value_at(row, ALLOCATED))};

		if (value_at(row, ALLOCATED) > allocated)
			allocated = value_at(row, ALLOCATED);
		grid_add(&g, cells);
	}
	grid_print(&g);
	grid_done(&g);
	most = format_bytes(allocated);
	if (isatty(STDOUT_FILENO) && dc_json_size(rows) > 0)
		plot("used", rows, used_of, allocated, most);
}

static char *
format_rate(double rate)
{
	return dc_asprintf("%.2f", rate);
}

static char *
format_ms(double seconds)
{
	return dc_asprintf("%.0f ms", seconds * 1000);
}

static void
add_traffic_row(struct grid *g, const struct dc_json *row)
{
	double application = value_at(row, IN_APPLICATION);
	double platform = value_at(row, IN_PLATFORM);
	char *cells[] = {format_time(row), format_rate(value_at(row, R2XX)),
	    format_rate(value_at(row, R3XX)), format_rate(value_at(row, R4XX)),
	    format_rate(value_at(row, R5XX)), format_rate(requests_of(row)),
	    format_ms(platform), format_ms(application),
	    format_ms(platform + application)};

	grid_add(g, cells);
}

static void
show_traffic(const struct dc_json *rows)
{
	char *titles[] = {dc_strdup("time"), dc_strdup("2xx"), dc_strdup("3xx"),
	    dc_strdup("4xx"), dc_strdup("5xx"), dc_strdup("total req/sec"),
	    dc_strdup("platform latency"), dc_strdup("application latency"),
	    dc_strdup("total latency")};
	struct grid g = {.columns = sizeof(titles) / sizeof(titles[0])};
	dc_auto_free char *most = NULL;
	double max = 0;
	size_t i;

	grid_add(&g, titles);
	for (i = 0; i < dc_json_size(rows); i++) {
		const struct dc_json *row = dc_json_at(rows, i);

		if (requests_of(row) > max)
			max = requests_of(row);
		add_traffic_row(&g, row);
	}
	grid_print(&g);
	grid_done(&g);
	most = format_rate(max);
	if (isatty(STDOUT_FILENO) && dc_json_size(rows) > 0)
		plot("req/sec", rows, requests_of, max, most);
}

/* Rows as they are for --json; FN for people. */
static int
show(struct cli *cli, const char *path, void (*fn)(const struct dc_json *rows),
    struct dc_err *err)
{
	dc_auto_json struct dc_json *rows = NULL;
	int rc = api_get(&cli->api, &rows, path, err);

	if (rc < 0)
		return rc;
	if (cli->opts.json)
		cli_print_json(rows);
	else
		fn(rows);
	if (dc_json_size(rows) == 0)
		ui_info("Nothing was measured: the platform looks at what is "
			"up, once a minute");
	return 0;
}

int
memory_run(struct cli *cli, struct dc_err *err)
{
	const char *app, *of = cli->opts.args[0];
	const char *range = cli->opts.nargs > 1 ? cli->opts.args[1] : "1h";
	dc_auto_free char *suffix = NULL;
	dc_auto_free char *path = NULL;
	dc_auto_free char *name = NULL;
	long long number = 0;
	int rc = cli_find_app(cli, &app, err);

	if (rc == 0)
		rc = service_parse_one(&name, &number, of, err);
	if (rc == 0)
		rc = check_range(range, err);
	if (rc < 0)
		return rc;
	ui_info("Retrieving memory metrics on %s for the last %s", of,
	    find_range(range));
	suffix = dc_asprintf("/services/%s/instances/%lld/metrics/memory"
			     "?range=%s",
	    name, number, range);
	path = cli_format_path(app, suffix);
	return show(cli, path, show_memory, err);
}

/* A single argument is a range when it is one, or can be no service. */
static bool
is_service(const struct opts *o)
{
	return o->nargs == 2 ||
	       (o->nargs == 1 && find_range(o->args[0]) == NULL &&
		   !isdigit((unsigned char)o->args[0][0]));
}

int
traffic_run(struct cli *cli, struct dc_err *err)
{
	const struct opts *o = &cli->opts;
	const char *app, *service = is_service(o) ? o->args[0] : NULL;
	const char *range = o->nargs == 2                      ? o->args[1]
			    : o->nargs == 1 && service == NULL ? o->args[0]
							       : "1h";
	dc_auto_free char *suffix = NULL;
	dc_auto_free char *path = NULL;
	int rc = cli_find_app(cli, &app, err);

	if (rc == 0 && service != NULL)
		rc = service_check_name(service, strlen(service), err);
	if (rc == 0)
		rc = check_range(range, err);
	if (rc < 0)
		return rc;
	ui_info("Retrieving traffic metrics on %s for the last %s",
	    service != NULL ? service : app, find_range(range));
	suffix = dc_asprintf("/metrics/http?range=%s%s%s", range,
	    service != NULL ? "&service=" : "", service != NULL ? service : "");
	path = cli_format_path(app, suffix);
	return show(cli, path, show_traffic, err);
}
