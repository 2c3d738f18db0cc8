/* runtime/serving.c -- see serving.h. */
#include "runtime/serving.h"

#include "common/base/auto.h"
#include "runtime/value.h"

#include <string.h>

static int
set_key(struct serving *s, const char **program, const struct ini_entry *e,
    struct dc_err *err)
{
	if (strcmp(e->key, "program") == 0) {
		*program = e->value;
		return 0;
	}
	if (strcmp(e->key, "listen_var") == 0) {
		s->listen_var = e->value;
		return 0;
	}
	if (strcmp(e->key, "workers") == 0)
		return value_parse_int(&s->workers, e->value, 1,
		    SERVING_MAX_WORKERS, err);
	if (strcmp(e->key, "channel") == 0)
		return value_parse_bool(&s->has_channel, e->value, err);
	return dc_fail(err, DC_EINVAL, "unknown key '%s'", e->key);
}

/* PROGRAM's first header; NULL: the first program of the included files. */
static const struct ini_entry *
find_header(const struct ini *ini, const char *program)
{
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->v[i];

		if (e->key != NULL || !dc_has_prefix(e->section, "program:"))
			continue;
		if (program != NULL
			? strcmp(e->section + strlen("program:"), program) == 0
			: e->is_included)
			return e;
	}
	return NULL;
}

int
serving_load(struct serving *out, const struct ini *ini, const char *dir,
    struct dc_err *err)
{
	struct serving s = {.dir = dir};
	const char *program = NULL;
	int rc;

	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->v[i];

		if (e->key == NULL || e->is_included ||
		    strcmp(e->section, SERVING_SECTION) != 0)
			continue;
		rc = set_key(&s, &program, e, err);
		if (rc < 0)
			return dc_wrap(err, rc, "%s:%d", e->file, e->line);
	}
	if (dir == NULL)
		s.listen_var = NULL;
	if (s.listen_var != NULL && s.workers == 0)
		s.workers = 1;
	s.header = find_header(ini, program);
	*out = s;
	return 0;
}

static bool
is_serving(const struct serving *s, const struct ini_entry *header)
{
	return s->header != NULL && s->workers > 0 &&
	       strcmp(s->header->section, header->section) == 0;
}

void
serving_set_number(const struct serving *s, int *numprocs,
    const struct ini_entry *header)
{
	if (is_serving(s, header))
		*numprocs = s->workers;
}

const char *
serving_name(const struct serving *s, const struct ini_entry *header)
{
	return is_serving(s, header) && s->workers > 1
		   ? "%(program_name)s_%(process_num)d"
		   : "%(program_name)s";
}

void
serving_apply(const struct serving *s, struct program_settings *p,
    const struct ini_entry *header, int i)
{
	dc_auto_free char *number = dc_asprintf("%d", i);

	/* Who runs as root must not be told anything by the application. */
	p->has_channel = s->has_channel && !p->is_foreign;
	if (!is_serving(s, header) || p->is_foreign)
		return;
	value_set_env(&p->env, "NODESOCKD_WORKER_ID", number);
	if (s->listen_var == NULL)
		return;
	p->socket = dc_asprintf("%s/%d.sock", s->dir, i);
	value_set_env(&p->env, s->listen_var, p->socket);
}
