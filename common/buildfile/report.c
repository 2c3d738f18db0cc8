/* common/buildfile/report.c -- see report.h. */
#include "common/buildfile/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/buildfile/type.h"

/* As PyYAML shows a line: indented, and cut around the column. */
#define SNIPPET_WIDTH 72

/* In the order of enum dc_yaml_kind. */
static const char *const kind_names[DC_YAML_NKINDS] = {
    [DC_YAML_STRING] = "string",
    [DC_YAML_INT] = "int",
    [DC_YAML_FLOAT] = "float",
    [DC_YAML_BOOL] = "bool",
    [DC_YAML_NULL] = "null",
    [DC_YAML_LIST] = "list",
    [DC_YAML_DICT] = "dictionary",
};

struct line {
	const char *text;
	size_t len;
};

/* Bytes of the line break at S, 0 when there is none. libyaml counts NEL, LS
 * and PS as breaks too, and so must we. */
static size_t
break_len(const char *s, size_t len)
{
	if (len >= 2 && s[0] == '\r' && s[1] == '\n')
		return 2;
	if (len >= 1 && (s[0] == '\n' || s[0] == '\r'))
		return 1;
	if (len >= 2 && memcmp(s, "\xc2\x85", 2) == 0)
		return 2;
	if (len >= 3 && (memcmp(s, "\xe2\x80\xa8", 3) == 0 ||
			    memcmp(s, "\xe2\x80\xa9", 3) == 0))
		return 3;
	return 0;
}

/* Line NUMBER, from 1; an empty one behind the last. */
static struct line
find_line(const struct dc_yaml *y, size_t number)
{
	const char *p = y->text, *end = y->text + y->len;
	struct line l = {y->text, 0};
	size_t n = 1, brk;

	for (; p<end; p += brk> 0 ? brk : 1) {
		brk = break_len(p, (size_t)(end - p));
		if (brk == 0)
			continue;
		if (n == number)
			break;
		n++;
		l.text = p + brk;
	}
	if (n != number)
		l.text = end;
	l.len = (size_t)(p - l.text);
	if (n != number)
		l.len = 0;
	return l;
}

static bool
is_inside_char(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

void
dc_report_clean(char *text)
{
	unsigned char *s = (unsigned char *)text;

	for (; *s != '\0'; s++) {
		if ((*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7f)
			*s = '?';
		else if (*s == 0xc2 && s[1] >= 0x80 && s[1] < 0xa0)
			s[0] = s[1] = '?'; /* U+0080 to U+009F */
	}
}

/* The line and, below its COLUMN-th character, a caret. */
static void
add_snippet(struct dc_str *to, const struct line *l, size_t column)
{
	size_t i, from = 0, at = 0, n = 1;

	while (at < l->len && n < column) {
		at++;
		n += at == l->len || !is_inside_char(l->text[at]);
	}
	if (at > SNIPPET_WIDTH / 2 && l->len > SNIPPET_WIDTH)
		from = at - SNIPPET_WIDTH / 2;
	while (from > 0 && is_inside_char(l->text[from]))
		from--;
	n = l->len - from > SNIPPET_WIDTH ? SNIPPET_WIDTH : l->len - from;
	while (n > 0 && from + n < l->len && is_inside_char(l->text[from + n]))
		n--;
	dc_str_addf(to, "\n    %s", from > 0 ? "... " : "");
	dc_str_addn(to, l->text + from, n);
	dc_str_addf(to, "%s\n    %s", from + n < l->len ? " ..." : "",
	    from > 0 ? "    " : "");
	for (i = from; i < at; i++)
		if (!is_inside_char(l->text[i]))
			dc_str_add(to, l->text[i] == '\t' ? "\t" : " ");
	dc_str_add(to, "^");
}

int
dc_report(struct dc_err *err, const struct dc_yaml *y, size_t line,
    size_t column, const char *hint, const char *fmt, ...)
{
	struct line l = find_line(y, line);
	dc_auto_str struct dc_str msg = {0};
	dc_auto_free char *what = NULL;
	va_list ap;
	char *p;

	va_start(ap, fmt);
	what = dc_vasprintf(fmt, ap);
	va_end(ap);
	dc_str_addf(&msg, "%s in \"%s\", line %zu, column %zu:", what, y->name,
	    line, column);
	add_snippet(&msg, &l, column);
	if (hint != NULL)
		dc_str_addf(&msg, "\nHint: %s", hint);
	/* A NUL in the file would end the message early. */
	while ((p = memchr(msg.data, '\0', msg.len)) != NULL)
		*p = '?';
	dc_report_clean(msg.data);
	return dc_fail(err, DC_EUSER, "%s", msg.data);
}

static bool
has_text(const struct line *l, size_t column, const char *text)
{
	size_t n = strlen(text);

	return column > 0 && column - 1 + n <= l->len &&
	       strncmp(l->text + column - 1, text, n) == 0;
}

static char *
hint_for_dict(const struct dc_yaml *y, const struct dc_yaml_node *node)
{
	struct line l = find_line(y, node->line);

	/* The inner one is a key that is no text. */
	if (has_text(&l, node->column - 1, "{{"))
		return dc_strdup("this is a placeholder of a template: write "
				 "what it stands for");
	if (has_text(&l, node->column, "{"))
		return dc_strdup("text that begins with '{' must be in quotes");
	return NULL;
}

/* What NODE, which is no KIND, was probably meant to be, or NULL. */
static char *
hint_for_kind(const struct dc_yaml *y, const struct dc_yaml_node *node,
    enum dc_yaml_kind kind)
{
	if (node->is_plain && strchr(node->text, ':') != NULL)
		return dc_strdup("a colon needs a space behind it: write "
				 "\"key: value\"");
	if (kind == DC_YAML_DICT && node->is_plain &&
	    dc_type_is_data(node->text))
		return dc_asprintf("this platform has no %s: %s", node->text,
		    DC_REPORT_DATA_HINT);
	if (kind == DC_YAML_DICT && node->is_plain &&
	    dc_type_is_known(node->text))
		return dc_asprintf("write \"type: %s\"", node->text);
	if (kind == DC_YAML_STRING && node->kind == DC_YAML_DICT)
		return hint_for_dict(y, node);
	if (kind == DC_YAML_LIST && dc_yaml_is_scalar(node))
		return dc_strdup("a list has a line for each item, \"- \" in "
				 "front of it");
	return NULL;
}

int
dc_report_kind(struct dc_err *err, const struct dc_yaml *y,
    const struct dc_yaml_node *node, enum dc_yaml_kind kind)
{
	dc_auto_free char *hint = NULL;
	bool is_empty;

	if (node->kind == kind ||
	    (kind == DC_YAML_STRING && dc_yaml_is_scalar(node)))
		return 0;
	if (node->kind == DC_YAML_NULL)
		return dc_report(err, y, node->line, node->column,
		    kind == DC_YAML_DICT ? "what belongs to it comes in the "
					   "lines below, indented deeper"
					 : NULL,
		    "Expected a type %s but got nothing", kind_names[kind]);
	hint = hint_for_kind(y, node, kind);
	is_empty = dc_yaml_is_scalar(node) ? *node->text == '\0' : node->n == 0;
	return dc_report(err, y, node->line, node->column, hint,
	    "Expected a type %s but got %s type %s", kind_names[kind],
	    is_empty ? "an empty" : "a", kind_names[node->kind]);
}

static size_t
indentation(const struct line *l)
{
	size_t n = 0;

	while (n < l->len && l->text[n] == ' ')
		n++;
	return n;
}

static bool
is_blank(const struct line *l)
{
	size_t i = 0;

	while (i < l->len && (l->text[i] == ' ' || l->text[i] == '\t'))
		i++;
	return i == l->len || l->text[i] == '#';
}

/* A tab among the white space at the beginning? */
static bool
has_leading_tab(const struct line *l)
{
	size_t n = indentation(l);

	return n < l->len && l->text[n] == '\t';
}

/* `type` of `  type: nodejs`: the key and not its value; NULL when the line
 * has none, or nothing but one. */
static char *
key_with_value(const struct line *l)
{
	size_t from = indentation(l);
	const char *colon = memchr(l->text + from, ':', l->len - from);
	size_t rest;

	if (colon == NULL || colon == l->text + from)
		return NULL;
	for (rest = (size_t)(colon - l->text) + 1; rest < l->len; rest++)
		if (l->text[rest] != ' ' && l->text[rest] != '\t')
			return dc_strndup(l->text + from,
			    (size_t)(colon - l->text) - from);
	return NULL;
}

/* The mistake of many: a key deeper than the finished one above it. */
static char *
hint_for_mapping(const struct dc_yaml *y, size_t line, const struct line *l)
{
	dc_auto_free char *key = NULL;
	struct line above = {0};
	size_t n;

	for (n = line - 1; n > 0; n--) {
		above = find_line(y, n);
		if (!is_blank(&above))
			break;
	}
	if (n > 0)
		key = key_with_value(&above);
	if (key != NULL && indentation(l) > indentation(&above))
		return dc_asprintf("this line is indented by %zu, deeper than "
				   "\"%.40s\" in line %zu (%zu): keys of one "
				   "service begin in the same column",
		    indentation(l), key, n, indentation(&above));
	if (n > 0 && memchr(above.text, ':', above.len) == NULL)
		return dc_asprintf("line %zu has no colon: write \"name:\"", n);
	return dc_strdup("a value with \": \" in it must be in quotes");
}

char *
dc_report_hint(const struct dc_yaml *y, size_t line, size_t column,
    const char *problem, const char *context)
{
	struct line l = find_line(y, line), above = {0};
	bool is_at_tab =
	    column > 0 && column <= l.len && l.text[column - 1] == '\t';

	if (line > 1)
		above = find_line(y, line - 1);
	if (has_leading_tab(&l) || (line > 1 && has_leading_tab(&above)) ||
	    is_at_tab)
		return dc_asprintf("line %zu has a tab: YAML is indented with "
				   "spaces only",
		    line > 1 && !has_leading_tab(&l) && !is_at_tab ? line - 1
								   : line);
	if (strstr(problem, "UTF-8") != NULL)
		return dc_strdup("save the file in the encoding UTF-8");
	if (strstr(problem, "mapping values are not allowed") != NULL)
		return hint_for_mapping(y, line, &l);
	if (strstr(problem, "cannot start any token") != NULL)
		return dc_strdup("put a value that begins with a special "
				 "character in quotes");
	if (context != NULL && strstr(context, "quoted scalar") != NULL)
		return dc_strdup("a quotation mark is not closed");
	if (strstr(problem, "could not find expected ':'") != NULL)
		return dc_strdup("a colon and a space are missing: write "
				 "\"key: value\"");
	if (strstr(problem, "did not find expected key") != NULL ||
	    strstr(problem, "did not find expected '-' indicator") != NULL)
		return dc_strdup("the indentation of this line matches none "
				 "of the lines above it");
	if (strstr(problem, "did not find expected ',' or") != NULL)
		return dc_strdup("a bracket is not closed, or a value that "
				 "begins with one is not in quotes");
	return NULL;
}

static size_t
min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

size_t
dc_edit_distance(const char *a, const char *b, size_t max)
{
	size_t row[33], la = strlen(a), lb = strlen(b), i, j, diagonal, old;

	if (la > 32 || lb > 32 || la > lb + max || lb > la + max)
		return max + 1;
	for (j = 0; j <= lb; j++)
		row[j] = j;
	for (i = 1; i <= la; i++) {
		diagonal = row[0];
		row[0] = i;
		for (j = 1; j <= lb; j++) {
			old = row[j];
			row[j] = min3(row[j] + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = old;
		}
	}
	return row[lb] > max ? max + 1 : row[lb];
}
