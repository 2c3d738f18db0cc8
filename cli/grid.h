/* cli/grid.h -- tables, each column as wide as it has to be, and small plots.
 */
#ifndef CLI_GRID_H
#define CLI_GRID_H

#include <stddef.h>

#define GRID_COLUMNS 9

struct grid {
	size_t columns;
	char *(*rows)[GRID_COLUMNS]; /* the first one is the titles */
	size_t n;
};

/* COLUMNS texts, which become the grid's. */
void grid_add(struct grid *g, char *const *cells);
/* With rules of - and |, or with two spaces between columns. */
void grid_print(const struct grid *g);
void grid_print_plain(const struct grid *g);
void grid_done(struct grid *g);

/* One line of bars, at most WIDTH of them, each the greatest of its share of
 * the N values; the highest is as high as MAX. */
void grid_plot(const double *values, size_t n, double max, size_t width);

#endif
