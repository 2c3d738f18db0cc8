/* cli/ui.h -- everything said to, and asked of, the person at the terminal. */
#ifndef CLI_UI_H
#define CLI_UI_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stdio.h>

/* -y and -o. */
void ui_init(bool yes, bool no);

/* "==> text": what is going on, on stderr; what was achieved, on stdout. */
void ui_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ui_success(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* "Error: text" and "Warning: text", on stdout. Control characters are taken
 * out: such texts quote what others wrote. */
void ui_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void ui_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "TEXT [Y/n]: "; y or yes in any case; an empty line or no more input is the
 * default, -y and -o answer by themselves. */
bool ui_is_confirmed(const char *text, bool otherwise);

/* A line of input without its newline, the caller's to free. HIDDEN: no echo
 * on a terminal. DC_EFAIL: no more input. */
int ui_load_line(char **out, const char *prompt, bool hidden,
    struct dc_err *err);

/* May text written there be coloured? A terminal, and no NO_COLOR. */
bool ui_has_colour(FILE *to);

#define UI_RED "\033[31m"
#define UI_GREEN "\033[32m"
#define UI_YELLOW "\033[33m"
#define UI_BLUE "\033[34m"
#define UI_PLAIN "\033[0m"

#endif
