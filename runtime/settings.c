/* runtime/settings.c -- see settings.h. */
#include "runtime/settings.h"

#include "common/base/auto.h"
#include "runtime/digest.h"
#include "runtime/ini.h"
#include "runtime/keys.h"
#include "runtime/real.h"
#include "runtime/serving.h"
#include "runtime/sources.h"
#include "runtime/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loader {
	const struct settings_options *options;
	struct ini ini;
	struct settings settings;
	struct serving serving;
	char host[64];
	struct dc_err *err;
};

static int
fail_at(struct loader *l, const struct ini_entry *e, int rc)
{
	return dc_wrap(l->err, rc, "%s:%d", e->file, e->line);
}

/* The entry that counts, or NULL. */
static const struct ini_entry *
find_entry(const struct loader *l, const char *section, const char *key)
{
	for (size_t i = l->ini.n; i-- > 0;) {
		const struct ini_entry *e = &l->ini.v[i];

		if (e->key != NULL && strcmp(e->key, key) == 0 &&
		    strcmp(e->section, section) == 0)
			return e;
	}
	return NULL;
}

static int
find_number(struct loader *l, int *out, const char *section, const char *key,
    int max)
{
	const struct ini_entry *e = find_entry(l, section, key);
	int rc;

	if (e == NULL)
		return 0;
	rc = value_parse_int(out, e->value, 0, max, l->err);
	if (rc < 0)
		rc = fail_at(l, e, dc_wrap(l->err, rc, "%s", key));
	return rc;
}

/* A name becomes a file name, a word in `status` and one for supervisorctl. */
static int
check_name(struct loader *l, const struct ini_entry *e, const char *name)
{
	bool is_good = *name != '\0' && *name != '.' && *name != '-' &&
		       strlen(name) <= SETTINGS_MAX_NAME &&
		       strcmp(name, "all") != 0;

	for (const char *c = name; *c != '\0'; c++)
		if (iscntrl((unsigned char)*c) || strchr(" /:*'\"", *c) != NULL)
			is_good = false;
	if (is_good)
		return 0;
	return fail_at(l, e,
	    dc_fail(l->err, DC_EINVAL, "'%s' cannot be a program's name",
		name));
}

/* What is included was written by a stranger. */
static bool
is_user_refused(struct loader *l, const struct ini_entry *e)
{
	const char *user = l->options->user;

	if (user == NULL || !e->is_included || strcmp(e->key, "user") != 0)
		return false;
	if (strcmp(e->value, user) != 0)
		dc_strv_addf(&l->settings.warnings,
		    "%s:%d: programs of this file run as '%s', ignoring",
		    e->file, e->line, user);
	return true;
}

/* A log's path begins where the program does. */
static void
complete_path(char **path, const struct program_settings *p)
{
	const char *dir = p->directory != NULL ? p->directory : "/";
	const char *rest = *path;
	bool is_home;
	char *full;

	if (rest == NULL || rest[0] == '/' || strcmp(rest, "AUTO") == 0)
		return;
	is_home = rest[0] == '~' && rest[1] == '/';
	if (!is_home && dir[0] == '~') {
		full = dc_asprintf("%s/%s", dir, rest);
		free(*path);
		rest = *path = full;
		is_home = true;
	}
	if (!is_home)
		full = dc_asprintf("%s/%s", dir, rest);
	else if (p->account != NULL)
		full = dc_asprintf("%s%s", p->account->home, rest + 1);
	else
		return;
	free(*path);
	*path = full;
}

/* Sets P from every key of SECTION, in the order of the files. */
static int
set_keys(struct loader *l, struct program_settings *p, const char *section,
    struct value_scope *scope)
{
	const struct ini_entry *stranger = NULL;
	int rc;

	for (size_t i = 0; i < l->ini.n; i++) {
		const struct ini_entry *e = &l->ini.v[i];
		dc_auto_free char *here = NULL;

		if (strcmp(e->section, section) != 0)
			continue;
		if (e->is_included && stranger == NULL)
			stranger = e;
		if (e->key == NULL || is_user_refused(l, e))
			continue;
		here = sources_here(e->file);
		scope->here = here;
		rc = keys_set(p, e, scope, l->err);
		if (rc == DC_ENOTFOUND) {
			if (scope->process_num <= 0)
				dc_strv_addf(&l->settings.warnings,
				    "%s:%d: unknown key '%s', ignoring",
				    e->file, e->line, e->key);
		} else if (rc < 0) {
			return fail_at(l, e, rc);
		}
	}
	/* `node server.js` is meant to be found beside supervisord.conf. */
	if (stranger != NULL && p->directory == NULL)
		p->directory = sources_here(stranger->file);
	if (l->options->user != NULL &&
	    (p->account == NULL || stranger != NULL)) {
		account_free(p->account);
		p->account = NULL;
		rc = account_find(&p->account, l->options->user, l->err);
		if (rc < 0)
			return rc;
	}
	complete_path(&p->out.path, p);
	complete_path(&p->err.path, p);
	p->is_foreign = l->options->user != NULL &&
			strcmp(p->account->name, l->options->user) != 0;
	return 0;
}

/* "[group:g] programs=a,b" names PROGRAM? Then its processes are g:... */
static const char *
group_of(const struct loader *l, const char *program)
{
	size_t length = strlen(program);

	for (size_t i = l->ini.n; i-- > 0;) {
		const struct ini_entry *e = &l->ini.v[i];
		const char *s;

		if (!dc_has_prefix(e->section, "group:") || e->key == NULL ||
		    strcmp(e->key, "programs") != 0)
			continue;
		for (s = e->value; *s != '\0'; s += strspn(s, ", \t\n")) {
			size_t n = strcspn(s, ", \t\n");

			if (n == length && strncmp(s, program, n) == 0)
				return e->section + strlen("group:");
			s += n;
		}
	}
	return program;
}

/* Names process NUM of SCOPE's program and its logs. */
static int
name_process(struct loader *l, struct program_settings *p,
    const struct ini_entry *header, const char *pattern,
    const struct value_scope *scope)
{
	const char *base;
	int rc;

	rc = value_expand(&p->process, pattern, scope, l->err);
	if (rc < 0)
		return fail_at(l, header, dc_wrap(l->err, rc, "process_name"));
	p->group = dc_strdup(scope->group);
	rc = check_name(l, header, p->process);
	if (rc == 0)
		rc = check_name(l, header, p->group);
	if (rc < 0)
		return rc;
	if (strcmp(p->group, p->process) == 0)
		p->name = dc_strdup(p->process);
	else
		p->name = dc_asprintf("%s:%s", p->group, p->process);
	base = scope->numprocs == 1 ? scope->program : p->process;
	p->out.auto_path = dc_asprintf("%s/%s.log", l->options->log_dir, base);
	p->err.auto_path =
	    dc_asprintf("%s/%s_error.log", l->options->log_dir, base);
	for (size_t i = 0; i + 1 < l->settings.n; i++)
		if (strcmp(l->settings.v[i].name, p->name) == 0)
			return fail_at(l, header,
			    dc_fail(l->err, DC_EINVAL,
				"two processes are named '%s': give "
				"process_name a %%(process_num)d",
				p->name));
	return 0;
}

/* A program that is in no group is one. */
static int
set_group_priority(struct loader *l, struct program_settings *p,
    const char *program)
{
	dc_auto_free char *section = dc_asprintf("group:%s", p->group);
	const struct ini_entry *e = find_entry(l, section, "priority");
	int rc;

	if (e == NULL) {
		if (strcmp(p->group, program) == 0)
			p->group_priority = p->priority;
		return 0;
	}
	rc = keys_parse_priority(&p->group_priority, e->value, l->err);
	return rc < 0 ? fail_at(l, e, dc_wrap(l->err, rc, "priority")) : 0;
}

/* Process I of HEADER's program. */
static int
add_process(struct loader *l, const struct ini_entry *header,
    struct value_scope *scope, int i)
{
	const struct ini_entry *e;
	struct program_settings *p;
	int rc;

	if (l->settings.n >= SETTINGS_MAX_PROGRAMS)
		return fail_at(l, header,
		    dc_fail(l->err, DC_EINVAL, "too many programs"));
	l->settings.v = dc_xrealloc(l->settings.v,
	    (l->settings.n + 1) * sizeof(*l->settings.v));
	p = &l->settings.v[l->settings.n++];
	keys_init(p);
	e = find_entry(l, header->section, "process_name");
	rc = name_process(l, p, e != NULL ? e : header,
	    e != NULL ? e->value : serving_name(&l->serving, header), scope);
	if (rc == 0)
		rc = set_keys(l, p, header->section, scope);
	if (rc == 0)
		rc = set_group_priority(l, p, scope->program);
	if (rc < 0)
		return rc;
	serving_apply(&l->serving, p, header, i);
	if (p->argv.n == 0)
		return fail_at(l, header,
		    dc_fail(l->err, DC_EINVAL, "program '%s' has no command",
			scope->program));
	p->is_real = l->settings.real_conf != NULL &&
		     strcmp(header->section, REAL_SECTION) == 0;
	/* It keeps the descriptor from its programs, but not the variable. */
	p->has_channel = p->has_channel && !p->is_real;
	p->digest = digest_of(p, &l->settings.env);
	return 0;
}

/* Our own files may say that a program is there only while a file is. */
static bool
is_called_for(const struct loader *l, const struct ini_entry *header)
{
	const struct ini_entry *e =
	    find_entry(l, header->section, "only_if_exists");

	return e == NULL || e->is_included || access(e->value, F_OK) == 0;
}

/* *N processes of SECTION. */
static int
find_numprocs(struct loader *l, int *n, const char *section)
{
	*n = 1;
	return find_number(l, n, section, "numprocs", SETTINGS_MAX_PROGRAMS);
}

static int
add_program(struct loader *l, const struct ini_entry *header)
{
	const char *name = header->section + strlen("program:");
	struct value_scope scope = {.program = name,
	    .group = group_of(l, name),
	    .host = l->host,
	    .env = &l->settings.env};
	int first = 0, rc;

	if (!is_called_for(l, header))
		return 0;
	rc = check_name(l, header, name);
	if (rc == 0)
		rc = find_numprocs(l, &scope.numprocs, header->section);
	serving_set_number(&l->serving, &scope.numprocs, header);
	if (rc == 0)
		rc = find_number(l, &first, header->section, "numprocs_start",
		    1000000);
	for (int i = 0; rc == 0 && i < scope.numprocs; i++) {
		scope.process_num = first + i;
		rc = add_process(l, header, &scope, i);
	}
	return rc;
}

/* Sections of supervisord that mean nothing here, and no harm. */
static bool
is_section_silent(const char *section)
{
	static const char *const silent[] = {"supervisord", "supervisorctl",
	    "unix_http_server", "inet_http_server", "include", SERVING_SECTION};

	for (size_t i = 0; i < sizeof(silent) / sizeof(*silent); i++)
		if (strcmp(section, silent[i]) == 0)
			return true;
	return dc_has_prefix(section, "group:") ||
	       dc_has_prefix(section, "rpcinterface:");
}

/* The section's first header; later ones only add keys. */
static bool
is_first_header(const struct loader *l, const struct ini_entry *e)
{
	for (const struct ini_entry *f = l->ini.v; f < e; f++)
		if (f->key == NULL && strcmp(f->section, e->section) == 0)
			return false;
	return true;
}

/* The whole configuration, when some of it is nothing of ours. */
static int
use_real(struct loader *l)
{
	const struct settings_options *o = l->options;
	struct account *a;
	int n, rc;

	if (o->real_dir == NULL || !real_is_needed(&l->ini))
		return 0;
	rc = account_find(&a, o->user, l->err);
	if (rc < 0)
		return rc;
	if (l->serving.listen_var != NULL)
		dc_strv_addf(&l->settings.warnings,
		    "the real supervisord gives its programs no $%s: "
		    "\"listen: unix\" needs a supervisord.conf without event "
		    "listeners",
		    l->serving.listen_var);
	l->settings.real_conf = real_format(&l->ini, o, a->home);
	account_free(a);
	for (size_t i = 0; rc == 0 && i < l->ini.n; i++) {
		const struct ini_entry *e = &l->ini.v[i];

		if (e->key != NULL || !is_first_header(l, e) ||
		    !real_is_process(e->section) ||
		    !real_takes(&l->ini, e->section, o->user))
			continue;
		rc = find_numprocs(l, &n, e->section);
		l->settings.nreal += (size_t)n;
	}
	return rc == 0 ? real_add_program(&l->ini, o, l->err) : rc;
}

static void
warn_of_group_key(struct loader *l, const struct ini_entry *e)
{
	if (e->key != NULL && dc_has_prefix(e->section, "group:") &&
	    strcmp(e->key, "programs") != 0 && strcmp(e->key, "priority") != 0)
		dc_strv_addf(&l->settings.warnings,
		    "%s:%d: unknown key '%s', ignoring", e->file, e->line,
		    e->key);
}

static int
add_programs(struct loader *l)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < l->ini.n; i++) {
		const struct ini_entry *e = &l->ini.v[i];

		warn_of_group_key(l, e);
		if (e->key != NULL || !is_first_header(l, e) ||
		    (l->settings.real_conf != NULL &&
			strcmp(e->section, REAL_SECTION) != 0 &&
			real_takes(&l->ini, e->section, l->options->user)))
			continue;
		if (dc_has_prefix(e->section, "program:"))
			rc = add_program(l, e);
		else if (!is_section_silent(e->section))
			dc_strv_addf(&l->settings.warnings,
			    "%s:%d: [%s] is not supported, ignoring", e->file,
			    e->line, e->section);
	}
	return rc;
}

static bool
is_later(const struct program_settings *a, const struct program_settings *b)
{
	if (a->group_priority != b->group_priority)
		return a->group_priority > b->group_priority;
	return a->priority > b->priority;
}

/* Insertion sort: stable, and the list is short. */
static void
sort_by_priority(struct settings *s)
{
	for (size_t i = 1; i < s->n; i++) {
		struct program_settings p = s->v[i];
		size_t j = i;

		for (; j > 0 && is_later(&s->v[j - 1], &p); j--)
			s->v[j] = s->v[j - 1];
		s->v[j] = p;
	}
}

int
settings_load(struct settings *out, const struct settings_options *options,
    struct dc_err *err)
{
	struct loader l = {.options = options, .err = err};
	int rc;

	(void)gethostname(l.host, sizeof(l.host) - 1);
	rc = sources_load(&l.ini, &l.settings.env, &l.settings.warnings,
	    options, err);
	if (rc == 0)
		rc = serving_load(&l.serving, &l.ini, options->listen_dir, err);
	if (rc == 0)
		rc = use_real(&l);
	if (rc == 0)
		rc = add_programs(&l);
	ini_done(&l.ini);
	if (rc < 0) {
		settings_done(&l.settings);
		return rc;
	}
	sort_by_priority(&l.settings);
	*out = l.settings;
	return 0;
}

void
program_settings_done(struct program_settings *p)
{
	char *const texts[] = {p->name, p->group, p->process, p->command,
	    p->directory, p->out.path, p->out.auto_path, p->err.path,
	    p->err.auto_path, p->socket};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(texts[i]);
	dc_strv_done(&p->argv);
	dc_strv_done(&p->env);
	account_free(p->account);
	*p = (struct program_settings){0};
}

void
settings_done(struct settings *settings)
{
	for (size_t i = 0; i < settings->n; i++)
		program_settings_done(&settings->v[i]);
	free(settings->v);
	free(settings->real_conf);
	dc_strv_done(&settings->env);
	dc_strv_done(&settings->warnings);
	*settings = (struct settings){0};
}
