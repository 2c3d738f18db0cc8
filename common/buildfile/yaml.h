/* common/buildfile/yaml.h -- the door to libyaml: text to a bounded tree.
 *
 * First document only. Aliases and merge keys are resolved, duplicate keys
 * refused, and what aliases multiply is counted (limits.h), so that a small
 * text never becomes a large tree. Scalars keep their text. */
#ifndef DC_YAML_H
#define DC_YAML_H

#include "common/base/err.h"
#include "common/json/json.h"

#include <stdbool.h>
#include <stddef.h>

/* The first six in the words of error messages. */
enum dc_yaml_kind {
	DC_YAML_STRING,
	DC_YAML_INT,
	DC_YAML_FLOAT,
	DC_YAML_BOOL,
	DC_YAML_NULL,
	DC_YAML_LIST,
	DC_YAML_DICT,
	DC_YAML_NKINDS
};

struct dc_yaml_node {
	enum dc_yaml_kind kind;
	bool is_plain;               /* scalar without quotes or tag          */
	size_t line, column;         /* from 1                                */
	char *text;                  /* scalars: never NULL, without NUL      */
	struct dc_yaml_node **child; /* list: items; dict: key, value, key... */
	size_t n;                    /* children                              */
	size_t weight, height;       /* of the tree below, aliases expanded   */
	bool is_open;                /* still being read: may not be an alias */
	struct dc_yaml_node *next;   /* all nodes of the tree                 */
};

struct dc_yaml {
	const char *name, *text; /* borrowed, for messages */
	size_t len;
	struct dc_yaml_node *root; /* NULL: an empty document */
	struct dc_yaml_node *all;
	size_t next_document; /* the line a second one begins in, or 0 */
};

/* NAME is the file's, for messages. Errors in the text are DC_EUSER. NAME and
 * TEXT must outlive OUT. */
int dc_yaml_parse(struct dc_yaml *out, const char *name, const char *text,
    size_t len, struct dc_err *err);
void dc_yaml_done(struct dc_yaml *y);

bool dc_yaml_is_scalar(const struct dc_yaml_node *node);
/* The value of KEY in a dict, or NULL. */
struct dc_yaml_node *dc_yaml_find(const struct dc_yaml_node *dict,
    const char *key);
/* Strings, and whatever would not come back with the same text, as strings. */
struct dc_json *dc_yaml_to_json(const struct dc_yaml_node *node);

#define dc_auto_yaml __attribute__((cleanup(dc_yaml_done)))

#endif
