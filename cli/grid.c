/* cli/grid.c -- see grid.h. */
#include "cli/grid.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/str.h"

void
grid_add(struct grid *g, char *const *cells)
{
	g->rows = dc_xrealloc(g->rows, (g->n + 1) * sizeof(*g->rows));
	memcpy(g->rows[g->n++], cells, g->columns * sizeof(*cells));
}

static void
print_rule(const struct grid *g, const size_t *widths)
{
	size_t c, i;

	(void)putchar('+');
	for (c = 0; c < g->columns; c++) {
		for (i = 0; i < widths[c] + 2; i++)
			(void)putchar('-');
		(void)putchar('+');
	}
	(void)putchar('\n');
}

/* Characters, of UTF-8. */
static size_t
count(const char *text)
{
	size_t n = 0;

	for (; *text != '\0'; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

static void
measure(const struct grid *g, size_t *widths)
{
	size_t i, c, n;

	for (i = 0; i < g->n; i++)
		for (c = 0; c < g->columns; c++) {
			n = count(g->rows[i][c]);
			if (n > widths[c])
				widths[c] = n;
		}
}

static void
print_cell(const char *text, size_t width)
{
	(void)printf("%s%*s", text, (int)(width - count(text)), "");
}

void
grid_print(const struct grid *g)
{
	size_t widths[GRID_COLUMNS] = {0}, i, c;

	measure(g, widths);
	print_rule(g, widths);
	for (i = 0; i < g->n; i++) {
		(void)fputs("|", stdout);
		for (c = 0; c < g->columns; c++) {
			(void)putchar(' ');
			print_cell(g->rows[i][c], widths[c]);
			(void)fputs(" |", stdout);
		}
		(void)putchar('\n');
		if (i == 0)
			print_rule(g, widths);
	}
	print_rule(g, widths);
}

void
grid_print_plain(const struct grid *g)
{
	size_t widths[GRID_COLUMNS] = {0}, i, c;

	measure(g, widths);
	for (i = 0; i < g->n; i++) {
		for (c = 0; c + 1 < g->columns; c++) {
			print_cell(g->rows[i][c], widths[c]);
			(void)fputs("  ", stdout);
		}
		(void)puts(g->rows[i][c]);
	}
}

void
grid_done(struct grid *g)
{
	size_t i, c;

	for (i = 0; i < g->n; i++)
		for (c = 0; c < g->columns; c++)
			free(g->rows[i][c]);
	free(g->rows);
	*g = (struct grid){.columns = g->columns};
}

void
grid_plot(const double *values, size_t n, double max, size_t width)
{
	static const char *const bars[] = {" ", "\u2581", "\u2582", "\u2583",
	    "\u2584", "\u2585", "\u2586", "\u2587", "\u2588"};
	size_t bar, i, height;
	double top;

	if (n < width)
		width = n;
	for (bar = 0; bar < width; bar++) {
		top = 0;
		for (i = bar * n / width; i < (bar + 1) * n / width; i++)
			if (values[i] > top)
				top = values[i];
		height = max > 0 ? (size_t)(top / max * 8 + 0.999) : 0;
		(void)fputs(bars[height > 8 ? 8 : height], stdout);
	}
}
