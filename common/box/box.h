/* common/box/box.h -- one container, from its directories to its end.
 *
 * All by root, from processes that may be killed at any line: whoever comes
 * later finds what they left with dc_box_each and removes it with
 * dc_box_destroy. BOXES is the directory of all containers (liblxc finds a
 * running one by it, so always spell it the same), NAME "<bridge>-b12". */
#ifndef DC_BOX_H
#define DC_BOX_H

#include "common/base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct dc_box_spec {
	const char *name;     /* unique on this machine                  */
	const char *hostname; /* cut at the kernel's 64 bytes            */
	uid_t first_id;       /* of the application's range              */
	const char *image;    /* directory, owned by host root           */
	/* A directory over the image, or NULL, and the range it was made in. */
	const char *root_lower;
	uid_t root_lower_id;
	/* Topmost first; NULL or empty: HOME is the directory home/upper. */
	const char *const *home_lower;
	const char *code; /* directory, or NULL                    */
	uid_t code_uid;   /* its owner on the host, 1000 inside    */
	/* Where LISTEN_UID, of the host, finds the sockets that the container's
	 * user makes in /var/dotcloud/listen; NULL: nowhere. */
	const char *listen;
	uid_t listen_uid;
	const char *init; /* static program, pid 1                 */
	const char *const *init_args; /* without blanks, or NULL   */
	const char *bridge, *address, *gateway;
	unsigned prefix_len;
	const char *hosts;    /* more lines of /etc/hosts; NULL: none */
	long long memory;     /* bytes, 0: no limit                      */
	unsigned pids;        /* 0: no limit                             */
	unsigned cpu_shares;  /* 1024 is the usual; 0: left alone        */
	unsigned cpu_percent; /* of one processor; 0: no limit           */
};

/* Directories, files and mounts below BOXES/NAME; twice is once. */
int dc_box_create(const char *boxes, const struct dc_box_spec *spec,
    struct dc_err *err);

/* Makes again what a reboot unmounts. HOME and / keep their contents. */
int dc_box_mount(const char *boxes, const char *name, struct dc_err *err);

/* Takes its sockets out of reach; they come back with dc_box_mount. */
int dc_box_unlisten(const char *boxes, const char *name, struct dc_err *err);

/* Returns when pid 1 runs. Running already is success. */
int dc_box_start(const char *boxes, const char *name, struct dc_err *err);
bool dc_box_is_running(const char *boxes, const char *name);
/* pid 1 as the host counts, 0 when it is not running. */
pid_t dc_box_pid(const char *boxes, const char *name);

/* SIGTERM to pid 1, SIGKILL after SECONDS, waits for the end. */
int dc_box_stop(const char *boxes, const char *name, int seconds,
    struct dc_err *err);

/* From any half-made state: processes, network, mounts, cgroups, files. */
int dc_box_destroy(const char *boxes, const char *name, struct dc_err *err);

/* FN for every NAME with PREFIX of which anything exists: a directory, a
 * mount, a cgroup. A result < 0 ends it and is returned. */
typedef int dc_box_fn(const char *name, void *arg);
int dc_box_each(const char *boxes, const char *prefix, dc_box_fn *fn, void *arg,
    struct dc_err *err);

int dc_box_set_memory(const char *name, long long bytes, struct dc_err *err);
/* Frozen processes keep their memory and get no time. DC_EBUSY: they go on.
 * dc_box_stop and dc_box_destroy thaw what they end. */
int dc_box_freeze(const char *name, struct dc_err *err);
int dc_box_thaw(const char *name, struct dc_err *err);
/* Was one of its processes killed because there was no more of it? */
bool dc_box_lacked_memory(const char *name);

struct dc_box_run {
	char *const *argv;
	char *const *envp; /* all there is; argv[0] is looked up in its PATH */
	const char *cwd;   /* NULL: / */
	uid_t uid;         /* and gid, as seen inside */
	int in, out, err;  /* descriptors; a terminal becomes controlling */
};

/* A program in the container, as a child of the caller in its own session,
 * with the container's limits and without new privileges. dc_spawn_wait gives
 * its status: 127 when it cannot be run, 126 when there is no CWD. */
int dc_box_attach(pid_t *pid, const char *boxes, const char *name,
    const struct dc_box_run *run, struct dc_err *err);

#endif
