/* runtime/keys.h -- the keys of a [program:x] section. */
#ifndef DC_KEYS_H
#define DC_KEYS_H

#include "runtime/ini.h"
#include "runtime/settings.h"
#include "runtime/value.h"

/* A fresh P with supervisord's defaults (and ours: always restart). */
void keys_init(struct program_settings *p);

/* Also of a group. */
int keys_parse_priority(int *out, const char *text, struct dc_err *err);

/* Sets what entry E says; DC_ENOTFOUND: no such key. The messages lack file
 * and line. */
int keys_set(struct program_settings *p, const struct ini_entry *e,
    const struct value_scope *scope, struct dc_err *err);

/* The name of key I and what becomes of it, in words; NULL: no more. */
const char *keys_name(size_t i, const char **treatment);

#endif
