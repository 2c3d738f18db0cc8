/* cli/columns.c -- see columns.h. */
#include "cli/columns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/line.h"
#include "cli/term.h"
#include "common/base/auto.h"
#include "common/base/str.h"

/* The caller's. */
static char *
format_cell(const struct dc_json *row, const char *key)
{
	const struct dc_json *value = dc_json_find(row, key);
	const char *text = dc_json_str(value);
	dc_auto_free char *date = NULL;

	if (dc_json_type(value) == DC_JSON_INT)
		return dc_asprintf("%" PRId64, dc_json_int(value, 0));
	if (text == NULL || *text == '\0')
		return dc_strdup("-");
	if (!dc_has_suffix(key, "_at"))
		return term_format_line(text, false);
	date = line_format_date(text);
	/* To the second. */
	return dc_strndup(date, strcspn(date, "."));
}

static size_t
find_width(const struct dc_json *rows, const struct column *c)
{
	size_t i, width = strlen(c->title);

	for (i = 0; i < dc_json_size(rows); i++) {
		dc_auto_free char *cell =
		    format_cell(dc_json_at(rows, i), c->key);

		if (strlen(cell) > width)
			width = strlen(cell);
	}
	return width;
}

static void
print_cell(const char *text, size_t width, bool is_last)
{
	if (is_last)
		(void)printf("%s\n", text);
	else
		(void)printf("%-*s  ", (int)width, text);
}

void
columns_print(const struct dc_json *rows, const struct column *columns,
    size_t n, const char *mark)
{
	dc_auto_free size_t *widths = dc_xcalloc(n, sizeof(*widths));
	size_t i, c;

	if (dc_json_size(rows) == 0)
		return;
	(void)fputs(mark != NULL ? "  " : "", stdout);
	for (c = 0; c < n; c++) {
		widths[c] = find_width(rows, &columns[c]);
		print_cell(columns[c].title, widths[c], c + 1 == n);
	}
	for (i = 0; i < dc_json_size(rows); i++) {
		const struct dc_json *row = dc_json_at(rows, i);

		if (mark != NULL)
			(void)fputs(dc_json_has_true(row, mark) ? "* " : "  ",
			    stdout);
		for (c = 0; c < n; c++) {
			dc_auto_free char *cell =
			    format_cell(row, columns[c].key);

			print_cell(cell, widths[c], c + 1 == n);
		}
	}
}
