/* runtime/control.h -- the unix socket: one request line, answer lines, end.
 *
 *   launch [suspended]        read CONF; "launched N" or "ERROR why", then
 *                             a line "NOTE why" for what was ignored;
 *                             suspended: as by suspend, at once
 *   update                    the same; answers what has changed
 *   reread                    only what that would change
 *   status [NAME]             supervisord's lines
 *   start|stop|restart NAME   answered when it is done: "node: started"
 *   suspend NAME              restart, and the new process waits until
 *   resume NAME               it is told to go on; see worker.h
 *   pid [NAME]  log [NAME [stderr]]
 *                             a pid; the path of a log
 *   avail                     what there is: how it starts, in which order
 *   clear NAME                empties its logs
 *   reload                    update, and restart all
 *   signal NAME SIG           to a program's process
 *   event NAME STATE PID EXPECTED
 *                             of the real supervisord's; see elsewhere.h
 *   shutdown                  ends all programs, then us
 *   watch                     stays open; a line for every program now, then
 *                             one per change: NAME STATE pid=N crashes=N why
 *
 * NAME is a program, "group:*" or "all". Anybody in the container may
 * connect: clients, lines and answers are bounded, and nobody is waited for. */
#ifndef DC_CONTROL_H
#define DC_CONTROL_H

#include "runtime/supervisor.h"

#define CONTROL_MAX_CLIENTS 32
#define CONTROL_MAX_LINE 512
#define CONTROL_MAX_ANSWER (256 << 10) /* bytes nobody has read yet */

enum wait_kind {
	WAIT_NONE, /* answered */
	WAIT_START,
	WAIT_STOP,
	WAIT_RESTART
};

struct client {
	struct source source;
	struct control *owner;
	bool is_stranger; /* runs as the application: first to be dropped */
	bool is_asked, is_watching, is_doomed;
	char line[CONTROL_MAX_LINE];
	size_t length;
	struct dc_str answer;
	struct client_wait {
		const struct program *program;
		enum wait_kind kind;
	} * waits;
	size_t nwaits;
};

int control_open(struct control **out, struct supervisor *s, const char *path,
    struct dc_err *err);
void control_close(struct control *c);

/* P is in another state; P is about to be freed. C may be NULL. */
void control_changed(struct control *c, const struct program *p);
void control_removed(struct control *c, const struct program *p);

/* LINE for everybody who watches. */
void control_tell(struct control *c, const char *line);

/* Sends what there is to send and drops who is done: between two events. */
void control_settle(struct control *c);

/* For command.c */
struct supervisor *control_supervisor(const struct client *client);
void control_say(struct client *client, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
