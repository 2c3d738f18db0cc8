/* common/appenv/appenv.h -- the Unix environment that builds, hooks and
 * processes begin with. */
#ifndef DC_APPENV_H
#define DC_APPENV_H

#include "common/base/str.h"

#define DC_APP_HOME "/home/dotcloud"
#define DC_APP_USER "dotcloud"

/* Adds NAME=VALUE in place of what ENV has under that name. */
void dc_appenv_set(struct dc_strv *env, const char *name, const char *value);

/* HOME, USER, PATH, LANG, ... and where the image's certificates are. */
void dc_appenv_base(struct dc_strv *env);

/* /bin/bash -lc "SCRIPT" after ~/profile, if there is one, was read. */
void dc_appenv_shell(struct dc_strv *argv, const char *script);

/* Shell text that runs HOOK, a file (made executable first, with or without ./
 * in front) or a command line; the caller's. */
char *dc_appenv_hook(const char *hook);

/* TEXT in single quotes, safe in a shell; the caller's. */
char *dc_appenv_quote(const char *text);

#endif
