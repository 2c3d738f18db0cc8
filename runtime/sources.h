/* runtime/sources.h -- CONF, what it includes, and the environment. */
#ifndef DC_SOURCES_H
#define DC_SOURCES_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "runtime/ini.h"
#include "runtime/settings.h"

/* The entries of OPTIONS' file, then those of its includes; ENV is our own
 * environment, then [supervisord]'s, then that of OPTIONS' file. INI, ENV and
 * WARNINGS may be partly filled on failure. */
int sources_load(struct ini *ini, struct dc_strv *env, struct dc_strv *warnings,
    const struct settings_options *options, struct dc_err *err);

/* The directory of FILE, %(here)s; the caller's. */
char *sources_here(const char *file);

/* On top of ENV what the file PATH has, NUL after each K=V. */
int sources_load_env(struct dc_strv *env, const char *path, struct dc_err *err);

#endif
