/* runtime/sources.c -- see sources.h. */
#include "runtime/sources.h"

#include "common/base/auto.h"
#include "runtime/value.h"
#include "runtime/words.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern char **environ;

char *
sources_here(const char *file)
{
	const char *slash = strrchr(file, '/');

	if (slash == NULL)
		return dc_strdup(".");
	if (slash == file)
		return dc_strdup("/");
	return dc_strndup(file, (size_t)(slash - file));
}

/* Entries that are not K=V are of no use to anybody: left out. */
static void
add_env(struct dc_strv *env, const char *entry)
{
	const char *equals = strchr(entry, '=');
	dc_auto_free char *key = NULL;

	if (equals == NULL || equals == entry)
		return;
	key = dc_strndup(entry, (size_t)(equals - entry));
	value_set_env(env, key, equals + 1);
}

static int
load_env_file(struct dc_strv *env, const char *path, struct dc_err *err)
{
	dc_auto_free char *data = NULL;
	dc_auto_fd int fd = -1;
	size_t n = 0;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return dc_fail_errno(err, "open '%s'", path);
	for (;;) {
		ssize_t r;

		data = dc_xrealloc(data, n + 4096 + 1);
		r = read(fd, data + n, 4096);
		if (r < 0)
			return dc_fail_errno(err, "read '%s'", path);
		if (r == 0)
			break;
		n += (size_t)r;
		if (n > SETTINGS_MAX_ENV)
			return dc_fail(err, DC_EINVAL, "'%s' is too large",
			    path);
	}
	data[n] = '\0';
	for (size_t i = 0; i < n; i += strlen(data + i) + 1)
		add_env(env, data + i);
	return 0;
}

static int
include_pattern(struct ini *ini, const char *pattern, struct dc_err *err)
{
	glob_t found;
	int rc = 0;

	if (glob(pattern, 0, NULL, &found) != 0)
		return 0;
	if (found.gl_pathc > INI_MAX_INCLUDES)
		rc = dc_fail(err, DC_EINVAL, "'%s' matches too many files",
		    pattern);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++) {
		struct ini more;

		rc = ini_load(&more, found.gl_pathv[i], true, err);
		if (rc == 0)
			ini_join(ini, &more);
	}
	globfree(&found);
	return rc;
}

/* E is "files = PATTERN..." of CONF. */
static int
include_files(struct ini *ini, const struct ini_entry *e,
    const struct dc_strv *env, struct dc_err *err)
{
	dc_auto_free char *here = sources_here(e->file);
	struct value_scope scope = {.here = here,
	    .process_num = -1,
	    .env = env};
	dc_auto_strv struct dc_strv words = {0};
	dc_auto_free char *text = NULL;
	int rc;

	rc = value_expand(&text, e->value, &scope, err);
	if (rc == 0)
		rc = words_split(&words, text, err);
	if (rc < 0)
		return dc_wrap(err, rc, "%s:%d", e->file, e->line);
	for (size_t i = 0; rc == 0 && i < words.n; i++) {
		dc_auto_free char *pattern = NULL;

		pattern = words.v[i][0] == '/'
			      ? dc_strdup(words.v[i])
			      : dc_asprintf("%s/%s", here, words.v[i]);
		rc = include_pattern(ini, pattern, err);
	}
	return rc;
}

/* The environment of every program, from the trusted file's [supervisord]. */
static int
set_common_env(struct dc_strv *env, const struct ini_entry *e,
    struct dc_err *err)
{
	dc_auto_free char *here = sources_here(e->file);
	struct value_scope scope = {.here = here,
	    .process_num = -1,
	    .env = env};
	dc_auto_free char *text = NULL;
	int rc;

	rc = value_expand(&text, e->value, &scope, err);
	if (rc == 0)
		rc = value_parse_env(env, text, err);
	if (rc < 0)
		return dc_wrap(err, rc, "%s:%d", e->file, e->line);
	return 0;
}

static bool
is_key(const struct ini_entry *e, const char *section, const char *key)
{
	return e->key != NULL && strcmp(e->section, section) == 0 &&
	       strcmp(e->key, key) == 0;
}

static void
warn_strangers(const struct ini *ini, size_t from, struct dc_strv *warnings)
{
	for (size_t i = from; i < ini->n; i++) {
		const struct ini_entry *e = &ini->v[i];

		if (is_key(e, "include", "files") ||
		    is_key(e, "supervisord", "environment"))
			dc_strv_addf(warnings,
			    "%s:%d: [%s] in an included file, ignoring",
			    e->file, e->line, e->section);
	}
}

int
sources_load(struct ini *ini, struct dc_strv *env, struct dc_strv *warnings,
    const struct settings_options *options, struct dc_err *err)
{
	dc_auto_free char *path = realpath(options->path, NULL);
	size_t own;
	int rc;

	if (path == NULL)
		return dc_fail_errno(err, "open '%s'", options->path);
	rc = ini_load(ini, path, false, err);
	if (rc < 0)
		return rc;
	for (char **e = environ; e != NULL && *e != NULL; e++)
		add_env(env, *e);
	own = ini->n;
	for (size_t i = 0; rc == 0 && i < own; i++)
		if (is_key(&ini->v[i], "supervisord", "environment"))
			rc = set_common_env(env, &ini->v[i], err);
	if (rc == 0 && options->env_path != NULL)
		rc = load_env_file(env, options->env_path, err);
	for (size_t i = 0; rc == 0 && i < own; i++)
		if (is_key(&ini->v[i], "include", "files"))
			rc = include_files(ini, &ini->v[i], env, err);
	if (rc == 0)
		warn_strangers(ini, own, warnings);
	return rc;
}
