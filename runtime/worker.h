/* runtime/worker.h -- what nodesockd is to its workers, for any program that
 * has a channel or a socket of its own:
 *
 *   it says "online"    it is up, whatever the time
 *   it says "restart"   it wants to begin anew
 *   "shutdown" to it    it is to end; a signal comes at half of stopwaitsecs
 *   "resume" to it      begun with NODESOCKD_SUSPENDED=true, it has waited
 *
 * One with a socket that never says anything is up when the socket has taken
 * connections for startsecs.
 *
 * Closing a socket resets who is connected and has not been accepted yet. So
 * one that is to end loses the socket's name first, and gets a last connection
 * from us, closed for writing: when that has been closed by the program, all
 * that came before were accepted, and it is told to end. */
#ifndef DC_WORKER_H
#define DC_WORKER_H

#include "common/base/err.h"
#include "runtime/channel.h"
#include "runtime/machine.h"

#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_FD 3
#define CHANNEL_FD_TEXT "3"
#define WORKER_POLL_MS 25

struct child_options;
struct program;

struct worker {
	struct channel channel;
	struct source last; /* our connection; fd < 0: none */
	int name_fd;        /* of the socket that has no name any more */
	int rounds;         /* that are to come */
	bool is_online, is_suspended;
	int64_t accepts_since; /* loop_now's clock; 0: it does not yet */
};

/* Before P's process is forked: its socket's name is free, its channel open.
 * options.channel_fd is the caller's to close. */
int worker_begin(struct program *p, struct child_options *options,
    struct dc_err *err);

/* Of machine_ops. Only who has said "online" knows what "shutdown" is. */
bool worker_ask(struct machine *m);
bool worker_is_up(struct machine *m);

void worker_init(struct program *p);
void worker_done(struct program *p);

/* The process, or the next one, does its work. false: there is no channel. */
bool worker_resume(struct program *p);

#endif
