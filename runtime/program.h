/* runtime/program.h -- one supervised process: its machine, pipes and logs. */
#ifndef DC_PROGRAM_H
#define DC_PROGRAM_H

#include "common/base/str.h"
#include "runtime/logfile.h"
#include "runtime/loop.h"
#include "runtime/machine.h"
#include "runtime/settings.h"
#include "runtime/worker.h"

#include <stdint.h>

struct supervisor;

/* Our pipe lives as long as the program: what a process wrote before it died
 * is read, and its successor writes into the same. */
struct stream {
	struct source source;
	int write_fd; /* -1: not in use */
	struct logfile log;
};

struct program {
	struct machine machine; /* first: machine_ops get a pointer to it */
	struct program_settings settings;
	struct supervisor *owner;
	struct stream out, err;
	struct worker worker;
	pid_t last_pid;   /* of the process that runs, or ran last */
	int64_t deadline; /* of EV_TIMER, loop_now's clock; < 0: none */
	int64_t ended_at; /* seconds since the epoch; 0: never ran */
	bool is_removed;  /* no longer in CONF: free it once it is down */
	bool has_replacement;
	struct program_settings replacement; /* put in once it is down */
	bool is_due; /* to be restarted when it is its turn; see roll.h */
};

static inline struct program *
program_of(const struct machine *m)
{
	return (struct program *)(uintptr_t)m;
}

/* Takes over SETTINGS. Logs that cannot be opened are warned about only. */
struct program *program_new(struct supervisor *owner,
    struct program_settings *settings);
void program_free(struct program *p);
/* Puts the replacement in; the program is down. */
void program_replace(struct program *p);

/* Reads what its process has written, until there is nothing more. */
void program_drain(struct program *p);

/* "pid 975, uptime 0:03:20"; "exit status 3"; the caller's. */
char *program_describe(const struct program *p);
/* How its last process ended: "exit status 3", "signal 9 (Killed)". */
char *program_describe_exit(const struct program *p);

#endif
