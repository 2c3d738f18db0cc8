/* runtime/answer.c -- see answer.h. */
#include "runtime/answer.h"

#include "common/base/auto.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* NAME is a program's, "GROUP:*" or "all" (also: none given). */
bool
answer_is_meant(const struct program *p, const char *name)
{
	size_t n = strlen(p->settings.group);

	if (p->is_removed)
		return false;
	if (name == NULL || strcmp(name, "all") == 0 ||
	    strcmp(name, p->settings.name) == 0)
		return true;
	if (strncmp(name, p->settings.group, n) != 0 || name[n] != ':')
		return false;
	name += n + 1;
	return *name == '\0' || strcmp(name, "*") == 0 ||
	       strcmp(name, p->settings.process) == 0;
}

bool
answer_is_known(struct client *client, const char *name)
{
	const struct supervisor *s = control_supervisor(client);

	for (size_t i = 0; i < s->n; i++)
		if (answer_is_meant(s->v[i], name))
			return true;
	if (name != NULL && strcmp(name, "all") != 0)
		control_say(client, "%s: ERROR (no such process)\n", name);
	return false;
}

void
answer_status(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);

	(void)word;
	if (!answer_is_known(client, name))
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct program *p = s->v[i];
		dc_auto_free char *text = NULL;

		if (!answer_is_meant(p, name))
			continue;
		text = program_describe(p);
		control_say(client, "%-32s %-9s %s\n", p->settings.name,
		    machine_state_name(p->machine.state), text);
	}
}

void
answer_pid(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);

	(void)word;
	if (name == NULL) {
		control_say(client, "%d\n", (int)getpid());
		return;
	}
	if (!answer_is_known(client, name))
		return;
	for (size_t i = 0; i < s->n; i++)
		if (answer_is_meant(s->v[i], name))
			control_say(client, "%d\n", (int)s->v[i]->machine.pid);
}

/* For those who look for what there is to start. */
void
answer_avail(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);

	(void)name;
	(void)word;
	for (size_t i = 0; i < s->n; i++) {
		const struct program_settings *p = &s->v[i]->settings;

		if (!s->v[i]->is_removed)
			control_say(client, "%-32s %-9s %-9s %d:%d\n", p->name,
			    "in use", p->is_autostarted ? "auto" : "manual",
			    p->group_priority, p->priority);
	}
}

void
answer_log(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);
	bool is_err = word != NULL && strcmp(word, "stderr") == 0;

	if (name == NULL) {
		control_say(client, "%s\n",
		    s->log.path != NULL ? s->log.path : "ERROR (no log file)");
		return;
	}
	if (!answer_is_known(client, name))
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct program *p = s->v[i];
		const struct stream *stream =
		    is_err && !p->settings.is_stderr_redirected ? &p->err
								: &p->out;
		const char *path = stream->log.path;

		if (!answer_is_meant(p, name))
			continue;
		if (path == NULL)
			control_say(client, "%s: ERROR (no log file)\n",
			    p->settings.name);
		else
			control_say(client, "%s\n", path);
	}
}
