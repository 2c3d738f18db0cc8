/* runtime/supervisor.h -- all programs, and the loop that minds them. */
#ifndef DC_SUPERVISOR_H
#define DC_SUPERVISOR_H

#include "common/base/err.h"
#include "runtime/elsewhere.h"
#include "runtime/inetd.h"
#include "runtime/program.h"

struct control;

struct supervisor_options {
	const char *conf, *socket, *env, *log_dir;
	const char *user; /* NULL, or whom everything belongs to */
	bool is_log_stderr;
	bool waits;   /* starts nothing before `launch` */
	int ssh_port; /* 0, or where sshd is to be had */
	/* NULL, or where the real supervisord's files are */
	const char *real_dir;
	const char *listen_dir; /* see settings.h */
};

struct supervisor {
	struct supervisor_options options;
	struct program **v;
	size_t n;
	struct dc_strv env;     /* of every program; see settings.h */
	struct account *rights; /* of options.user, for log files */
	struct logfile log;     /* supervisord.log */
	struct control *control;
	int epoll_fd;
	struct source signals, timer;
	struct elsewhere elsewhere;
	struct inetd ssh;
	size_t nreal;          /* programs that the real supervisord runs */
	struct dc_str notes;   /* what was wrong with CONF, line by line */
	struct dc_str changes; /* what that changed or would, as well */
	bool is_launched, is_stopping, is_done;
	bool is_suspended; /* what begins waits for our "resume" */
};

/* Opens all that is needed, serves until it is told to end, ends every program.
 * Returns when nothing of ours runs any more. */
int supervisor_run(const struct supervisor_options *options,
    struct dc_err *err);

/* Reads CONF: starts what is new, restarts what has changed, ends what is gone.
 * On failure nothing has changed. */
int supervisor_launch(struct supervisor *s, struct dc_err *err);

/* Only says, in CHANGES, what that would do. */
int supervisor_reread(struct supervisor *s, struct dc_err *err);

/* Ends all programs, those of the highest priority number first. */
void supervisor_stop(struct supervisor *s);

/* For the programs: P's state is another one; a deadline has been set. */
void supervisor_changed(struct supervisor *s, struct program *p);
void supervisor_arm(struct supervisor *s);

void supervisor_log(struct supervisor *s, const char *level, const char *fmt,
    ...) __attribute__((format(printf, 3, 4)));

#endif
