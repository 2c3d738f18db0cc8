/* runtime/real.h -- what is left to the real supervisord, and its file.
 *
 * A configuration that uses more of supervisord than programs and groups is run
 * by supervisord itself, all of it: event listeners hear of every program, and
 * supervisorctl shows one list. We run supervisord. */
#ifndef DC_REAL_H
#define DC_REAL_H

#include "runtime/ini.h"
#include "runtime/settings.h"

#define REAL_SECTION "program:supervisord"   /* it, as a program of ours */
#define REAL_DIR "/var/dotcloud/supervisord" /* in a container */
#define REAL_CONF "supervisord.conf"
#define REAL_CTL "/usr/lib/dcloud/supervisorctl"

bool real_is_needed(const struct ini *ini);

/* SECTION is supervisord's, once that is needed: all but programs that our own
 * files start as another user than USER, the application's. */
bool real_takes(const struct ini *ini, const char *section, const char *user);
bool real_is_process(const char *section);

/* The file for supervisord; the caller's. HOME is the user's. It runs in the
 * directory that its socket is in, which is the user's. */
char *real_format(const struct ini *ini, const struct settings_options *options,
    const char *home);

/* Puts CONF where supervisord and supervisorctl read it; NULL: removes it. */
int real_save(const char *dir, const char *conf, const struct account *user,
    struct dc_err *err);

/* Adds the section that starts it, as if our own file had it. */
int real_add_program(struct ini *ini, const struct settings_options *options,
    struct dc_err *err);

#endif
