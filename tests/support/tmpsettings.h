/* tests/support/tmpsettings.h -- dcinit's settings out of files in a temporary
 * directory. */
#ifndef TMPSETTINGS_H
#define TMPSETTINGS_H

#include "runtime/settings.h"

#include <stddef.h>

struct tmpsettings {
	char dir[32], conf[64], env_file[64];
	struct settings_options options;
	struct settings settings;
	struct dc_err err;
};

/* Asserts that all goes well, as everything here does. */
void tmpsettings_open(struct tmpsettings *t);
void tmpsettings_close(struct tmpsettings *t);

/* A file of that directory: c.conf, env, a.inc or b.inc. */
void tmpsettings_save(struct tmpsettings *t, const char *name, const char *text,
    size_t n);
/* TEXT as c.conf, loaded: what settings_load returned. */
int tmpsettings_load(struct tmpsettings *t, const char *text);
/* The one program that there is. */
const struct program_settings *tmpsettings_only(const struct tmpsettings *t);

#endif
