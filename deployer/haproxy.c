/* deployer/haproxy.c -- see haproxy.h; the formats are those of HAProxy's
 * management.txt, section 9. */
#include "deployer/haproxy.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

enum {
	ANSWER_SECONDS = 10,
	ANSWER_MAX = 64 << 20,
	STAT_QCUR = 2,
	STAT_SCUR = 4,
	STAT_1XX = 39,
	STAT_2XX = 40,
	STAT_5XX = 43,
	STAT_QTIME = 58,
	STAT_CTIME = 59,
	STAT_RTIME = 60
};

/* Bits of srv_admin_state and the value of srv_op_state, section 9.3. */
enum {
	ADMIN_MAINT = 0x01 | 0x02 | 0x04 | 0x20,
	ADMIN_DRAIN = 0x08 | 0x10,
	OP_RUNNING = 2
};

static int
connect_to(int *out, const char *socket_path, struct dc_err *err)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct timeval limit = {.tv_sec = ANSWER_SECONDS};
	dc_auto_fd int fd = -1;

	if (strlen(socket_path) >= sizeof(sun.sun_path))
		return dc_fail(err, DC_EINVAL, "path too long: '%s'",
		    socket_path);
	memcpy(sun.sun_path, socket_path, strlen(socket_path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return dc_fail_errno(err, "socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) != 0) {
		if (errno == ECONNREFUSED || errno == ENOENT)
			return dc_fail(err, DC_EBUSY, "haproxy is not running");
		return dc_fail_errno(err, "connect to '%s'", socket_path);
	}
	*out = dc_steal_fd(&fd);
	return 0;
}

static int
read_all(struct dc_str *out, int fd, struct dc_err *err)
{
	char buf[65536];

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ECONNRESET)
			return dc_fail(err, DC_EBUSY, "haproxy went away");
		if (n < 0)
			return dc_fail_errno(err, "haproxy's answer");
		if (out->len + (size_t)n > ANSWER_MAX)
			return dc_fail(err, DC_EFAIL,
			    "haproxy: answer too "
			    "long");
		dc_str_addn(out, buf, (size_t)n);
	}
}

int
haproxy_ask(char **answer, const char *socket, pid_t pid, const char *cmd,
    struct dc_err *err)
{
	dc_auto_str struct dc_str line = {0}, got = {0};
	dc_auto_fd int fd = -1;
	int rc;

	assert(strchr(cmd, '\n') == NULL);
	rc = connect_to(&fd, socket, err);
	if (rc < 0)
		return rc;
	if (pid > 0)
		dc_str_addf(&line, "@!%d ", (int)pid);
	dc_str_addf(&line, "%s\n", cmd);
	if (send(fd, line.data, line.len, MSG_NOSIGNAL) != (ssize_t)line.len)
		return dc_fail(err, DC_EBUSY, "haproxy went away");
	/* The master answers until we say that we ask nothing more. */
	(void)shutdown(fd, SHUT_WR);
	rc = read_all(&got, fd, err);
	if (rc < 0)
		return rc;
	if (got.data != NULL &&
	    dc_has_prefix(got.data, "Can't find the target"))
		return dc_fail(err, DC_ENOTFOUND, "haproxy: no worker %d",
		    (int)pid);
	/* A worker that is killed leaves an empty answer: never a good one. */
	if (pid > 0 && got.len == 0)
		return dc_fail(err, DC_EBUSY, "haproxy: worker %d is ending",
		    (int)pid);
	*answer = dc_str_steal(&got);
	return 0;
}

int
haproxy_change(const char *socket, pid_t pid, struct dc_err *err,
    const char *fmt, ...)
{
	static const char *const good[] = {"New server registered.",
	    "Server deleted.", "IP changed from", "no need to change"};
	dc_auto_free char *answer = NULL;
	char cmd[1024];
	va_list ap;
	int n, rc;

	va_start(ap, fmt);
	n = vsnprintf(cmd, sizeof(cmd), fmt, ap);
	va_end(ap);
	assert(n > 0 && (size_t)n < sizeof(cmd));
	rc = haproxy_ask(&answer, socket, pid, cmd, err);
	if (rc < 0)
		return dc_wrap(err, rc, "%s", cmd);
	assert(answer != NULL);
	answer[strcspn(answer, "\n")] = '\0';
	if (answer[0] == '\0')
		return 0;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (dc_has_prefix(answer, good[i]))
			return 0;
	rc = DC_EFAIL;
	if (strstr(answer, "still has connections") != NULL)
		rc = DC_EBUSY;
	else if (strcasestr(answer, "no such") != NULL ||
		 strstr(answer, "not found") != NULL)
		rc = DC_ENOTFOUND;
	return dc_fail(err, rc, "haproxy: '%s': %s", cmd, answer);
}

/* "PID worker RELOADS ..." below "# workers" and "# old workers". */
int
haproxy_workers(struct haproxy_workers *out, const char *socket,
    struct dc_err *err)
{
	struct haproxy_workers w = {0};
	dc_auto_free char *answer = NULL;
	char *save = NULL;
	bool old = false;
	int rc;

	rc = haproxy_ask(&answer, socket, 0, "show proc", err);
	if (rc < 0)
		return rc;
	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		char type[16];
		int pid, reloads, failed;

		if (dc_has_prefix(line, "# old workers"))
			old = true;
		// NOLINTNEXTLINE(cert-err34-c): our own peer, checked count
		if (sscanf(line, "%d %15s %d [failed: %d]", &pid, type,
			&reloads, &failed) < 3)
			continue;
		if (strcmp(type, "master") == 0) {
			w.reloads = reloads;
			w.failed = failed;
		} else if (strcmp(type, "worker") == 0 &&
			   w.n < HAPROXY_MAX_WORKERS) {
			w.v[w.n].pid = pid;
			w.v[w.n++].old = old;
		}
	}
	if (w.n == 0 || w.v[0].old)
		return dc_fail(err, DC_EBUSY, "haproxy has no worker");
	*out = w;
	return 0;
}

void
haproxy_servers_done(struct haproxy_servers *s)
{
	free(s->v);
	s->v = NULL;
	s->n = 0;
}

int
haproxy_servers(struct haproxy_servers *out, const char *socket, pid_t pid,
    struct dc_err *err)
{
	dc_auto_free char *answer = NULL;
	struct haproxy_servers list = {0};
	char *save = NULL;
	size_t cap = 0;
	int rc;

	rc = haproxy_ask(&answer, socket, pid, "show servers state", err);
	if (rc < 0)
		return rc;
	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		struct haproxy_server s = {0};
		int op, admin;

		// NOLINTNEXTLINE(cert-err34-c): our own peer, checked count
		if (sscanf(line,
			"%*d %63s %*d %63s %63s %d %d %*s %*s %*s %*s %*s %*s "
			"%*s %*s %*s %*s %*s %d",
			s.backend, s.name, s.address, &op, &admin,
			&s.port) != 6)
			continue;
		s.maint = ((unsigned)admin & ADMIN_MAINT) != 0;
		s.drain = ((unsigned)admin & ADMIN_DRAIN) != 0;
		s.up = op == OP_RUNNING;
		if (list.n == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			list.v = dc_xrealloc(list.v, cap * sizeof(list.v[0]));
		}
		list.v[list.n++] = s;
	}
	*out = list;
	return 0;
}

static int64_t
field(const char *line, int index)
{
	while (index-- > 0) {
		line = strchr(line, ',');
		if (line == NULL)
			return 0;
		line++;
	}
	return strtoll(line, NULL, 10);
}

static void
add_line(struct haproxy_count *c, const char *line)
{
	c->sessions += (long)(field(line, STAT_QCUR) + field(line, STAT_SCUR));
	for (int i = STAT_1XX; i <= STAT_5XX; i++)
		c->answers += field(line, i);
	c->errors += field(line, STAT_5XX);
}

int
haproxy_count(struct haproxy_count *out, const char *socket, pid_t pid,
    const char *backend, const char *server, struct dc_err *err)
{
	dc_auto_free char *answer = NULL, *cmd = NULL, *want = NULL;
	struct haproxy_count c = {0};
	char *save = NULL;
	int rc;

	cmd = dc_asprintf("show stat %s 4 -1", backend);
	want = dc_asprintf("%s,%s", backend, server);
	rc = haproxy_ask(&answer, socket, pid, cmd, err);
	if (rc < 0)
		return rc;
	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save))
		if (dc_has_prefix(line, want) &&
		    (line[strlen(want)] == ',' || line[strlen(want)] == 'w'))
			add_line(&c, line);
	*out = c;
	return 0;
}

void
haproxy_stats_done(struct haproxy_stats *s)
{
	free(s->v);
	s->v = NULL;
	s->n = 0;
}

int
haproxy_load_stats(struct haproxy_stats *out, const char *socket, pid_t pid,
    struct dc_err *err)
{
	dc_auto_free char *answer = NULL;
	struct haproxy_stats list = {0};
	char *save = NULL;
	size_t cap = 0;
	int rc;

	/* All proxies, of them the backends. */
	rc = haproxy_ask(&answer, socket, pid, "show stat -1 2 -1", err);
	if (rc < 0)
		return rc;
	for (char *line = strtok_r(answer, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		struct haproxy_stat s = {.queue_ms = field(line, STAT_QTIME),
		    .connect_ms = field(line, STAT_CTIME),
		    .response_ms = field(line, STAT_RTIME)};

		// NOLINTNEXTLINE(cert-err34-c): a name, checked count
		if (sscanf(line, "%63[^#,],BACKEND,", s.backend) != 1)
			continue;
		for (int i = 0; i < 4; i++)
			s.answers[i] = field(line, STAT_2XX + i);
		if (list.n == cap) {
			cap = cap == 0 ? 64 : cap * 2;
			list.v = dc_xrealloc(list.v, cap * sizeof(list.v[0]));
		}
		list.v[list.n++] = s;
	}
	*out = list;
	return 0;
}
