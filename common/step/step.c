/* common/step/step.c -- see step.h. */
#include "common/step/step.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/room.h"
#include "common/base/spawn.h"
#include "common/box/box.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>

#define MAX_READS 32 /* of 16 KiB, before the clock is looked at again */

/* What there is to read now, but not more than a full pipe several times over:
 * `yes` must not keep us from the deadline. *END when the other side is
 * closed. */
static int
read_output(const struct dc_step *s, int fd, bool *end, struct dc_err *err)
{
	char chunk[16384];
	ssize_t n = 1;
	int i, rc;

	for (i = 0; i < MAX_READS; i++) {
		n = read(fd, chunk, sizeof(chunk));
		if (n <= 0)
			break;
		rc = dc_log_buffer_add(s->log, chunk, (size_t)n, err);
		if (rc < 0)
			return rc;
	}
	*end = n == 0;
	return 0;
}

/* How long poll may sleep: the log's next row, a look at the disk, a second,
 * the deadline. */
static int
next_wait(const struct dc_step *s)
{
	int64_t left = s->deadline - dc_mono_ms();
	int most = s->room != NULL ? DC_ROOM_MS : 1000;
	int ms = dc_log_buffer_due(s->log);

	if (ms < 0 || ms > most)
		ms = most;
	if (left < ms)
		ms = left > 0 ? (int)left : 0;
	return ms;
}

/* Until the command has ended. What it left running in the background may
 * hold the pipe open, so its end is the end, not the pipe's. */
static int
follow(const struct dc_step *s, int out, int pidfd, struct dc_err *err)
{
	struct pollfd p[3] = {{.fd = out, .events = POLLIN},
	    {.fd = pidfd, .events = POLLIN}, {.fd = s->bell, .events = POLLIN}};
	bool end = false;
	int rc;

	for (;;) {
		(void)poll(p, 3, next_wait(s));
		rc = read_output(s, out, &end, err);
		if (rc == 0 && dc_log_buffer_due(s->log) == 0)
			rc = dc_log_buffer_flush(s->log, err);
		if (rc < 0 || (p[1].revents & POLLIN) != 0)
			return rc;
		if (end)
			p[0].fd = -1;
		if (s->room != NULL)
			rc = dc_room_check(s->room, err);
		if (rc < 0)
			return rc;
		if (dc_mono_ms() >= s->deadline)
			return dc_fail(err, DC_EUSER, "%s", s->late);
		if ((p[2].revents & POLLIN) != 0) {
			dc_bell_clear(s->bell);
			rc = s->still_ours(s->arg, err);
			if (rc < 0)
				return rc;
		}
	}
}

/* The shell's words: 127 is "not found", 128 and more a signal. */
static int
judge(const struct dc_step *s, const char *what, int status, struct dc_err *err)
{
	const char *name;

	if (status == 0)
		return 0;
	if (status == 126)
		return dc_fail(err, DC_EUSER, "the command `%s` cannot be run",
		    what);
	if (status == 127)
		return dc_fail(err, DC_EUSER,
		    "the command `%s` was not found, or ended with one that"
		    " was not",
		    what);
	name = status > 128 ? sigabbrev_np(status - 128) : NULL;
	if (name == NULL)
		return dc_fail(err, DC_EUSER, "the command `%s` returned %d",
		    what, status);
	return dc_fail(err, DC_EUSER,
	    "the command `%s` exited on signal %d (SIG%s)%s", what,
	    status - 128, name,
	    status == 128 + SIGKILL && s->killed != NULL ? s->killed : "");
}

static int
attach(const struct dc_step *s, const char *cwd, const char *script, int null,
    int out, pid_t *pid, struct dc_err *err)
{
	dc_auto_strv struct dc_strv argv = {0};
	struct dc_box_run run = {.envp = s->env,
	    .cwd = cwd,
	    .uid = s->as_root ? 0 : DC_APP_UID,
	    .in = null,
	    .out = out,
	    .err = out};
	int rc;

	dc_appenv_shell(&argv, script);
	run.argv = argv.v;
	rc = dc_box_attach(pid, s->boxes, s->box, &run, err);
	/* A container that is gone is a failure here, not somebody's move. */
	return rc < 0 ? dc_wrap(err, DC_EFAIL, "run `%s`", script) : 0;
}

int
dc_step_run(const struct dc_step *s, const char *what, const char *cwd,
    const char *script, struct dc_err *err)
{
	dc_auto_fd int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	dc_auto_fd int out_r = -1;
	dc_auto_fd int out_w = -1;
	dc_auto_fd int pidfd = -1;
	int fds[2], rc, status;
	pid_t pid;

	if (null < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	out_r = fds[0];
	out_w = fds[1];
	/* The command may open it anew, as /dev/stderr. */
	(void)fchmod(out_w, 0622);
	rc = attach(s, cwd, script, null, out_w, &pid, err);
	if (rc < 0)
		return rc;
	(void)close(dc_steal_fd(&out_w));
	(void)fcntl(out_r, F_SETFL, O_NONBLOCK);
	pidfd = pidfd_open(pid, 0);
	rc = pidfd < 0 ? dc_fail_errno(err, "pidfd of %d", (int)pid)
		       : follow(s, out_r, pidfd, err);
	/* Unreaped it would keep the container's pid 1 from ending. */
	if (rc < 0)
		(void)kill(pid, SIGKILL);
	status = dc_spawn_wait(pid, rc < 0 ? NULL : err);
	if (rc < 0)
		return rc;
	return status < 0 ? status : judge(s, what, status, err);
}
