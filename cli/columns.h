/* cli/columns.h -- a list of the API's, as a grid. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include "common/json/json.h"

#include <stddef.h>

struct column {
	const char *title;
	const char *key; /* of each object: text, number, or *_at: a date */
};

/* "* " in front of those whose KEY is true, when MARK is not NULL. Nothing at
 * all for no rows. Control characters are taken out. */
void columns_print(const struct dc_json *rows, const struct column *columns,
    size_t n, const char *mark);

#endif
