/* runtime/command.c -- see command.h, and control.h for the commands. */
#include "runtime/command.h"

#include "common/base/auto.h"
#include "runtime/answer.h"
#include "runtime/roll.h"
#include "runtime/value.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* WORD is what follows the name: a signal, a stream; or NULL. */
typedef void command_fn(struct client *client, const char *name,
    const char *word);

static void
say_change(struct client *client, const struct program *p, const char *state)
{
	dc_auto_free char *how = NULL;
	const struct machine *m = &p->machine;
	bool is_over = m->pid == 0 && m->started_at != 0;

	how = is_over ? program_describe_exit(p) : program_describe(p);
	control_say(client, "%s %s pid=%d crashes=%u %s\n", p->settings.name,
	    state, (int)m->pid, m->crashes, how);
}

/* What is not complete is not steady: its programs may crash yet. */
static const char *
shown_state(const struct supervisor *s, const struct program *p)
{
	if (p->settings.is_real && p->machine.state == STATE_RUNNING &&
	    !s->elsewhere.is_complete)
		return machine_state_name(STATE_STARTING);
	return machine_state_name(p->machine.state);
}

static char *
describe_elsewhere(const struct elsewhere_program *p)
{
	return dc_asprintf("%s %s pid=%s crashes=%u see its log\n", p->name,
	    p->state, p->pid, p->crashes);
}

static void
watch(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);

	(void)name;
	(void)word;
	client->is_watching = true;
	for (size_t i = 0; i < s->elsewhere.n; i++) {
		dc_auto_free char *line =
		    describe_elsewhere(&s->elsewhere.v[i]);

		control_say(client, "%s", line);
	}
	for (size_t i = 0; i < s->n; i++)
		say_change(client, s->v[i], shown_state(s, s->v[i]));
}

/* From our listener below the real supervisord. */
static void
note_event(struct client *client, char *const words[])
{
	struct supervisor *s = control_supervisor(client);
	bool was_complete = s->elsewhere.is_complete;
	const struct elsewhere_program *p =
	    elsewhere_note(&s->elsewhere, words);
	dc_auto_free char *line = NULL;

	if (p == NULL) {
		control_say(client, "ERROR no event\n");
		return;
	}
	line = describe_elsewhere(p);
	control_tell(client->owner, line);
	for (size_t i = 0; i < s->n; i++)
		if (s->v[i]->settings.is_real && !was_complete &&
		    s->elsewhere.is_complete)
			control_changed(client->owner, s->v[i]);
	control_say(client, "noted\n");
}

static void
launch(struct client *client, const char *name, const char *word)
{
	struct supervisor *s = control_supervisor(client);
	struct dc_err err = DC_ERR_INIT;

	(void)word;
	if (name != NULL && strcmp(name, "suspended") != 0) {
		control_say(client, "ERROR not understood: '%s'\n", name);
		return;
	}
	s->is_suspended |= name != NULL;
	if (supervisor_launch(s, &err) < 0) {
		supervisor_log(s, "ERROR", "launch: %s", err.msg);
		control_say(client, "ERROR %s\n", err.msg);
		return;
	}
	control_say(client, "launched %zu\n%s",
	    s->n + s->nreal - (s->nreal > 0),
	    s->notes.data != NULL ? s->notes.data : "");
}

/* In postinstall nothing runs yet, and it is not for its scripts to begin. */
static bool
is_too_early(struct client *client)
{
	if (control_supervisor(client)->is_launched)
		return false;
	control_say(client, "Nothing runs yet: processes start after the "
			    "postinstall script\n");
	return true;
}

static void
read_anew(struct client *client, const char *verb,
    int (*how)(struct supervisor *s, struct dc_err *err))
{
	struct supervisor *s = control_supervisor(client);
	struct dc_err err = DC_ERR_INIT;

	if (is_too_early(client))
		return;
	if (how(s, &err) < 0) {
		supervisor_log(s, "ERROR", "%s: %s", verb, err.msg);
		control_say(client, "ERROR %s\n", err.msg);
		return;
	}
	control_say(client, "%s%s", s->notes.data != NULL ? s->notes.data : "",
	    s->changes.data != NULL ? s->changes.data
				    : "No config updates to processes\n");
}

static void
update(struct client *client, const char *name, const char *word)
{
	(void)name;
	(void)word;
	read_anew(client, "update", supervisor_launch);
}

static void
reread(struct client *client, const char *name, const char *word)
{
	(void)name;
	(void)word;
	read_anew(client, "reread", supervisor_reread);
}

static void
shut_down(struct client *client, const char *name, const char *word)
{
	(void)name;
	(void)word;
	supervisor_stop(control_supervisor(client));
	control_say(client, "Shut down\n");
}

static void
add_wait(struct client *client, const struct program *p, enum wait_kind kind)
{
	client->waits = dc_xrealloc(client->waits,
	    (client->nwaits + 1) * sizeof(*client->waits));
	client->waits[client->nwaits++] =
	    (struct client_wait){.program = p, .kind = kind};
}

static void
begin_start(struct client *client, struct program *p)
{
	struct machine *m = &p->machine;

	if (m->state == STATE_RUNNING) {
		control_say(client, "%s: ERROR (already started)\n",
		    p->settings.name);
		return;
	}
	/* A changed one is started with its new settings, once it is down. */
	add_wait(client, p, WAIT_START);
	if (p->has_replacement)
		p->replacement.is_autostarted = true;
	else
		machine_handle(m, EV_START);
}

static void
begin_stop(struct client *client, struct program *p)
{
	if (machine_is_down(&p->machine)) {
		control_say(client, "%s: ERROR (not running)\n",
		    p->settings.name);
		return;
	}
	add_wait(client, p, WAIT_STOP);
	p->is_due = false;
	p->replacement.is_autostarted = false;
	machine_handle(&p->machine, EV_STOP);
}

static void
begin_restart(struct client *client, struct program *p)
{
	if (machine_is_down(&p->machine) ||
	    (p->has_replacement && !p->is_due)) {
		begin_start(client, p);
		return;
	}
	if (p->settings.restart_signal != 0 && !p->has_replacement &&
	    p->machine.state == STATE_RUNNING) {
		(void)kill(p->machine.pid, p->settings.restart_signal);
		control_say(client, "%s: told to begin anew\n",
		    p->settings.name);
		return;
	}
	add_wait(client, p, WAIT_RESTART);
	roll_add(p);
}

/* Begun anew, it is to wait for our "resume". */
static void
begin_suspend(struct client *client, struct program *p)
{
	if (!p->settings.has_channel) {
		control_say(client, "%s: ERROR (has no channel)\n",
		    p->settings.name);
		return;
	}
	p->worker.is_suspended = true;
	begin_restart(client, p);
}

static void
resume_one(struct client *client, struct program *p)
{
	if (worker_resume(p))
		control_say(client, "%s: resumed\n", p->settings.name);
	else
		control_say(client, "%s: ERROR (has no channel)\n",
		    p->settings.name);
}

static void
change_all(struct client *client, const char *name,
    void (*begin)(struct client *client, struct program *p))
{
	const struct supervisor *s = control_supervisor(client);

	if (is_too_early(client))
		return;
	if (s->is_stopping) {
		control_say(client, "ERROR shutting down\n");
		return;
	}
	if (!answer_is_known(client, name))
		return;
	for (size_t i = 0; i < s->n; i++)
		if (answer_is_meant(s->v[i], name))
			begin(client, s->v[i]);
}

static void
start(struct client *client, const char *name, const char *word)
{
	(void)word;
	change_all(client, name, begin_start);
}

static void
stop(struct client *client, const char *name, const char *word)
{
	(void)word;
	change_all(client, name, begin_stop);
}

static void
restart(struct client *client, const char *name, const char *word)
{
	(void)word;
	change_all(client, name, begin_restart);
}

static void
suspend(struct client *client, const char *name, const char *word)
{
	(void)word;
	change_all(client, name, begin_suspend);
}

static void
resume(struct client *client, const char *name, const char *word)
{
	(void)word;
	if (strcmp(name, "all") == 0)
		control_supervisor(client)->is_suspended = false;
	change_all(client, name, resume_one);
}

static void
begin_anew(struct client *client, struct program *p)
{
	if (p->settings.is_autostarted)
		begin_restart(client, p);
	else if (!machine_is_down(&p->machine))
		begin_stop(client, p);
}

/* supervisord's word for its own restart: what CONF says now, begun anew. */
static void
reload(struct client *client, const char *name, const char *word)
{
	(void)word;
	update(client, NULL, NULL);
	if (control_supervisor(client)->is_launched)
		change_all(client, name, begin_anew);
}

static void
send_signal(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);
	int number;

	if (value_parse_signal(&number, word, NULL) < 0) {
		control_say(client, "%s: ERROR (bad signal name)\n", name);
		return;
	}
	if (!answer_is_known(client, name))
		return;
	for (size_t i = 0; i < s->n; i++) {
		const struct program *p = s->v[i];

		if (!answer_is_meant(p, name))
			continue;
		if (p->machine.pid > 0 && kill(p->machine.pid, number) == 0)
			control_say(client, "%s: signalled\n",
			    p->settings.name);
		else
			control_say(client, "%s: ERROR (not running)\n",
			    p->settings.name);
	}
}

static void
clear(struct client *client, const char *name, const char *word)
{
	const struct supervisor *s = control_supervisor(client);

	(void)word;
	if (!answer_is_known(client, name))
		return;
	for (size_t i = 0; i < s->n; i++) {
		struct program *p = s->v[i];

		if (!answer_is_meant(p, name))
			continue;
		logfile_clear(&p->out.log);
		logfile_clear(&p->err.log);
		control_say(client, "%s: cleared\n", p->settings.name);
	}
}

static const struct {
	const char *name;
	command_fn *run;
	int min_words, max_words; /* behind it */
} commands[] = {
    {"launch", launch, 0, 1},
    {"update", update, 0, 0},
    {"reread", reread, 0, 0},
    {"reload", reload, 0, 0},
    {"status", answer_status, 0, 1},
    {"start", start, 1, 1},
    {"stop", stop, 1, 1},
    {"restart", restart, 1, 1},
    {"suspend", suspend, 1, 1},
    {"resume", resume, 1, 1},
    {"signal", send_signal, 2, 2},
    {"clear", clear, 1, 1},
    {"pid", answer_pid, 0, 1},
    {"avail", answer_avail, 0, 0},
    {"log", answer_log, 0, 2},
    {"shutdown", shut_down, 0, 0},
    {"watch", watch, 0, 0},
};

void
command_run(struct client *client, char *line)
{
	char *save = NULL;
	const char *verb = strtok_r(line, " \t\r", &save);
	char *words[5] = {NULL};
	int n = 0;

	while (n < 5 && (words[n] = strtok_r(NULL, " \t\r", &save)) != NULL)
		n++;

	if (verb != NULL && strcmp(verb, "event") == 0 && n == 4) {
		note_event(client, words);
		return;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (verb == NULL || strcmp(verb, commands[i].name) != 0)
			continue;
		if (n < commands[i].min_words || n > commands[i].max_words)
			break;
		commands[i].run(client, words[0], words[1]);
		return;
	}
	control_say(client, "ERROR not understood: '%s'\n",
	    verb != NULL ? verb : "");
}

/* The next thing to wait for after P got into its state; says what was
 * reached. */
static enum wait_kind
advance(struct client *client, const struct program *p, enum wait_kind kind)
{
	enum machine_state state = p->machine.state;
	const char *name = p->settings.name;

	if (kind != WAIT_START) {
		if (kind == WAIT_RESTART && state == STATE_RUNNING &&
		    !p->is_due) {
			control_say(client,
			    "%s: ERROR (not restarted: the one "
			    "before does not come up)\n",
			    name);
			return WAIT_NONE;
		}
		if (!machine_is_down(&p->machine))
			return kind;
		control_say(client, "%s: stopped\n", name);
		return kind == WAIT_RESTART ? WAIT_START : WAIT_NONE;
	}
	if (state == STATE_STARTING || state == STATE_STOPPING ||
	    (state == STATE_STOPPED &&
		(p->has_replacement || p->machine.is_wanted)))
		return kind;
	if (state == STATE_RUNNING)
		control_say(client, "%s: started\n", name);
	else if (state == STATE_BACKOFF || state == STATE_FATAL)
		control_say(client, "%s: ERROR (spawn error)\n", name);
	else
		control_say(client, "%s: ERROR (stopped)\n", name);
	return WAIT_NONE;
}

static void
drop_answered(struct client *client)
{
	size_t kept = 0;

	for (size_t i = 0; i < client->nwaits; i++)
		if (client->waits[i].kind != WAIT_NONE)
			client->waits[kept++] = client->waits[i];
	client->nwaits = kept;
}

void
command_changed(struct client *client, const struct program *p)
{
	if (client->is_watching)
		say_change(client, p,
		    shown_state(control_supervisor(client), p));
	for (size_t i = 0; i < client->nwaits; i++)
		if (client->waits[i].program == p)
			client->waits[i].kind =
			    advance(client, p, client->waits[i].kind);
	drop_answered(client);
}

void
command_removed(struct client *client, const struct program *p)
{
	if (client->is_watching)
		say_change(client, p, "REMOVED");
	for (size_t i = 0; i < client->nwaits; i++)
		if (client->waits[i].program == p) {
			control_say(client, "%s: stopped\n", p->settings.name);
			client->waits[i].kind = WAIT_NONE;
		}
	drop_answered(client);
}
