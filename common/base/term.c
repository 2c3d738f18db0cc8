/* common/base/term.c -- see term.h. */
#include "common/base/term.h"

#include <string.h>

#include "common/base/str.h"

#define ESC 0x1b
#define BEL 0x07
#define SGR_MAX 32

static bool
is_within(char c, char from, char to)
{
	return c >= from && c <= to;
}

/* ESC [ parameters intermediates final. Returns its length; *IS_SGR: nothing
 * but digits, ';' and ':' before a final 'm'. */
static size_t
csi_length(const char *s, bool *is_sgr)
{
	size_t n = 2;

	n += strspn(s + n, "0123456789;:");
	*is_sgr = n < SGR_MAX && s[n] == 'm';
	while (is_within(s[n], 0x20, 0x3f))
		n++;
	/* An unfinished one ends where something else begins. */
	return is_within(s[n], 0x40, 0x7e) ? n + 1 : n;
}

/* OSC, DCS, SOS, PM, APC: up to BEL or ESC \, or all that is left. */
static size_t
string_length(const char *s)
{
	size_t n = 2;

	while (s[n] != '\0') {
		if (s[n] == BEL)
			return n + 1;
		if (s[n] == ESC && s[n + 1] == '\\')
			return n + 2;
		n++;
	}
	return n;
}

static size_t
escape_length(const char *s, bool *is_sgr)
{
	size_t n = 1;

	*is_sgr = false;
	if (s[1] == '[')
		return csi_length(s, is_sgr);
	if (s[1] != '\0' && strchr("]P_^X", s[1]) != NULL)
		return string_length(s);
	while (is_within(s[n], 0x20, 0x2f))
		n++;
	return is_within(s[n], 0x30, 0x7e) ? n + 1 : n;
}

static void
format(struct dc_str *out, const char *s, bool colours, bool newlines)
{
	size_t start = out->len, n;
	bool is_sgr, coloured = false;

	while (*s != '\0') {
		unsigned char c = (unsigned char)*s;

		n = 1;
		if (c == ESC) {
			n = escape_length(s, &is_sgr);
			if (is_sgr && colours)
				dc_str_addn(out, s, n);
			coloured = coloured || (is_sgr && colours);
		} else if (c == '\r' && s[1] != '\0' && s[1] != '\n') {
			out->len = start;
		} else if (c == '\n' && newlines) {
			dc_str_addn(out, s, 1);
			start = out->len;
		} else if (c == 0xc2 && (unsigned char)s[1] >= 0x80 &&
			   (unsigned char)s[1] < 0xa0) {
			n = 2; /* C1: 8-bit forms of the same sequences */
		} else if (c == '\t' || (c >= 0x20 && c != 0x7f)) {
			dc_str_addn(out, s, 1);
		}
		s += n;
	}
	if (coloured)
		dc_str_add(out, "\033[0m");
}

char *
dc_term_format_line(const char *text, bool colours)
{
	struct dc_str out = {0};

	dc_str_add(&out, "");
	format(&out, text, colours, false);
	out.data[out.len] = '\0';
	return dc_str_steal(&out);
}

char *
dc_term_format_text(const char *text)
{
	struct dc_str out = {0};

	dc_str_add(&out, "");
	format(&out, text, false, true);
	out.data[out.len] = '\0';
	return dc_str_steal(&out);
}
