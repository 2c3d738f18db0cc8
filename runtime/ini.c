/* runtime/ini.c -- see ini.h.
 *
 * The grammar is Python's ConfigParser as supervisord sets it up: 'key = value'
 * or 'key: value'; a line that is indented deeper than the one with the key
 * goes on its value; lines of '#' or ';' are comments, and so is what follows
 * white space and '#' or ';' in a line. */
#include "runtime/ini.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct parser {
	struct ini ini;
	const char *file;
	int line;
	bool is_included;
	char *section;      /* borrowed from the last header's entry */
	size_t blank_lines; /* seen since the last line of a value   */
	size_t indent;      /* of the last key or header             */
	struct dc_err *err;
};

void
ini_done(struct ini *ini)
{
	for (size_t i = 0; i < ini->n; i++) {
		free(ini->v[i].section);
		free(ini->v[i].key);
		free(ini->v[i].value);
		free(ini->v[i].file);
	}
	free(ini->v);
	*ini = (struct ini){0};
}

void
ini_join(struct ini *to, struct ini *from)
{
	if (from->n > 0) {
		to->v = dc_xrealloc(to->v, (to->n + from->n) * sizeof(*to->v));
		memcpy(to->v + to->n, from->v, from->n * sizeof(*to->v));
		to->n += from->n;
	}
	free(from->v);
	*from = (struct ini){0};
}

static int
add_entry(struct parser *p, const char *section, const char *key,
    const char *value)
{
	struct ini_entry *e;

	if (p->ini.n >= INI_MAX_ENTRIES)
		return dc_fail(p->err, DC_EINVAL, "%s:%d: too many keys",
		    p->file, p->line);
	p->ini.v = dc_xrealloc(p->ini.v, (p->ini.n + 1) * sizeof(*p->ini.v));
	e = &p->ini.v[p->ini.n++];
	*e = (struct ini_entry){.section = dc_strdup(section),
	    .key = key != NULL ? dc_strdup(key) : NULL,
	    .value = value != NULL ? dc_strdup(value) : NULL,
	    .file = dc_strdup(p->file),
	    .line = p->line,
	    .is_included = p->is_included};
	return 0;
}

/* Cuts white space off both ends of S, in place. */
static char *
trim(char *s)
{
	size_t n;

	while (isspace((unsigned char)*s))
		s++;
	n = strlen(s);
	while (n > 0 && isspace((unsigned char)s[n - 1]))
		n--;
	s[n] = '\0';
	return s;
}

static void
cut_comment(char *line)
{
	char *s = line + strspn(line, " \t");

	if (*s == '#' || *s == ';') {
		*line = '\0';
		return;
	}
	for (s = line; *s != '\0'; s++)
		if ((*s == '#' || *s == ';') && s > line &&
		    isspace((unsigned char)s[-1])) {
			*s = '\0';
			return;
		}
}

static int
parse_header(struct parser *p, char *text)
{
	char *end = strrchr(text, ']');
	int rc;

	if (end == NULL || end[1] != '\0' || end == text + 1)
		return dc_fail(p->err, DC_EINVAL,
		    "%s:%d: not a section header: '%s'", p->file, p->line,
		    text);
	*end = '\0';
	rc = add_entry(p, trim(text + 1), NULL, NULL);
	if (rc == 0)
		p->section = p->ini.v[p->ini.n - 1].section;
	return rc;
}

static int
parse_key(struct parser *p, char *text)
{
	char *sep = strpbrk(text, "=:");
	char *key, *value;

	if (p->section == NULL)
		return dc_fail(p->err, DC_EINVAL,
		    "%s:%d: no [section] before '%s'", p->file, p->line, text);
	if (sep == NULL || sep == text)
		return dc_fail(p->err, DC_EINVAL,
		    "%s:%d: expected 'key = value' but got '%s'", p->file,
		    p->line, text);
	*sep = '\0';
	key = trim(text);
	value = trim(sep + 1);
	for (char *c = key; *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return add_entry(p, p->section, key, value);
}

static void
continue_value(struct parser *p, const char *text)
{
	struct ini_entry *e = &p->ini.v[p->ini.n - 1];
	dc_auto_str struct dc_str s = {0};

	dc_str_add(&s, e->value);
	for (size_t i = 0; i <= p->blank_lines; i++)
		dc_str_add(&s, "\n");
	dc_str_add(&s, text);
	free(e->value);
	e->value = dc_str_steal(&s);
}

static int
parse_line(struct parser *p, char *line)
{
	size_t length = strlen(line), indent = strspn(line, " \t");
	bool has_comment;
	char *text;
	int rc;

	cut_comment(line);
	has_comment = strlen(line) != length;
	text = trim(line);
	if (*text == '\0') {
		if (!has_comment)
			p->blank_lines++;
		return 0;
	}
	if (indent > p->indent && p->ini.n > 0 &&
	    p->ini.v[p->ini.n - 1].value != NULL) {
		continue_value(p, text);
		rc = 0;
	} else {
		p->indent = indent;
		rc = *text == '[' ? parse_header(p, text) : parse_key(p, text);
	}
	p->blank_lines = 0;
	return rc;
}

/* The file was written by a stranger: a FIFO or device there must neither
 * block nor be read, and its size has a limit. */
static int
load_text(char **out, const char *path, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	dc_auto_fd int fd = -1;
	struct stat st;
	size_t n = 0, size;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return dc_fail(err, DC_EINVAL, "'%s' is not a file", path);
	if (st.st_size > INI_MAX_FILE)
		return dc_fail(err, DC_EINVAL, "'%s' is too large", path);
	size = (size_t)st.st_size;
	text = dc_xcalloc(1, size + 1);
	while (n < size) {
		ssize_t r = read(fd, text + n, size - n);

		if (r < 0)
			return dc_fail_errno(err, "read '%s'", path);
		if (r == 0)
			break;
		n += (size_t)r;
	}
	if (memchr(text, '\0', n) != NULL)
		return dc_fail(err, DC_EINVAL, "'%s' is not text", path);
	*out = dc_steal_ptr(&text);
	return 0;
}

int
ini_load(struct ini *out, const char *path, bool is_included,
    struct dc_err *err)
{
	struct parser p = {.file = path,
	    .is_included = is_included,
	    .err = err};
	dc_auto_free char *text = NULL;
	char *line, *next;
	int rc;

	rc = load_text(&text, path, err);
	if (rc < 0)
		return rc;
	for (line = text; line != NULL; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		p.line++;
		rc = parse_line(&p, line);
		if (rc < 0) {
			ini_done(&p.ini);
			return rc;
		}
	}
	*out = p.ini;
	return 0;
}
