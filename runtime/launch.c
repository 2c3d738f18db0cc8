/* runtime/launch.c -- supervisor_launch: from what runs to what CONF says. */
#include "runtime/supervisor.h"

#include "runtime/control.h"
#include "runtime/real.h"
#include "runtime/roll.h"

#include <string.h>

static struct program *
find_program(const struct supervisor *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (strcmp(s->v[i]->settings.name, name) == 0)
			return s->v[i];
	return NULL;
}

static bool
is_listed(const struct settings *settings, const char *name)
{
	for (size_t i = 0; i < settings->n; i++)
		if (settings->v[i].name != NULL &&
		    strcmp(settings->v[i].name, name) == 0)
			return true;
	return false;
}

static void
remove_program(struct program *p)
{
	p->is_removed = true;
	p->has_replacement = false;
	program_settings_done(&p->replacement);
	dc_str_addf(&p->owner->changes, "%s: removed process group\n",
	    p->settings.name);
	machine_handle(&p->machine, EV_STOP);
}

/* NEW is taken over, or left alone when P is just that already. */
static void
update_program(struct program *p, struct program_settings *new)
{
	if (!p->is_removed && !p->has_replacement &&
	    p->settings.digest == new->digest)
		return;
	program_settings_done(&p->replacement);
	p->replacement = *new;
	*new = (struct program_settings){0};
	p->has_replacement = true;
	p->is_removed = false;
	dc_str_addf(&p->owner->changes, "%s: updated process group\n",
	    p->settings.name);
	roll_add(p);
}

static void
add_program(struct supervisor *s, struct program_settings *new)
{
	struct program *p = program_new(s, new);

	s->v = dc_xrealloc(s->v, (s->n + 1) * sizeof(struct program *));
	s->v[s->n++] = p;
	dc_str_addf(&s->changes, "%s: added process group\n", p->settings.name);
	control_changed(s->control, p);
	if (p->settings.is_autostarted)
		machine_handle(&p->machine, EV_START);
}

static void
note_warnings(struct supervisor *s, const struct dc_strv *warnings)
{
	dc_str_done(&s->notes);
	for (size_t i = 0; i < warnings->n; i++) {
		supervisor_log(s, "WARN", "%s", warnings->v[i]);
		dc_str_addf(&s->notes, "NOTE %s\n", warnings->v[i]);
	}
}

int
supervisor_launch(struct supervisor *s, struct dc_err *err)
{
	const struct settings_options options = {.path = s->options.conf,
	    .env_path = s->options.env,
	    .log_dir = s->options.log_dir,
	    .user = s->options.user,
	    .real_dir = s->options.real_dir,
	    .listen_dir = s->options.listen_dir};
	struct settings settings;
	int rc;

	if (s->is_stopping)
		return dc_fail(err, DC_EBUSY, "shutting down");
	rc = settings_load(&settings, &options, err);
	if (rc < 0)
		return rc;
	if (s->options.real_dir != NULL)
		rc = real_save(s->options.real_dir, settings.real_conf,
		    s->rights, err);
	if (rc < 0) {
		settings_done(&settings);
		return rc;
	}
	note_warnings(s, &settings.warnings);
	s->nreal = settings.nreal;
	s->is_launched = true;
	dc_strv_done(&s->env);
	s->env = settings.env;
	settings.env = (struct dc_strv){0};

	dc_str_done(&s->changes);
	for (size_t i = 0; i < s->n; i++)
		if (!is_listed(&settings, s->v[i]->settings.name))
			remove_program(s->v[i]);
	for (size_t i = 0; i < settings.n; i++) {
		struct program *p = find_program(s, settings.v[i].name);

		if (p != NULL)
			update_program(p, &settings.v[i]);
		else
			add_program(s, &settings.v[i]);
	}
	settings_done(&settings);
	return 0;
}
