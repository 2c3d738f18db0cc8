/* tests/support/tmpsettings.c -- see tmpsettings.h. */
#include "tests/support/tmpsettings.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/str.h"

void
tmpsettings_save(struct tmpsettings *t, const char *name, const char *text,
    size_t n)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", t->dir, name);
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite(text, 1, n, f), n);
	ck_assert_int_eq(fclose(f), 0);
}

void
tmpsettings_open(struct tmpsettings *t)
{
	*t = (struct tmpsettings){.err = DC_ERR_INIT};
	(void)snprintf(t->dir, sizeof(t->dir), "/tmp/test-settings-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(t->dir));
	/* What is included is read as options.user. */
	ck_assert_int_eq(chmod(t->dir, 0755), 0);
	(void)snprintf(t->conf, sizeof(t->conf), "%s/c.conf", t->dir);
	(void)snprintf(t->env_file, sizeof(t->env_file), "%s/env", t->dir);
	t->options =
	    (struct settings_options){.path = t->conf, .log_dir = "/logs"};
}

void
tmpsettings_close(struct tmpsettings *t)
{
	const char *const names[] = {"c.conf", "env", "a.inc", "b.inc"};

	settings_done(&t->settings);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		dc_auto_free char *path =
		    dc_asprintf("%s/%s", t->dir, names[i]);

		(void)unlink(path);
	}
	ck_assert_int_eq(rmdir(t->dir), 0);
}

int
tmpsettings_load(struct tmpsettings *t, const char *text)
{
	tmpsettings_save(t, "c.conf", text, strlen(text));
	return settings_load(&t->settings, &t->options, &t->err);
}

const struct program_settings *
tmpsettings_only(const struct tmpsettings *t)
{
	ck_assert_uint_eq(t->settings.n, 1);
	return &t->settings.v[0];
}
