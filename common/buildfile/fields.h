/* common/buildfile/fields.h -- what each key of a service may hold. Used by
 * buildfile.c only. */
#ifndef DC_FIELDS_H
#define DC_FIELDS_H

#include "common/buildfile/buildfile.h"
#include "common/buildfile/yaml.h"

/* One run over one file. */
struct dc_fields {
	const struct dc_yaml *y;
	const struct dc_types *types;
	struct dc_strv *warnings;
	struct dc_strv *errors; /* that do not end it */
	bool is_thorough;       /* see dc_buildfile_validate */
	struct dc_err *err;
};

/* Enters every key of DICT into DEF, which has its name, and checks what
 * concerns several keys. */
int dc_fields_parse(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict);

#define DC_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DC_WORD DC_LETTERS "0123456789_"

/* Names become variables, supervisor programs and log files. */
int dc_fields_check_name(const struct dc_fields *f,
    const struct dc_yaml_node *key, const char *what, const char *allowed);

/* Is KEY one of a service's own keys? */
bool dc_fields_has(const char *key);
/* The nearest of them when KEY looks like a misspelling, or NULL. */
const char *dc_fields_nearest(const char *key);

#endif
