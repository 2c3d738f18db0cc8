/* cli/line.h -- how an entry of a log stream looks (seed 003, CONTRACT 1.3). */
#ifndef CLI_LINE_H
#define CLI_LINE_H

#include "common/json/json.h"

#include <stdbool.h>

/* "HH:MM:SS.ffffff: ---> message" in local time; "[www]" or "[www.0]" instead
 * of the arrow for what a service or an instance says. One line for each line
 * of the message, without a newline at the end; errors red with COLOURS. The
 * caller's to free. */
char *line_format(const struct dc_json *entry, bool colours);

/* An application's log: "[www.0] message", with the section header
 * "[www.0] == FILE ==" in front when *SECTION, which is brought up to date,
 * says that the line before came from elsewhere. */
char *line_format_app(char **section, const struct dc_json *entry,
    bool colours);

/* Does ENTRY belong to FILTER, "www" or "www.0"? */
bool line_has_tag(const struct dc_json *entry, const char *filter);

/* "2012-09-05 14:34:22.548716", the same with its day. */
char *line_format_date(const char *iso);
/* "14:34:22.548716" of an ISO time with Z; as it is when it is none. */
char *line_format_time(const char *iso);

#endif
