/* common/base/term.h -- makes text that a stranger's build printed safe to
 * show.
 *
 * An escape sequence can retitle, reprogram or read back a terminal. Only
 * colours (SGR) are let through, and only where they can be shown. */
#ifndef DC_TERM_H
#define DC_TERM_H

#include <stdbool.h>

/* One line, the caller's to free: control characters and escape sequences are
 * taken out; of a line that was rewritten with \r the last text is left. With
 * COLOURS, SGR stays and is reset at the end. */
char *dc_term_format_line(const char *text, bool colours);

/* Several lines, no colours. */
char *dc_term_format_text(const char *text);

#endif
