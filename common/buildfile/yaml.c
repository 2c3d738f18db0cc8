/* common/buildfile/yaml.c -- see yaml.h. The only file that includes
 * libyaml's header. */
#include "common/buildfile/yaml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/base/str.h"
#include "common/buildfile/report.h"
#include "common/buildfile/scalar.h"

/* So much text of a scalar weighs as much as one node: what aliases multiply
 * is text as well. */
#define BYTES_PER_NODE 16

struct anchor {
	char *name;
	struct dc_yaml_node *node;
	struct anchor *next;
};

struct reader {
	yaml_parser_t parser;
	struct dc_yaml *y;
	struct anchor *anchors;
	size_t nanchors;
	struct dc_yaml_node *stack[DC_MAX_YAML_DEPTH];
	size_t depth;
	size_t weight; /* of everything read so far */
	struct dc_err *err;
};

static void
free_anchors(struct reader *r)
{
	struct anchor *a;

	while ((a = r->anchors) != NULL) {
		r->anchors = a->next;
		free(a->name);
		free(a);
	}
}

void
dc_yaml_done(struct dc_yaml *y)
{
	struct dc_yaml_node *node;

	while ((node = y->all) != NULL) {
		y->all = node->next;
		free(node->text);
		free((void *)node->child);
		free(node);
	}
	*y = (struct dc_yaml){0};
}

bool
dc_yaml_is_scalar(const struct dc_yaml_node *node)
{
	return node->kind < DC_YAML_LIST;
}

struct dc_yaml_node *
dc_yaml_find(const struct dc_yaml_node *dict, const char *key)
{
	size_t i;

	for (i = 0; i + 1 < dict->n; i += 2)
		if (strcmp(dict->child[i]->text, key) == 0)
			return dict->child[i + 1];
	return NULL;
}

/* Where a byte offset is: libyaml gives no line for bytes it cannot read. */
static void
find_offset(const struct dc_yaml *y, size_t offset, size_t *line,
    size_t *column)
{
	size_t i;

	*line = *column = 1;
	for (i = 0; i < offset && i < y->len; i++) {
		if (y->text[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)y->text[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static int
fail_parser(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	dc_auto_free char *hint = NULL;
	const char *problem = p->problem != NULL ? p->problem : "bad YAML";
	size_t line = p->problem_mark.line + 1;
	size_t column = p->problem_mark.column + 1;

	if (p->error == YAML_MEMORY_ERROR)
		abort();
	/* A quotation mark is missing: where it was opened, not at the end. */
	if (p->context != NULL && strstr(p->context, "quoted scalar") != NULL) {
		line = p->context_mark.line + 1;
		column = p->context_mark.column + 1;
	}
	if (p->error == YAML_READER_ERROR)
		find_offset(r->y, p->problem_offset, &line, &column);
	hint = dc_report_hint(r->y, line, column, problem, p->context);
	if (p->context != NULL && p->context_mark.line + 1 != line)
		return dc_report(r->err, r->y, line, column, hint,
		    "%s (%s which began in line %zu)", problem, p->context,
		    p->context_mark.line + 1);
	return dc_report(r->err, r->y, line, column, hint, "%s", problem);
}

static int
fail_at(struct reader *r, const yaml_mark_t *mark, const char *hint,
    const char *what)
{
	return dc_report(r->err, r->y, mark->line + 1, mark->column + 1, hint,
	    "%s", what);
}

static int
add_weight(struct reader *r, size_t weight, const yaml_mark_t *mark)
{
	r->weight += weight;
	if (r->weight > DC_MAX_YAML_NODES)
		return fail_at(r, mark, NULL,
		    "the file is too large once its aliases are expanded");
	return 0;
}

static struct dc_yaml_node *
new_node(struct reader *r, enum dc_yaml_kind kind, const yaml_mark_t *mark)
{
	struct dc_yaml_node *node = dc_xcalloc(1, sizeof(*node));

	node->kind = kind;
	node->line = mark->line + 1;
	node->column = mark->column + 1;
	node->weight = node->height = 1;
	node->next = r->y->all;
	r->y->all = node;
	return node;
}

static void
add_child(struct dc_yaml_node *to, struct dc_yaml_node *child)
{
	/* Grows at 1, 2, 4, 8...: whenever n is a power of two. */
	if ((to->n & (to->n - 1)) == 0)
		to->child = dc_xrealloc((void *)to->child,
		    (to->n > 0 ? to->n * 2 : 1) *
			sizeof(struct dc_yaml_node *));
	to->child[to->n++] = child;
	to->weight += child->weight;
	if (child->height + 1 > to->height)
		to->height = child->height + 1;
}

/* A key must be text, and not be there already. */
static int
check_key(struct reader *r, const struct dc_yaml_node *dict,
    const struct dc_yaml_node *key)
{
	size_t i;
	int rc;

	rc = dc_report_kind(r->err, r->y, key, DC_YAML_STRING);
	if (rc < 0)
		return rc;
	if (dict->n / 2 >= DC_MAX_YAML_KEYS)
		return dc_report(r->err, r->y, key->line, key->column, NULL,
		    "more than %d keys in one dictionary", DC_MAX_YAML_KEYS);
	for (i = 0; i < dict->n; i += 2)
		if (strcmp(dict->child[i]->text, key->text) == 0)
			return dc_report(r->err, r->y, key->line, key->column,
			    NULL, "Duplicate key \"%.80s\" (first in line %zu)",
			    key->text, dict->child[i]->line);
	return 0;
}

/* Puts a finished node where it belongs: below the innermost open one. */
static int
place(struct reader *r, struct dc_yaml_node *node)
{
	struct dc_yaml_node *top;
	int rc;

	if (r->depth == 0) {
		r->y->root = node;
		return 0;
	}
	top = r->stack[r->depth - 1];
	if (top->kind == DC_YAML_DICT && top->n % 2 == 0) {
		rc = check_key(r, top, node);
		if (rc < 0)
			return rc;
	}
	add_child(top, node);
	return 0;
}

static int
add_anchor(struct reader *r, const yaml_char_t *name, struct dc_yaml_node *node)
{
	struct anchor *a;

	if (name == NULL)
		return 0;
	if (++r->nanchors > DC_MAX_YAML_KEYS)
		return dc_report(r->err, r->y, node->line, node->column, NULL,
		    "more than %d anchors", DC_MAX_YAML_KEYS);
	a = dc_xcalloc(1, sizeof(*a));
	a->name = dc_strdup((const char *)name);
	a->node = node;
	a->next = r->anchors;
	r->anchors = a;
	return 0;
}

static int
on_scalar(struct reader *r, const yaml_event_t *e)
{
	const char *text = (const char *)e->data.scalar.value;
	size_t len = e->data.scalar.length;
	struct dc_yaml_node *node;
	int rc;

	if (memchr(text, '\0', len) != NULL)
		return fail_at(r, &e->start_mark, NULL,
		    "a NUL character is not allowed");
	node = new_node(r, DC_YAML_STRING, &e->start_mark);
	node->text = dc_strndup(text, len);
	node->weight += len / BYTES_PER_NODE;
	node->is_plain = e->data.scalar.plain_implicit != 0;
	if (node->is_plain)
		node->kind = dc_scalar_kind(node->text);
	rc = add_weight(r, node->weight, &e->start_mark);
	if (rc == 0)
		rc = add_anchor(r, e->data.scalar.anchor, node);
	return rc < 0 ? rc : place(r, node);
}

static int
on_alias(struct reader *r, const yaml_event_t *e)
{
	const char *name = (const char *)e->data.alias.anchor;
	const struct anchor *a;
	int rc;

	for (a = r->anchors; a != NULL; a = a->next)
		if (strcmp(a->name, name) == 0)
			break;
	if (a == NULL)
		return fail_at(r, &e->start_mark,
		    "a value that begins with '*' refers to an '&' anchor "
		    "above it; put it in quotes if it is text",
		    "found an alias to an anchor that does not exist");
	if (a->node->is_open)
		return fail_at(r, &e->start_mark, NULL,
		    "found an alias inside of what it refers to");
	if (r->depth + a->node->height > DC_MAX_YAML_DEPTH)
		return fail_at(r, &e->start_mark, NULL, "nested too deeply");
	rc = add_weight(r, a->node->weight, &e->start_mark);
	return rc < 0 ? rc : place(r, a->node);
}

static int
on_start(struct reader *r, const yaml_event_t *e)
{
	bool is_list = e->type == YAML_SEQUENCE_START_EVENT;
	struct dc_yaml_node *node;
	int rc;

	if (r->depth == DC_MAX_YAML_DEPTH)
		return fail_at(r, &e->start_mark, NULL, "nested too deeply");
	node =
	    new_node(r, is_list ? DC_YAML_LIST : DC_YAML_DICT, &e->start_mark);
	rc = add_weight(r, node->weight, &e->start_mark);
	if (rc == 0)
		rc = add_anchor(r,
		    is_list ? e->data.sequence_start.anchor
			    : e->data.mapping_start.anchor,
		    node);
	if (rc < 0)
		return rc;
	node->is_open = true;
	r->stack[r->depth++] = node;
	return 0;
}

/* Keys of FROM that DICT does not have, for `<<`. */
static int
merge_one(struct reader *r, struct dc_yaml_node *dict,
    const struct dc_yaml_node *from)
{
	const yaml_mark_t mark = {0, from->line - 1, from->column - 1};
	size_t i;
	int rc;

	rc = dc_report_kind(r->err, r->y, from, DC_YAML_DICT);
	if (rc < 0)
		return rc;
	for (i = 0; i + 1 < from->n; i += 2) {
		if (dc_yaml_find(dict, from->child[i]->text) != NULL)
			continue;
		rc = add_weight(r, 1 + from->child[i + 1]->weight, &mark);
		if (rc == 0)
			rc = check_key(r, dict, from->child[i]);
		if (rc < 0)
			return rc;
		add_child(dict, from->child[i]);
		add_child(dict, from->child[i + 1]);
	}
	return 0;
}

static int
merge(struct reader *r, struct dc_yaml_node *dict)
{
	struct dc_yaml_node *from = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; i + 1 < dict->n && from == NULL; i += 2) {
		if (!dict->child[i]->is_plain ||
		    strcmp(dict->child[i]->text, "<<") != 0)
			continue;
		from = dict->child[i + 1];
		memmove((void *)&dict->child[i], (void *)&dict->child[i + 2],
		    (dict->n - i - 2) * sizeof(struct dc_yaml_node *));
		dict->n -= 2;
	}
	if (from == NULL)
		return 0;
	if (from->kind != DC_YAML_LIST)
		return merge_one(r, dict, from);
	for (i = 0; i < from->n && rc == 0; i++)
		rc = merge_one(r, dict, from->child[i]);
	return rc;
}

static int
on_end(struct reader *r)
{
	struct dc_yaml_node *node = r->stack[--r->depth];
	int rc = 0;

	if (node->kind == DC_YAML_DICT)
		rc = merge(r, node);
	node->is_open = false;
	return rc < 0 ? rc : place(r, node);
}

static int
on_event(struct reader *r, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(r, e);
	case YAML_ALIAS_EVENT:
		return on_alias(r, e);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return on_start(r, e);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_end(r);
	default:
		return 0;
	}
}

/* What comes behind the first document is not read, and may be anything. */
static void
find_next_document(struct reader *r)
{
	yaml_event_t e;

	if (yaml_parser_parse(&r->parser, &e) == 0)
		return;
	if (e.type == YAML_DOCUMENT_START_EVENT)
		r->y->next_document = e.start_mark.line + 1;
	yaml_event_delete(&e);
}

static int
read_events(struct reader *r)
{
	bool is_over = false, has_more = false;
	yaml_event_t e;
	int rc = 0;

	while (rc == 0 && !is_over) {
		if (yaml_parser_parse(&r->parser, &e) == 0)
			return fail_parser(r);
		is_over = e.type == YAML_DOCUMENT_END_EVENT ||
			  e.type == YAML_STREAM_END_EVENT;
		has_more = e.type == YAML_DOCUMENT_END_EVENT;
		rc = on_event(r, &e);
		yaml_event_delete(&e);
	}
	if (rc == 0 && has_more)
		find_next_document(r);
	return rc;
}

int
dc_yaml_parse(struct dc_yaml *out, const char *name, const char *text,
    size_t len, struct dc_err *err)
{
	dc_auto_yaml struct dc_yaml y = {.name = name,
	    .text = text,
	    .len = len};
	struct reader r = {.y = &y, .err = err};
	int rc;

	if (len > DC_MAX_BUILDFILE)
		return dc_fail(err, DC_EUSER, "\"%s\" is larger than %d bytes",
		    name, DC_MAX_BUILDFILE);
	if (yaml_parser_initialize(&r.parser) == 0)
		abort();
	yaml_parser_set_encoding(&r.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.parser, (const unsigned char *)text,
	    len);
	rc = read_events(&r);
	yaml_parser_delete(&r.parser);
	free_anchors(&r);
	if (rc < 0)
		return rc;
	*out = y;
	y = (struct dc_yaml){0};
	return 0;
}
