/* runtime/launch.c -- from what runs to what CONF says, or just the difference.
 */
#include "runtime/supervisor.h"

#include "common/base/auto.h"
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

/* What became of a group, as supervisorctl has always said it. */
struct wording {
	const char *gone, *changed, *added;
};

static const struct wording of_update = {"removed process group",
    "updated process group", "added process group"};
static const struct wording of_reread = {"disappeared", "changed", "available"};

static bool
has_group(const struct supervisor *s, const char *group)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i]->is_removed &&
		    strcmp(s->v[i]->settings.group, group) == 0)
			return true;
	return false;
}

static bool
lists_group(const struct settings *settings, const char *group)
{
	for (size_t i = 0; i < settings->n; i++)
		if (strcmp(settings->v[i].group, group) == 0)
			return true;
	return false;
}

/* NEW is what P is already, or is about to be. */
static bool
is_same(const struct program *p, const struct program_settings *new)
{
	if (p == NULL || p->is_removed)
		return false;
	return new->digest == (p->has_replacement ? p->replacement.digest
						  : p->settings.digest);
}

static bool
is_group_changed(const struct supervisor *s, const struct settings *settings,
    const char *group)
{
	for (size_t i = 0; i < settings->n; i++)
		if (strcmp(settings->v[i].group, group) == 0 &&
		    !is_same(find_program(s, settings->v[i].name),
			&settings->v[i]))
			return true;
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i]->is_removed &&
		    strcmp(s->v[i]->settings.group, group) == 0 &&
		    !is_listed(settings, s->v[i]->settings.name))
			return true;
	return false;
}

/* Once for a group, however many processes it has. */
static void
note_change(struct supervisor *s, const char *group, const char *what)
{
	dc_auto_free char *line = dc_asprintf("\n%s: %s\n", group, what);

	if (s->changes.len == 0)
		dc_str_add(&s->changes, "\n");
	if (strstr(s->changes.data, line) == NULL)
		dc_str_add(&s->changes, line + 1);
}

/* Before anything is changed. */
static void
describe(struct supervisor *s, const struct settings *settings,
    const struct wording *words)
{
	dc_str_done(&s->changes);
	for (size_t i = 0; i < s->n; i++)
		if (!s->v[i]->is_removed &&
		    !lists_group(settings, s->v[i]->settings.group))
			note_change(s, s->v[i]->settings.group, words->gone);
	for (size_t i = 0; i < settings->n; i++) {
		const char *group = settings->v[i].group;

		if (has_group(s, group) && is_group_changed(s, settings, group))
			note_change(s, group, words->changed);
	}
	for (size_t i = 0; i < settings->n; i++)
		if (!has_group(s, settings->v[i].group))
			note_change(s, settings->v[i].group, words->added);
	if (s->changes.len > 0)
		dc_str_shift(&s->changes, 1);
}

static void
remove_program(struct program *p)
{
	p->is_removed = true;
	p->has_replacement = false;
	program_settings_done(&p->replacement);
	machine_handle(&p->machine, EV_STOP);
}

/* NEW is taken over, or left alone when P is just that already. */
static void
update_program(struct program *p, struct program_settings *new)
{
	if (is_same(p, new) && !p->has_replacement)
		return;
	program_settings_done(&p->replacement);
	p->replacement = *new;
	*new = (struct program_settings){0};
	p->has_replacement = true;
	p->is_removed = false;
	roll_add(p);
}

static void
add_program(struct supervisor *s, struct program_settings *new)
{
	struct program *p = program_new(s, new);

	s->v = dc_xrealloc(s->v, (s->n + 1) * sizeof(struct program *));
	s->v[s->n++] = p;
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

/* WORDS: how the change is told. */
static int
load(struct settings *out, struct supervisor *s, const struct wording *words,
    struct dc_err *err)
{
	const struct settings_options options = {.path = s->options.conf,
	    .env_path = s->options.env,
	    .log_dir = s->options.log_dir,
	    .user = s->options.user,
	    .real_dir = s->options.real_dir,
	    .listen_dir = s->options.listen_dir};
	int rc;

	if (s->is_stopping)
		return dc_fail(err, DC_EBUSY, "shutting down");
	rc = settings_load(out, &options, err);
	if (rc < 0)
		return rc;
	note_warnings(s, &out->warnings);
	describe(s, out, words);
	return 0;
}

int
supervisor_reread(struct supervisor *s, struct dc_err *err)
{
	struct settings settings = {0};
	int rc = load(&settings, s, &of_reread, err);

	if (rc < 0)
		return rc;
	/* The real one is asked the same next, about its own programs. */
	if (s->nreal > 0 && settings.real_conf != NULL)
		rc = real_save(s->options.real_dir, settings.real_conf,
		    s->rights, err);
	settings_done(&settings);
	return rc;
}

int
supervisor_launch(struct supervisor *s, struct dc_err *err)
{
	struct settings settings = {0};
	int rc = load(&settings, s, &of_update, err);

	if (rc < 0)
		return rc;
	if (s->options.real_dir != NULL)
		rc = real_save(s->options.real_dir, settings.real_conf,
		    s->rights, err);
	if (rc < 0) {
		settings_done(&settings);
		return rc;
	}
	s->nreal = settings.nreal;
	s->is_launched = true;
	dc_strv_done(&s->env);
	s->env = settings.env;
	settings.env = (struct dc_strv){0};

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
