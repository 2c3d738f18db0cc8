/* cli/columns.c -- see columns.h. */
#include "cli/columns.h"

#include <inttypes.h>
#include <string.h>

#include "cli/grid.h"
#include "cli/line.h"
#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/base/term.h"

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
		return dc_term_format_line(text, false);
	date = line_format_date(text);
	/* To the second. */
	return dc_strndup(date, strcspn(date, "."));
}

static void
add_row(struct grid *g, const struct dc_json *row, const struct column *columns,
    const char *mark)
{
	char *cells[GRID_COLUMNS];
	size_t c;

	for (c = 0; c < g->columns; c++) {
		dc_auto_free char *cell = format_cell(row, columns[c].key);

		cells[c] = dc_asprintf("%s%s",
		    mark == NULL || c > 0         ? ""
		    : dc_json_has_true(row, mark) ? "* "
						  : "  ",
		    cell);
	}
	grid_add(g, cells);
}

void
columns_print(const struct dc_json *rows, const struct column *columns,
    size_t n, const char *mark)
{
	struct grid g = {.columns = n};
	char *titles[GRID_COLUMNS];
	size_t i;

	if (dc_json_size(rows) == 0)
		return;
	for (i = 0; i < n; i++)
		titles[i] = dc_asprintf("%s%s",
		    mark != NULL && i == 0 ? "  " : "", columns[i].title);
	grid_add(&g, titles);
	for (i = 0; i < dc_json_size(rows); i++)
		add_row(&g, dc_json_at(rows, i), columns, mark);
	grid_print_plain(&g);
	grid_done(&g);
}
