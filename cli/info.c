/* cli/info.c -- dcloud info and dcloud url: what an application consists of
 * and where it is. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/endpoint.h"
#include "cli/grid.h"
#include "cli/service.h"
#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

/* KEY of OBJECT, "" when it has none. */
static const char *
text_of(const struct dc_json *object, const char *key)
{
	const char *s = dc_json_find_str(object, key);

	return s != NULL ? s : "";
}

static void
add_row(struct grid *g, const struct dc_json *service)
{
	int64_t memory = dc_json_find_int(service, "reserved_memory", 0);
	char *cells[] = {
	    dc_strdup(text_of(service, "name")),
	    dc_strdup(text_of(service, "service_type")),
	    dc_asprintf("%" PRId64,
		dc_json_find_int(service, "instance_count", 0)),
	    memory > 0 ? service_format_memory(memory) : dc_strdup("-"),
	};

	grid_add(g, cells);
}

static void
print_table(const struct dc_json *services)
{
	char *titles[] = {dc_strdup("name"), dc_strdup("type"),
	    dc_strdup("containers"), dc_strdup("reserved memory")};
	struct grid g = {.columns = sizeof(titles) / sizeof(titles[0])};
	size_t i;

	grid_add(&g, titles);
	for (i = 0; i < dc_json_size(services); i++)
		add_row(&g, dc_json_at(services, i));
	grid_print(&g);
	grid_done(&g);
}

/* A push that failed leaves services behind, but no running revision. */
static bool
is_deployed(const struct dc_json *a)
{
	return *text_of(a, "revision") != '\0';
}

/* Where the world reaches the tcp and udp ports of all services. */
static void
print_public_ports(const struct dc_json *services)
{
	bool has_title = false;
	size_t i, n;

	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);
		const struct dc_json *ports = dc_json_find(s, "ports");

		for (n = 0; n < dc_json_size(ports); n++) {
			const struct dc_json *port = dc_json_at(ports, n);

			if (*text_of(port, "url") == '\0' ||
			    dc_has_prefix(text_of(port, "url"), "http"))
				continue;
			if (!has_title)
				(void)printf("ports:\n");
			has_title = true;
			(void)printf("  %s.%s: %s\n", text_of(s, "name"),
			    text_of(port, "name"), text_of(port, "url"));
		}
	}
}

/* Whose requests wait, and until when. */
static void
print_holds(const struct dc_json *services)
{
	size_t i;

	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);
		const struct dc_json *hold = dc_json_find(s, "hold");

		if (hold != NULL)
			(void)printf("suspended: %s, until %.19s UTC\n",
			    text_of(s, "name"), text_of(hold, "until"));
	}
}

static void
print_application(const struct dc_json *a, const char *app, const char *git)
{
	const struct dc_json *services = dc_json_find(a, "services");

	(void)printf("=== %s\n", app);
	(void)printf("flavor:    %s\n", text_of(a, "flavor"));
	if (*text_of(a, "revision") != '\0')
		(void)printf("revision:  %s\n", text_of(a, "revision"));
	if (*text_of(a, "rollback") != '\0')
		(void)printf("rollback:  %s\n", text_of(a, "rollback"));
	if (*text_of(a, "state") != '\0')
		(void)printf("state:     %s\n", text_of(a, "state"));
	if (dc_json_find(a, "maintenance") != NULL)
		(void)printf("closed:    for maintenance since %.16s\n",
		    text_of(dc_json_find(a, "maintenance"), "since"));
	print_holds(services);
	if (git != NULL)
		(void)printf("git:       %s\n", git);
	if (!is_deployed(a) || dc_json_size(services) == 0) {
		cli_warn_not_deployed();
		return;
	}
	(void)printf("services:\n");
	print_table(services);
	print_public_ports(services);
}

static void
print_config(const struct dc_json *config)
{
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	if (dc_json_size(config) == 0)
		return;
	(void)printf("config:\n");
	while (dc_json_each(config, &it, &key, &value)) {
		dc_auto_free char *json =
		    dc_json_format(value, DC_JSON_COMPACT);
		const char *s = dc_json_str(value);
		dc_auto_free char *text =
		    dc_asprintf("%s: %s", key, s != NULL ? s : json);
		dc_auto_free char *clean = dc_term_format_line(text, false);

		(void)printf("    %s\n", clean);
	}
}

/* Empty values are skipped. */
static void
print_field(const char *name, const struct dc_json *object, const char *key)
{
	const char *text = text_of(object, key);

	if (*text != '\0')
		(void)printf("%-17s %s\n", name, text);
}

static void
print_ports(const struct dc_json *ports)
{
	bool has_title = false;
	size_t n;

	for (n = 0; n < dc_json_size(ports); n++) {
		const struct dc_json *port = dc_json_at(ports, n);

		if (strcmp(text_of(port, "name"), "http") == 0 ||
		    *text_of(port, "url") == '\0')
			continue;
		if (!has_title)
			(void)printf("ports:\n");
		has_title = true;
		(void)printf("  %s: %s\n", text_of(port, "name"),
		    text_of(port, "url"));
	}
}

/* What it was built on, and whether `dcloud upgrade` has anything newer. */
static void
print_image(const struct dc_json *i, const struct dc_json *s)
{
	const char *image = text_of(i, "image_version");
	const char *latest = text_of(s, "latest_image_version");

	if (*image != '\0')
		(void)printf("%-17s %s/%s (%s)\n",
		    "service revision:", text_of(s, "service_type"), image,
		    strcmp(image, latest) == 0 ? "latest revision"
					       : "upgrade available");
}

static void
print_instance(const struct dc_json *i, const struct dc_json *s)
{
	(void)printf("\n=== %s.%" PRId64 "\n", text_of(s, "name"),
	    dc_json_find_int(i, "instance_id", 0));
	print_field("datacenter:", i, "datacenter");
	print_field("host:", i, "host");
	print_field("container:", i,
	    dc_json_find(i, "container_id") != NULL ? "container_id"
						    : "container_name");
	print_image(i, s);
	print_field("revision:", i, "revision");
	print_field("state:", i, "state");
	if (dc_json_has_true(i, "suspended"))
		(void)printf("%-17s until resume\n", "suspended:");
	if (strcmp(text_of(i, "health"), "silent") == 0 ||
	    strcmp(text_of(i, "health"), "failing") == 0)
		print_field("health:", i, "health");
	print_ports(dc_json_find(i, "ports"));
}

static void
print_service(const struct dc_json *s, const char *name, bool deployed)
{
	int64_t memory = dc_json_find_int(s, "reserved_memory", 0);
	const struct dc_json *instances = dc_json_find(s, "instances");
	dc_auto_free char *urls = service_format_urls(s, "\n  - ");
	dc_auto_free char *size = service_format_memory(memory);
	size_t i;

	(void)printf("== %s\n", name);
	print_field("type:", s, "service_type");
	if (dc_json_find(s, "hold") != NULL)
		(void)printf("%-17s until %.19s UTC\n",
		    "suspended:", text_of(dc_json_find(s, "hold"), "until"));
	(void)printf("%-17s %" PRId64 "\n",
	    "instances:", dc_json_find_int(s, "instance_count", 0));
	if (memory > 0)
		(void)printf("%-17s %s\n", "reserved memory:", size);
	print_config(dc_json_find(s, "runtime_config"));
	if (!deployed)
		cli_warn_not_deployed();
	else if (*urls != '\0')
		(void)printf("URLs:\n  - %s\n", urls);
	print_ports(dc_json_find(s, "ports"));
	for (i = 0; i < dc_json_size(instances); i++)
		print_instance(dc_json_at(instances, i), s);
}

static void
show_application(struct cli *cli, const struct dc_json *a, const char *app)
{
	dc_auto_free char *git = NULL;

	(void)endpoint_load_git_url(&git, &cli->api, app, NULL);
	print_application(a, app, git);
}

int
info_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *a = NULL;
	const char *app, *name = cli->opts.args[0];
	const struct dc_json *service = NULL;
	int rc;

	rc = cli_load_app(cli, &a, &app, err);
	if (rc == 0 && name != NULL)
		rc = service_find(&service, a, name, err);
	if (rc < 0)
		return rc;
	if (cli->opts.json)
		cli_print_json(service != NULL ? service : a);
	else if (service != NULL)
		print_service(service, name, is_deployed(a));
	else
		show_application(cli, a, app);
	return 0;
}

/* "www:  http://a ; http://b", names aligned. */
static int
print_urls(const struct dc_json *services, struct dc_err *err)
{
	size_t i, width = 0, n = 0;

	for (i = 0; i < dc_json_size(services); i++) {
		const char *name = text_of(dc_json_at(services, i), "name");

		width = strlen(name) > width ? strlen(name) : width;
	}
	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);
		dc_auto_free char *urls = service_format_urls(s, " ; ");
		dc_auto_free char *name =
		    dc_asprintf("%s:", text_of(s, "name"));

		if (*urls == '\0')
			continue;
		n++;
		(void)printf("%-*s %s\n", (int)width + 2, name, urls);
	}
	return n > 0 ? 0
		     : dc_fail(err, DC_ENOTFOUND,
			   "No URLs found for the application");
}

static struct dc_json *
new_url_list(const struct dc_json *services)
{
	struct dc_json *out = dc_json_new_object();
	size_t i, k;

	for (i = 0; i < dc_json_size(services); i++) {
		const struct dc_json *s = dc_json_at(services, i);
		const struct dc_json *domains = dc_json_find(s, "domains");
		struct dc_json *urls = dc_json_new_array();

		for (k = 0; k < dc_json_size(domains); k++)
			dc_json_add_str(urls, NULL,
			    text_of(dc_json_at(domains, k), "url"));
		dc_json_add(out, text_of(s, "name"), urls);
	}
	return out;
}

int
url_run(struct cli *cli, struct dc_err *err)
{
	dc_auto_json struct dc_json *a = NULL;
	dc_auto_json struct dc_json *list = NULL;
	const char *app, *name = cli->opts.args[0];
	const struct dc_json *service = NULL;
	dc_auto_free char *urls = NULL;
	int rc;

	rc = cli_load_app(cli, &a, &app, err);
	if (rc == 0 && name != NULL)
		rc = service_find(&service, a, name, err);
	if (rc < 0)
		return rc;
	list = new_url_list(dc_json_find(a, "services"));
	if (cli->opts.json) {
		cli_print_json(name != NULL ? dc_json_find(list, name) : list);
		return 0;
	}
	if (service == NULL)
		return print_urls(dc_json_find(a, "services"), err);
	urls = service_format_urls(service, " ");
	if (*urls == '\0')
		return dc_fail(err, DC_ENOTFOUND,
		    "No URLs found for service \"%s\"", name);
	(void)puts(urls);
	return 0;
}
