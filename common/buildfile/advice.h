/* common/buildfile/advice.h -- what a build file may say, but hardly means:
 * warnings; and the old places of config keys. Used by buildfile.c and
 * fields.c only. */
#ifndef DC_ADVICE_H
#define DC_ADVICE_H

#include "common/buildfile/fields.h"

/* A warning for the user; control characters never get into it. */
void dc_advice_add(const struct dc_fields *f, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Looks at DICT, all of whose keys are in DEF: keys of the type's config that
 * were written one level up (`ruby_version`) or with `-` for `_` get to where
 * they belong, probable mistakes are warned about. When F is thorough, values
 * that the type refuses are DC_EUSER, and the defaults are filled in. */
int dc_advice_apply(struct dc_service_def *def, const struct dc_fields *f,
    const struct dc_yaml_node *dict);

#endif
