/* deployer/haproxy.h -- HAProxy's runtime API, spoken through its master.
 *
 * The master's socket reaches every worker, the ones included that a reload
 * left behind to finish their clients. DC_EBUSY everywhere: HAProxy is not
 * running, or is going away just now; its supervisor starts it again. */
#ifndef DEPLOYER_HAPROXY_H
#define DEPLOYER_HAPROXY_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define HAPROXY_MAX_WORKERS 32
#define HAPROXY_NAME 64

struct haproxy_workers {
	struct haproxy_worker {
		pid_t pid;
		bool old; /* takes no new connection any more */
	} v[HAPROXY_MAX_WORKERS];
	size_t n;
	int reloads, failed; /* as counted by the master */
};

int haproxy_workers(struct haproxy_workers *out, const char *socket,
    struct dc_err *err);

/* Asks worker PID (0 = the master itself); the answer is the caller's to free.
 * DC_ENOTFOUND: there is no such worker (any more). CMD must be made of names
 * that were validated: it is one line, and ';' separates commands. */
int haproxy_ask(char **answer, const char *socket, pid_t pid, const char *cmd,
    struct dc_err *err);

/* Sends a command that changes something: any answer but silence and the
 * known words of success is DC_EFAIL with that answer, "no such backend" and
 * "no such server" are DC_ENOTFOUND, a server with connections is DC_EBUSY. */
int haproxy_change(const char *socket, pid_t pid, struct dc_err *err,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* One row of "show servers state". */
struct haproxy_server {
	char backend[HAPROXY_NAME];
	char name[HAPROXY_NAME];
	char address[HAPROXY_NAME];
	int port;
	bool maint, drain, up;
};

struct haproxy_servers {
	struct haproxy_server *v;
	size_t n;
};
int haproxy_servers(struct haproxy_servers *out, const char *socket, pid_t pid,
    struct dc_err *err);
void haproxy_servers_done(struct haproxy_servers *s);

/* What one worker says of one server, with those that are called after it
 * ("i12", "i12w1"): sessions and queued requests now, and since it is there
 * answers and those of them that were 5xx. All 0 when it does not know it. */
struct haproxy_count {
	long sessions;
	int64_t answers, errors;
};

int haproxy_count(struct haproxy_count *out, const char *socket, pid_t pid,
    const char *backend, const char *server, struct dc_err *err);

/* What a backend's requests were answered with since the worker began, and
 * the mean times of its last 1024, in milliseconds. */
struct haproxy_stat {
	char backend[HAPROXY_NAME];
	long answers[4]; /* 2xx, 3xx, 4xx, 5xx */
	long queue_ms, connect_ms, response_ms;
};

struct haproxy_stats {
	struct haproxy_stat *v;
	size_t n;
};
int haproxy_load_stats(struct haproxy_stats *out, const char *socket, pid_t pid,
    struct dc_err *err);
void haproxy_stats_done(struct haproxy_stats *s);

#endif
