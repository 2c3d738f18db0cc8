/* deployer/processes.c -- see processes.h. */
#include "deployer/processes.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/box/box.h"
#include "deployer/control.h"
#include "deployer/listening.h"

#include <poll.h>
#include <string.h>

/* An application that crashes so often before its first answer has failed;
 * fewer may be a wait for its database. */
#define MAX_CRASHES 5
#define LOOK_MS 1000

/* Programs by name, whether each has stayed up, and whether one that ran has
 * ended, to be started again. A "group:name" of the real
 * supervisord may be long. */
struct program {
	char name[257];
	long pid; /* when it was seen first */
	bool steady, fallen;
};

struct programs {
	struct program v[DC_MAX_PROCESSES + DC_MAX_WORKERS];
	size_t n;
	int64_t since;     /* when one was not up last, monotonic ms */
	char crashed[160]; /* "'node' (exit status 1)": one that failed */
};

static struct program *
program_of(struct programs *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strncmp(p->v[i].name, name, sizeof(p->v[0].name) - 1) == 0)
			return &p->v[i];
	if (p->n == sizeof(p->v) / sizeof(p->v[0]))
		return NULL;
	(void)snprintf(p->v[p->n].name, sizeof(p->v[0].name), "%s", name);
	return &p->v[p->n++];
}

static long
number_after(const char *text, const char *key)
{
	const char *at = text != NULL ? strstr(text, key) : NULL;

	return at != NULL ? strtol(at + strlen(key), NULL, 10) : 0;
}

static void
note_pid(struct program *p, const char *state, long pid)
{
	if (p->pid == 0)
		p->pid = pid;
	p->fallen |= strcmp(state, "BACKOFF") == 0 ||
		     strcmp(state, "FATAL") == 0 || (pid > 0 && pid != p->pid);
}

/* "NAME STATE pid=N crashes=N ..." */
static void
note_line(struct programs *p, char *line)
{
	char *rest = line;
	const char *name = strsep(&rest, " ");
	const char *state = rest != NULL ? strsep(&rest, " ") : NULL;
	const char *crashes = rest != NULL ? strstr(rest, "crashes=") : NULL;
	struct program *program;
	const char *how;

	if (state == NULL)
		return;
	program = program_of(p, name);
	if (program == NULL)
		return;
	program->steady = strcmp(state, "RUNNING") == 0 ||
			  strcmp(state, "EXITED") == 0 ||
			  strcmp(state, "STOPPED") == 0;
	if (!program->steady)
		p->since = dc_mono_ms();
	note_pid(program, state, number_after(rest, "pid="));
	how = crashes != NULL ? strchr(crashes, ' ') : NULL;
	if (strcmp(state, "FATAL") == 0 ||
	    number_after(crashes, "crashes=") >= MAX_CRASHES)
		(void)snprintf(p->crashed, sizeof(p->crashed), "'%s' (%s)",
		    name, how != NULL ? how + 1 : state);
}

static bool
all_steady(const struct programs *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (!p->v[i].steady)
			return false;
	return true;
}

/* A program that dies every few seconds is no worker. */
static bool
is_quiet(const struct processes_wait *w, const struct programs *p)
{
	return w->quiet_ms > 0 && dc_mono_ms() - p->since >= w->quiet_ms &&
	       p->n > 0 && (unit_has_served(w->u) || all_steady(p)) &&
	       !listening_elsewhere(w->pid, w->u->ports, w->u->nports);
}

static int
fail_unsteady(const struct processes_wait *w, const struct programs *p,
    struct dc_err *err)
{
	size_t i = 0;

	while (i < p->n && p->v[i].steady)
		i++;
	if (w->u->def.listen_var == NULL || i == p->n)
		return dc_fail(err, DC_EUSER,
		    "its processes did not stay up within %d s", w->seconds);
	return dc_fail(err, DC_EUSER,
	    "process '%s' did not come online within %d s: it has neither sent "
	    "\"online\""
	    " nor accepted connections on the socket in $%s",
	    p->v[i].name, w->seconds, w->u->def.listen_var);
}

static int
fail_ended(const char *box, struct dc_err *err)
{
	return dc_fail(err, DC_EUSER, "the container ended by itself%s",
	    dc_box_lacked_memory(box) ? ": its memory was used up" : "");
}

static int
fail_crashing(const struct processes_wait *w, const struct programs *p,
    struct dc_err *err)
{
	return dc_fail(err, DC_EUSER, "process %s keeps crashing%s", p->crashed,
	    dc_box_lacked_memory(w->u->box)
		? ": the instance's memory is used up"
		: "");
}

/* Another piece of the watch, into lines. LEFT ms at most are waited for it.
 * DC_ENOTFOUND: the container has ended. */
static int
read_more(int fd, struct programs *programs, struct dc_str *pending,
    int64_t left)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	char chunk[4096], *nl;
	ssize_t n;

	if (poll(&p, 1, left < LOOK_MS ? (int)left : LOOK_MS) <= 0)
		return 0;
	n = read(fd, chunk, sizeof(chunk));
	if (n <= 0)
		return DC_ENOTFOUND;
	dc_str_addn(pending, chunk, (size_t)n);
	while ((nl = memchr(pending->data, '\n', pending->len)) != NULL) {
		*nl = '\0';
		note_line(programs, pending->data);
		dc_str_shift(pending, (size_t)(nl - pending->data) + 1);
	}
	if (pending->len > sizeof(chunk)) /* no line of dcinit's */
		dc_str_shift(pending, pending->len);
	return 0;
}

int
processes_wait(int fd, const struct processes_wait *w, struct dc_err *err)
{
	dc_auto_str struct dc_str pending = {0};
	struct programs programs = {.since = dc_mono_ms()};
	int64_t left;

	for (;;) {
		left = w->limit - dc_mono_ms();
		if (left <= 0)
			return fail_unsteady(w, &programs, err);
		if (is_quiet(w, &programs))
			return dc_fail(err, DC_ENOTFOUND, PROCESSES_QUIET);
		if (read_more(fd, &programs, &pending, left) < 0)
			return fail_ended(w->u->box, err);
		if (programs.crashed[0] != '\0' && !unit_has_served(w->u))
			return fail_crashing(w, &programs, err);
		if (w->steady && programs.n > 0 && all_steady(&programs))
			return 0;
	}
}

static const struct program *
find_fallen(const struct programs *p)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (p->v[i].fallen)
			return &p->v[i];
	return NULL;
}

int
processes_settle(int fd, const struct processes_wait *w, struct dc_err *err)
{
	dc_auto_str struct dc_str pending = {0};
	struct programs programs = {0};
	const struct program *fallen;
	int64_t left;

	while ((left = w->limit - dc_mono_ms()) > 0) {
		if (read_more(fd, &programs, &pending, left) < 0)
			return fail_ended(w->u->box, err);
		if (programs.crashed[0] != '\0')
			return fail_crashing(w, &programs, err);
		fallen = find_fallen(&programs);
		if (fallen != NULL)
			return dc_fail(err, DC_ESTALE,
			    "process '%s' crashed after its first answer",
			    fallen->name);
	}
	return 0;
}

/* The first words of a watch are all as they are. */
int
processes_check(const char *boxes, const char *box, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/%s", boxes, box);
	dc_auto_str struct dc_str pending = {0};
	struct programs programs = {0};
	const struct program *fallen;
	dc_auto_fd int fd = -1;
	int rc = 0;

	if (dc_box_pid(boxes, box) > 0)
		rc = control_watch(&fd, dir, true, err);
	if (rc < 0)
		return rc;
	if (fd < 0 || read_more(fd, &programs, &pending, LOOK_MS) < 0)
		return fail_ended(box, err);
	fallen = find_fallen(&programs);
	if (fallen == NULL)
		return 0;
	return dc_fail(err, DC_EUSER,
	    "process '%s' crashed after its first answer", fallen->name);
}

bool
processes_is_one(int fd, const char *service)
{
	dc_auto_free char *group = dc_asprintf("%s:", service);
	dc_auto_str struct dc_str pending = {0};
	struct programs programs = {0};
	size_t i, others = 0, workers = 0;

	if (read_more(fd, &programs, &pending, LOOK_MS) < 0)
		return false;
	for (i = 0; i < programs.n; i++) {
		if (dc_has_prefix(programs.v[i].name, group))
			workers = 1;
		else if (strcmp(programs.v[i].name, "nginx") != 0)
			others++;
	}
	return programs.n > 0 && others + workers <= 1;
}
