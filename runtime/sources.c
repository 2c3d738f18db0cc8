/* runtime/sources.c -- see sources.h. */
#include "runtime/sources.h"

#include "common/base/auto.h"
#include "runtime/account.h"
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

int
sources_load_env(struct dc_strv *env, const char *path, struct dc_err *err)
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

/* A first-time mistake that nobody would notice. */
static void
warn_misnamed(const char *pattern, struct dc_strv *warnings)
{
	dc_auto_free char *here = sources_here(pattern);
	dc_auto_free char *other = dc_asprintf("%s/supervisor.conf", here);

	if (dc_has_suffix(pattern, "/supervisord.conf") &&
	    access(other, F_OK) == 0)
		dc_strv_addf(warnings,
		    "'%s' is not read: name it supervisord.conf", other);
}

/* What there is to include from: one of our files may name any, a stranger's
 * what is below itself. */
struct includer {
	struct ini *ini;
	struct dc_strv *warnings;
	const struct account *rights; /* a stranger's; NULL: our own */
	size_t nfiles;
	struct dc_err *err;
};

static int
include_pattern(struct includer *in, const char *pattern)
{
	glob_t found;
	int rc = 0;

	if (glob(pattern, 0, NULL, &found) != 0) {
		warn_misnamed(pattern, in->warnings);
		return 0;
	}
	in->nfiles += found.gl_pathc;
	if (in->nfiles > INI_MAX_INCLUDES)
		rc = dc_fail(in->err, DC_EINVAL,
		    "'%s' matches too many files, or includes itself", pattern);
	for (size_t i = 0; rc == 0 && i < found.gl_pathc; i++) {
		struct ini more;

		rc = ini_load(&more, found.gl_pathv[i], true, in->err);
		if (rc == 0)
			ini_join(in->ini, &more);
	}
	globfree(&found);
	return rc;
}

static bool
may_include(const struct ini_entry *e, const char *here, const char *pattern)
{
	size_t n = strlen(here);

	return !e->is_included ||
	       (strncmp(pattern, here, n) == 0 && pattern[n] == '/' &&
		   strstr(pattern, "/../") == NULL);
}

/* Entry I is "files = PATTERN...". With the rights of whoever wrote what is
 * included: errors show lines. */
static int
include_files(struct includer *in, size_t i, const struct dc_strv *env)
{
	dc_auto_free char *here = sources_here(in->ini->v[i].file);
	struct value_scope scope = {.here = here,
	    .process_num = -1,
	    .env = env};
	dc_auto_strv struct dc_strv words = {0};
	dc_auto_free char *text = NULL;
	int rc;

	rc = value_expand(&text, in->ini->v[i].value, &scope, in->err);
	if (rc == 0)
		rc = words_split(&words, text, in->err);
	if (rc < 0)
		return dc_wrap(in->err, rc, "%s:%d", in->ini->v[i].file,
		    in->ini->v[i].line);
	for (size_t w = 0; rc == 0 && w < words.n; w++) {
		const struct ini_entry *e = &in->ini->v[i];
		dc_auto_free char *pattern = NULL;

		pattern = words.v[w][0] == '/'
			      ? dc_strdup(words.v[w])
			      : dc_asprintf("%s/%s", here, words.v[w]);
		if (!may_include(e, here, pattern)) {
			dc_strv_addf(in->warnings,
			    "%s:%d: '%s' is not below this file, ignoring",
			    e->file, e->line, pattern);
			continue;
		}
		account_begin_files(in->rights);
		rc = include_pattern(in, pattern);
		account_end_files(in->rights);
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

		if (is_key(e, "supervisord", "environment"))
			dc_strv_addf(warnings,
			    "%s:%d: [%s] in an included file, ignoring",
			    e->file, e->line, e->section);
	}
}

/* The list grows while it is read. */
static int
include_all(struct ini *ini, const struct dc_strv *env,
    struct dc_strv *warnings, const char *user, struct dc_err *err)
{
	struct includer in = {.ini = ini, .warnings = warnings, .err = err};
	struct account *rights = NULL;
	int rc = user != NULL ? account_find(&rights, user, err) : 0;

	in.rights = rights;
	for (size_t i = 0; rc == 0 && i < ini->n; i++)
		if (is_key(&ini->v[i], "include", "files"))
			rc = include_files(&in, i, env);
	account_free(rights);
	return rc;
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
		rc = sources_load_env(env, options->env_path, err);
	if (rc == 0)
		rc = include_all(ini, env, warnings, options->user, err);
	if (rc == 0)
		warn_strangers(ini, own, warnings);
	return rc;
}
