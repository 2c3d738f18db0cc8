/* runtime/settings.h -- what is to be run, from supervisord.conf. */
#ifndef DC_SETTINGS_H
#define DC_SETTINGS_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "runtime/account.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define SETTINGS_MAX_PROGRAMS 256
#define SETTINGS_MAX_NAME 128      /* bytes, of a process or a group */
#define SETTINGS_MAX_ENV (1 << 20) /* bytes of the environment file */

enum settings_restart {
	RESTART_NEVER,
	RESTART_UNEXPECTED,
	RESTART_ALWAYS
};

struct log_settings {
	char *path; /* "AUTO", NULL: nowhere, or a path */
	char *auto_path;
	int64_t max_bytes; /* 0: no limit */
	int backups;
};

/* One process; "numprocs=3" makes three. */
struct program_settings {
	char *name; /* as `status` shows it: "x" or "group:x" */
	char *group, *process;
	char *command, *directory;
	struct dc_strv argv;
	struct dc_strv env;      /* its own; see settings.env */
	struct account *account; /* NULL: the one we are */
	struct log_settings out, err;
	bool is_stderr_redirected, is_autostarted;
	bool is_group_stopped, is_group_killed;
	enum settings_restart restart;
	int group_priority, priority;  /* in this order */
	int start_secs, start_retries; /* < 0: for ever */
	int backoff_ms;                /* between two tries, at most */
	int stop_signal, stop_wait_secs, umask;
	int restart_signal; /* it begins anew by itself; 0: it is ended */
	uint64_t expected_exits[4]; /* a bit per exit code */
	bool is_real;               /* the real supervisord itself */
	bool is_foreign;  /* runs as another than the application's user */
	bool has_channel; /* to us, for messages; see channel.h */
	char *socket;     /* that it is to listen on, or NULL; see serving.h */
	uint64_t digest;  /* of all above: equal means same */
};

struct settings {
	struct program_settings *v; /* by priority, then as in the file */
	size_t n;
	char *real_conf;    /* for the real supervisord; NULL: not needed */
	size_t nreal;       /* what that runs instead of us */
	struct dc_strv env; /* of every program: ours, [supervisord], -e */
	struct dc_strv warnings; /* for the log */
};

struct settings_options {
	const char *path;     /* CONF                             */
	const char *env_path; /* NULL, or a file of "K=V\0"       */
	const char *log_dir;
	const char *user; /* NULL, or who runs what is included */
	/* Where the real supervisord's files are; NULL: there is none. */
	const char *real_dir;
	const char *listen_dir; /* for sockets; NULL: there are none */
};

/* On failure OUT is untouched; the message has file and line. */
int settings_load(struct settings *out, const struct settings_options *options,
    struct dc_err *err);
void settings_done(struct settings *settings);
void program_settings_done(struct program_settings *p);

#endif
