/* common/buildfile/report.h -- error texts that point into a YAML file. */
#ifndef DC_REPORT_H
#define DC_REPORT_H

#include "common/buildfile/yaml.h"

#include <stdarg.h>

/* Of a type that this platform does not have. */
#define DC_REPORT_DATA_HINT                                                    \
	"run it elsewhere, name its address in \"environment:\" of the "       \
	"services that need it, and take it out of this file"

/* DC_EUSER: the text, ` in "NAME", line L, column C:`, the line, a caret, and
 * HINT (may be NULL) on a line of its own. Control characters never get into
 * the message. */
int dc_report(struct dc_err *err, const struct dc_yaml *y, size_t line,
    size_t column, const char *hint, const char *fmt, ...)
    __attribute__((format(printf, 6, 7)));

/* What probably went wrong around a syntax error, or NULL; the caller's. */
char *dc_report_hint(const struct dc_yaml *y, size_t line, size_t column,
    const char *problem, const char *context);

/* `Expected a type dictionary but got a type string` when NODE is not a
 * KIND, and 0 when it is. Any scalar is good as a string. */
int dc_report_kind(struct dc_err *err, const struct dc_yaml *y,
    const struct dc_yaml_node *node, enum dc_yaml_kind kind);

/* Replaces control characters but newline and tab by '?'. */
void dc_report_clean(char *text);

/* How many letters differ, up to MAX + 1 when there are more. */
size_t dc_edit_distance(const char *a, const char *b, size_t max);

#endif
