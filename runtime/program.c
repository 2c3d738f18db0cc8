/* runtime/program.c -- see program.h. */
#include "runtime/program.h"

#include "common/base/auto.h"
#include "runtime/child.h"
#include "runtime/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define READ_SIZE 16384
#define READS_PER_TURN 4
#define READS_AT_DEATH 64

/* true: there may be more. One buffer serves all: nobody keeps what is in it.*/
static bool
read_stream(struct stream *stream, int times)
{
	static char buffer[READ_SIZE];

	if (stream->write_fd < 0)
		return false;
	while (times-- > 0) {
		ssize_t n = read(stream->source.fd, buffer, sizeof(buffer));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		logfile_write(&stream->log, buffer, (size_t)n);
	}
	return true;
}

static void
on_output(void *arg, uint32_t events)
{
	(void)events;
	(void)read_stream(arg, READS_PER_TURN);
}

static void
open_log(struct program *p, struct stream *stream,
    const struct log_settings *log)
{
	const struct account *rights = p->owner->rights;
	bool is_auto = log->path != NULL && strcmp(log->path, "AUTO") == 0;
	const char *path = is_auto ? log->auto_path : log->path;
	struct dc_err err = DC_ERR_INIT;

	if (logfile_open(&stream->log, path, log->max_bytes, log->backups,
		rights, &err) == 0)
		return;
	supervisor_log(p->owner, "WARN", "%s: %s, ignoring", p->settings.name,
	    err.msg);
	if (is_auto)
		return; /* tried again with each write */
	logfile_close(&stream->log);
	(void)logfile_open(&stream->log, log->auto_path, log->max_bytes,
	    log->backups, rights, NULL);
}

static int
open_stream(struct program *p, struct stream *stream,
    const struct log_settings *log, struct dc_err *err)
{
	int fds[2], rc;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	(void)fcntl(fds[0], F_SETFL, O_NONBLOCK);
	/* The pipe is ours, and the program may open it anew: /dev/stderr. */
	(void)fchmod(fds[1], 0622);
	stream->source = (struct source){.on_ready = on_output,
	    .arg = stream,
	    .fd = fds[0],
	    .events = EPOLLIN};
	rc = loop_add(p->owner->epoll_fd, &stream->source, err);
	if (rc < 0) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return rc;
	}
	stream->write_fd = fds[1];
	open_log(p, stream, log);
	return 0;
}

static void
close_stream(struct program *p, struct stream *stream)
{
	if (stream->write_fd < 0)
		return;
	(void)read_stream(stream, READS_AT_DEATH);
	loop_remove(p->owner->epoll_fd, &stream->source);
	(void)close(stream->source.fd);
	(void)close(stream->write_fd);
	stream->write_fd = -1;
	logfile_close(&stream->log);
}

static int
open_streams(struct program *p, struct dc_err *err)
{
	int rc = 0;

	if (p->out.write_fd < 0)
		rc = open_stream(p, &p->out, &p->settings.out, err);
	if (rc == 0 && !p->settings.is_stderr_redirected && p->err.write_fd < 0)
		rc = open_stream(p, &p->err, &p->settings.err, err);
	return rc;
}

/* What the real supervisord has left behind would be in its successor's way. */
static void
forget_children(struct program *p)
{
	if (!p->settings.is_real)
		return;
	elsewhere_done(&p->owner->elsewhere);
	child_kill_session(p->last_pid);
	p->last_pid = 0;
}

static pid_t
spawn(struct machine *m)
{
	static const struct dc_strv no_env = {0};
	struct program *p = program_of(m);
	bool is_application =
	    p->owner->options.user != NULL && !p->settings.is_foreign;
	/* Root must not run with the user's LD_PRELOAD. */
	struct child_options options = {.env = p->settings.is_foreign
						   ? &no_env
						   : &p->owner->env,
	    .has_no_new_privs = p->owner->options.user != NULL,
	    .is_application = is_application,
	    .dies_with_us = getpid() != 1,
	    .channel_fd = -1};
	struct dc_err err = DC_ERR_INIT;
	pid_t pid = -1;
	int rc;

	forget_children(p);
	rc = open_streams(p, &err);
	if (rc == 0) {
		options.out_fd = p->out.write_fd;
		options.err_fd = p->settings.is_stderr_redirected
				     ? p->out.write_fd
				     : p->err.write_fd;
		rc = worker_begin(p, &options, &err);
	}
	if (rc == 0)
		rc = child_start(&pid, &p->settings, &options, &err);
	if (options.channel_fd >= 0)
		(void)close(options.channel_fd);
	if (rc < 0) {
		supervisor_log(p->owner, "ERROR", "%s: %s", p->settings.name,
		    err.msg);
		return -1;
	}
	p->last_pid = pid;
	return pid;
}

static void
send_signal(struct machine *m, bool is_kill)
{
	const struct program_settings *s = &program_of(m)->settings;
	bool is_group = is_kill ? s->is_group_killed : s->is_group_stopped;

	if (m->pid > 0)
		(void)kill(is_group ? -m->pid : m->pid,
		    is_kill ? SIGKILL : s->stop_signal);
}

static void
set_timer(struct machine *m, int64_t ms)
{
	struct program *p = program_of(m);

	p->deadline = ms < 0 ? -1 : loop_now() + ms;
	supervisor_arm(p->owner);
}

static void
on_changed(struct machine *m)
{
	struct program *p = program_of(m);

	if (m->state != STATE_STARTING && m->pid == 0) {
		p->ended_at = time(NULL);
		forget_children(p);
	}
	supervisor_changed(p->owner, p);
}

static bool
may_restart(const struct machine *m)
{
	const struct program_settings *s = &program_of(m)->settings;
	int code;

	if (s->restart != RESTART_UNEXPECTED)
		return s->restart == RESTART_ALWAYS;
	if (!WIFEXITED(m->exit_status))
		return true;
	code = WEXITSTATUS(m->exit_status);
	return !(s->expected_exits[code / 64] >> (code % 64) & 1);
}

static const struct machine_ops ops = {
    .spawn = spawn,
    .signal = send_signal,
    .timer = set_timer,
    .changed = on_changed,
    .now = loop_now,
    .may_restart = may_restart,
    .ask = worker_ask,
    .is_up = worker_is_up,
};

static void
take_settings(struct program *p, struct program_settings *settings)
{
	p->settings = *settings;
	*settings = (struct program_settings){0};
	p->machine.start_ms = (int64_t)p->settings.start_secs * 1000;
	p->machine.stop_ms = (int64_t)p->settings.stop_wait_secs * 1000;
	p->machine.start_retries = p->settings.start_retries;
	p->machine.backoff_ms = p->settings.backoff_ms;
	p->machine.poll_ms = p->settings.socket != NULL ? WORKER_POLL_MS : 0;
}

struct program *
program_new(struct supervisor *owner, struct program_settings *settings)
{
	struct program *p = dc_xcalloc(1, sizeof(*p));

	p->owner = owner;
	p->machine.ops = &ops;
	p->out.write_fd = p->err.write_fd = -1;
	worker_init(p);
	p->deadline = -1;
	take_settings(p, settings);
	return p;
}

void
program_free(struct program *p)
{
	close_stream(p, &p->out);
	close_stream(p, &p->err);
	worker_done(p);
	program_settings_done(&p->settings);
	program_settings_done(&p->replacement);
	free(p);
}

void
program_replace(struct program *p)
{
	close_stream(p, &p->out);
	close_stream(p, &p->err);
	program_settings_done(&p->settings);
	take_settings(p, &p->replacement);
	p->has_replacement = false;
}

void
program_drain(struct program *p)
{
	(void)read_stream(&p->out, READS_AT_DEATH);
	(void)read_stream(&p->err, READS_AT_DEATH);
}

char *
program_describe_exit(const struct program *p)
{
	int status = p->machine.exit_status;

	if (WIFSIGNALED(status))
		return dc_asprintf("signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	return dc_asprintf("exit status %d", WEXITSTATUS(status));
}

static char *
describe_end(const struct program *p)
{
	char text[64] = "Not started";
	time_t at = (time_t)p->ended_at;
	struct tm tm;

	if (at != 0 && gmtime_r(&at, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%b %d %I:%M %p", &tm);
	return dc_strdup(text);
}

char *
program_describe(const struct program *p)
{
	dc_auto_free char *how = NULL;
	int64_t up;

	switch (p->machine.state) {
	case STATE_STARTING:
	case STATE_STOPPING:
		return dc_strdup("");
	case STATE_RUNNING:
		up = (loop_now() - p->machine.started_at) / 1000;
		return dc_asprintf("pid %d, uptime %" PRId64 ":%02d:%02d",
		    (int)p->machine.pid, up / 3600, (int)(up / 60 % 60),
		    (int)(up % 60));
	case STATE_BACKOFF:
	case STATE_FATAL:
		how = program_describe_exit(p);
		return dc_asprintf("Exited too quickly (%s; process log may "
				   "have details)",
		    how);
	default:
		return describe_end(p);
	}
}
