/* runtime/machine.h -- the life of one supervised process.
 *
 *            start                 up               died
 *   STOPPED --------> STARTING ---------> RUNNING --------> STARTING | EXITED
 *                      |    ^                |
 *                 died v    | retry          | stop
 *                     BACKOFF -> FATAL    STOPPING --died--> STOPPED
 *
 * The table decides, `ops` act: tests bring their own. */
#ifndef DC_MACHINE_H
#define DC_MACHINE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum machine_state {
	STATE_STOPPED,
	STATE_STARTING,
	STATE_RUNNING,
	STATE_BACKOFF,
	STATE_STOPPING,
	STATE_EXITED,
	STATE_FATAL,
	STATE_NSTATES
};

enum machine_event {
	EV_START,      /* somebody wants it to run                         */
	EV_STOP,       /* somebody wants it gone                           */
	EV_CHILD_DIED, /* machine.exit_status says how                     */
	EV_TIMER,      /* what the state was waiting for: up, retry, kill  */
	EV_NEVENTS
};

struct machine;

struct machine_ops {
	pid_t (*spawn)(struct machine *m); /* < 0: could not be started */
	void (*signal)(struct machine *m, bool is_kill);
	/* EV_TIMER after MS; < 0: no more */
	void (*timer)(struct machine *m, int64_t ms);
	void (*changed)(struct machine *m);
	int64_t (*now)(void); /* milliseconds */
	bool (*may_restart)(const struct machine *m);
	/* Asks it to end; false: it has to be told by a signal. */
	bool (*ask)(struct machine *m);
	/* Is a process that still starts ready for its work? */
	bool (*is_up)(struct machine *m);
};

struct machine {
	const struct machine_ops *ops;
	enum machine_state state;
	int64_t start_ms, stop_ms; /* how long: to be up, to stop */
	int64_t poll_ms;   /* > 0: instead of start_ms, and asked is_up again */
	int start_retries; /* < 0: for ever */
	int64_t backoff_ms; /* between two tries, at most */

	pid_t pid;          /* 0: none */
	int64_t started_at; /* of the process that runs, or ran last */
	int exit_status;    /* as waitpid gives it */
	bool is_wanted;     /* STOPPING, but to be started again after */
	bool is_asked;      /* STOPPING: a signal is to come yet */
	unsigned crashes;   /* deaths that nobody asked for */
	int failed_starts;  /* in a row */
	int quick_deaths;   /* in a row; sets the back-off */
};

const char *machine_state_name(enum machine_state state);
void machine_handle(struct machine *m, enum machine_event event);

/* The longest pause before another try, milliseconds. */
#define MACHINE_BACKOFF_MS 30000

/* Milliseconds before the next try after N quick deaths in a row, MAX at most.
 */
int64_t machine_backoff(int n, int64_t max);

/* There is no process and none will come by itself. */
bool machine_is_down(const struct machine *m);

#endif
