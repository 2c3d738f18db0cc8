/* cli/line.c -- see line.h. */
#include "cli/line.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/ui.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

#define MICROS 6 /* digits of a fraction that are shown */

char *
line_format_time(const char *iso)
{
	struct tm utc = {0}, local;
	char clock[16];
	const char *rest;
	time_t t;
	int n = 0;

	rest = strptime(iso, "%Y-%m-%dT%H:%M:%S", &utc);
	if (rest == NULL)
		return dc_strdup(iso);
	t = timegm(&utc);
	if (localtime_r(&t, &local) == NULL)
		return dc_strdup(iso);
	(void)strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	if (*rest == '.')
		n = 1 + (int)strspn(rest + 1, "0123456789");
	if (n > 1 + MICROS)
		n = 1 + MICROS;
	return dc_asprintf("%s%.*s", clock, n, rest);
}

char *
line_format_date(const char *iso)
{
	dc_auto_free char *clock = line_format_time(iso);
	struct tm utc = {0}, local;
	char day[16];
	time_t t;

	if (strptime(iso, "%Y-%m-%dT%H:%M:%S", &utc) == NULL)
		return dc_strdup(iso);
	t = timegm(&utc);
	if (localtime_r(&t, &local) == NULL)
		return dc_strdup(iso);
	(void)strftime(day, sizeof(day), "%Y-%m-%d", &local);
	return dc_asprintf("%s %s", day, clock);
}

/* "www", "www.0"; NULL for the platform. */
static char *
format_tag(const struct dc_json *entry)
{
	const char *service = dc_json_find_str(entry, "service");
	const struct dc_json *instance = dc_json_find(entry, "instance");
	const char *name = dc_json_str(instance);
	int64_t n = dc_json_int(instance, -1);

	if (service == NULL)
		return NULL;
	if (name != NULL)
		return dc_asprintf("%s.%s", service, name);
	if (n >= 0)
		return dc_asprintf("%s.%" PRId64, service, n);
	return dc_strdup(service);
}

bool
line_has_tag(const struct dc_json *entry, const char *filter)
{
	dc_auto_free char *tag = format_tag(entry);
	size_t len = strlen(filter);

	return tag != NULL && strncmp(tag, filter, len) == 0 &&
	       (tag[len] == '\0' || tag[len] == '.');
}

static bool
is_error(const struct dc_json *entry)
{
	const char *level = dc_json_find_str(entry, "level");

	return level != NULL && strcmp(level, "ERROR") == 0;
}

/* Each line of TEXT with PREFIX in front. */
static void
add_lines(struct dc_str *out, const char *prefix, const char *text, bool red,
    bool colours)
{
	size_t len;

	for (;;) {
		dc_auto_free char *line = NULL;
		dc_auto_free char *clean = NULL;

		len = strcspn(text, "\n");
		line = dc_strndup(text, len);
		clean = dc_term_format_line(line, colours && !red);
		dc_str_addf(out, "%s%s%s%s", red && colours ? UI_RED : "",
		    prefix, clean, red && colours ? UI_PLAIN : "");
		text += len;
		if (text[0] == '\0' || text[1] == '\0')
			break;
		dc_str_add(out, "\n");
		text++;
	}
}

static char *
format_prefix(const struct dc_json *entry, const char *tag)
{
	const char *created = dc_json_find_str(entry, "created_at");
	dc_auto_free char *clock = NULL;
	dc_auto_free char *prefix = NULL;

	if (created != NULL)
		clock = line_format_time(created);
	prefix = dc_asprintf("%s%s%s%s%s ", clock != NULL ? clock : "",
	    clock != NULL ? ": " : "", tag != NULL ? "[" : "--->",
	    tag != NULL ? tag : "", tag != NULL ? "]" : "");
	return dc_term_format_line(prefix, false);
}

char *
line_format(const struct dc_json *entry, bool colours)
{
	const char *message = dc_json_find_str(entry, "message");
	dc_auto_free char *tag = format_tag(entry);
	dc_auto_free char *prefix = format_prefix(entry, tag);
	struct dc_str out = {0};

	add_lines(&out, prefix, message != NULL ? message : "", is_error(entry),
	    colours);
	return dc_str_steal(&out);
}

char *
line_format_app(char **section, const struct dc_json *entry, bool colours)
{
	const char *message = dc_json_find_str(entry, "message");
	const char *file = dc_json_find_str(entry, "filename");
	const char *ended = dc_json_find_str(entry, "ended_at");
	dc_auto_free char *tag = format_tag(entry);
	dc_auto_free char *prefix = NULL;
	dc_auto_free char *plain = NULL;
	dc_auto_free char *header = NULL;
	struct dc_str out = {0};

	plain = dc_asprintf("[%s] ", tag != NULL ? tag : "-");
	prefix = dc_term_format_line(plain, false);
	if (file != NULL) {
		dc_auto_free char *date =
		    ended != NULL ? line_format_date(ended) : NULL;
		dc_auto_free char *text =
		    dc_asprintf("%s== %s%s%.19s%s ==", plain, file,
			date != NULL ? " (ended " : "",
			date != NULL ? date : "", date != NULL ? ")" : "");

		header = dc_term_format_line(text, false);
	}
	if (header != NULL &&
	    (*section == NULL || strcmp(*section, header) != 0)) {
		dc_str_addf(&out, "%s\n", header);
		free(*section);
		*section = dc_steal_ptr(&header);
	}
	add_lines(&out, prefix, message != NULL ? message : "", is_error(entry),
	    colours);
	return dc_str_steal(&out);
}
