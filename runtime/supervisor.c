/* runtime/supervisor.c -- see supervisor.h. */
#include "runtime/supervisor.h"

#include "common/base/auto.h"
#include "runtime/control.h"
#include "runtime/roll.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOG_BYTES (1 << 20)
#define LOG_BACKUPS 1
#define LOG_LINE 1024

/* SIGRTMIN+3 of glibc, in which lxc was compiled, and of musl. */
#define SIG_HALT_GLIBC 37
#define SIG_HALT_MUSL 38

void
supervisor_log(struct supervisor *s, const char *level, const char *fmt, ...)
{
	char line[LOG_LINE];
	struct timespec now;
	struct tm tm = {0};
	va_list ap;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)gmtime_r(&now.tv_sec, &tm);
	n = strftime(line, sizeof(line), "%Y-%m-%d %H:%M:%S", &tm);
	n += (size_t)snprintf(line + n, sizeof(line) - n, ",%03d %s ",
	    (int)(now.tv_nsec / 1000000), level);
	va_start(ap, fmt);
	(void)vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	for (n = 0; line[n] != '\0'; n++)
		if ((unsigned char)line[n] < ' ')
			line[n] = ' ';
	line[n++] = '\n';
	if (s->options.is_log_stderr)
		(void)!write(STDERR_FILENO, line, n);
	else
		logfile_write(&s->log, line, n);
}

/* One timer for all: the soonest deadline. */
void
supervisor_arm(struct supervisor *s)
{
	struct itimerspec at = {0};
	int64_t soonest = -1;

	for (size_t i = 0; i < s->n; i++) {
		int64_t d = s->v[i]->deadline;

		if (d >= 0 && (soonest < 0 || d < soonest))
			soonest = d;
	}
	if (soonest >= 0) {
		at.it_value.tv_sec = soonest / 1000;
		at.it_value.tv_nsec = soonest % 1000 * 1000000 + 1;
	}
	(void)timerfd_settime(s->timer.fd, TFD_TIMER_ABSTIME, &at, NULL);
}

void
supervisor_changed(struct supervisor *s, struct program *p)
{
	dc_auto_free char *how = program_describe_exit(p);
	const struct machine *m = &p->machine;
	const char *name = p->settings.name;

	switch (m->state) {
	case STATE_STARTING:
		supervisor_log(s, "INFO", "spawned: '%s' with pid %d", name,
		    (int)m->pid);
		break;
	case STATE_RUNNING:
		supervisor_log(s, "INFO",
		    "success: %s entered RUNNING state, %s for > than %d "
		    "seconds (startsecs)",
		    name,
		    p->settings.socket != NULL
			? "process is online, or accepting"
			: "process has stayed up",
		    p->settings.start_secs);
		break;
	case STATE_BACKOFF:
		supervisor_log(s, "INFO",
		    "exited: %s (%s), next try in %" PRId64 " ms", name, how,
		    p->deadline - loop_now());
		roll_cancel(p);
		break;
	case STATE_FATAL:
		supervisor_log(s, "INFO",
		    "gave up: %s entered FATAL state, too many start retries "
		    "too quickly (%s)",
		    name, how);
		roll_cancel(p);
		break;
	case STATE_EXITED:
		supervisor_log(s, "INFO", "exited: %s (%s)", name, how);
		break;
	case STATE_STOPPED:
		supervisor_log(s, "INFO", "stopped: %s (%s)", name, how);
		break;
	default:
		break;
	}
	control_changed(s->control, p);
}

static void
on_timer(void *arg, uint32_t events)
{
	struct supervisor *s = arg;
	int64_t now = loop_now();
	uint64_t expired;

	(void)events;
	(void)!read(s->timer.fd, &expired, sizeof(expired));
	for (size_t i = 0; i < s->n; i++) {
		struct program *p = s->v[i];

		if (p->deadline >= 0 && p->deadline <= now) {
			p->deadline = -1;
			machine_handle(&p->machine, EV_TIMER);
		}
	}
	supervisor_arm(s);
}

/* Every orphan of the container ends up with pid 1: they are only reaped. */
static void
reap(struct supervisor *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		(void)inetd_reap(&s->ssh, pid);
		for (size_t i = 0; i < s->n; i++) {
			struct program *p = s->v[i];

			if (p->machine.pid != pid)
				continue;
			program_drain(p);
			p->machine.exit_status = status;
			machine_handle(&p->machine, EV_CHILD_DIED);
			break;
		}
	}
}

static void
on_signal(void *arg, uint32_t events)
{
	struct signalfd_siginfo info;
	struct supervisor *s = arg;
	struct dc_err err = DC_ERR_INIT;

	(void)events;
	if (read(s->signals.fd, &info, sizeof(info)) != sizeof(info))
		return;
	switch ((int)info.ssi_signo) {
	case SIGCHLD:
		reap(s);
		break;
	case SIGHUP:
		if (supervisor_launch(s, &err) < 0)
			supervisor_log(s, "ERROR", "%s", err.msg);
		break;
	case SIGPIPE:
		break;
	default:
		supervisor_log(s, "WARN", "received signal %d, stopping",
		    (int)info.ssi_signo);
		supervisor_stop(s);
	}
}

static int
open_signals(struct supervisor *s, struct dc_err *err)
{
	const int wanted[] = {SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGPWR, SIGPIPE,
	    SIG_HALT_GLIBC, SIG_HALT_MUSL};
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		(void)sigaddset(&set, wanted[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	s->signals = (struct source){.on_ready = on_signal,
	    .arg = s,
	    .fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK),
	    .events = EPOLLIN};
	s->timer = (struct source){.on_ready = on_timer,
	    .arg = s,
	    .fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK),
	    .events = EPOLLIN};
	s->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (s->signals.fd < 0 || s->timer.fd < 0 || s->epoll_fd < 0)
		return dc_fail_errno(err, "signalfd, timerfd, epoll");
	if (loop_add(s->epoll_fd, &s->signals, err) < 0)
		return DC_EFAIL;
	return loop_add(s->epoll_fd, &s->timer, err);
}

/* The programs run whether anybody can look at them or not. */
static void
open_ssh(struct supervisor *s)
{
	static char *const argv[] = {"/usr/sbin/sshd", "-i", "-f",
	    "/etc/dcloud/sshd_config", NULL};
	struct dc_err warning = DC_ERR_INIT;

	if (s->options.ssh_port != 0 &&
	    inetd_open(&s->ssh, s->epoll_fd, s->options.ssh_port, argv,
		&warning) < 0)
		supervisor_log(s, "ERROR", "ssh: %s, ignoring", warning.msg);
}

static int
open_all(struct supervisor *s, struct dc_err *err)
{
	dc_auto_free char *path = NULL;
	struct dc_err warning = DC_ERR_INIT;
	int rc = 0;

	s->log.fd = -1;
	if (s->options.user != NULL)
		rc = account_find(&s->rights, s->options.user, err);
	if (rc == 0)
		rc = open_signals(s, err);
	if (rc < 0)
		return rc;
	path = dc_asprintf("%s/supervisord.log", s->options.log_dir);
	if (!s->options.is_log_stderr &&
	    logfile_open(&s->log, path, LOG_BYTES, LOG_BACKUPS, s->rights,
		&warning) < 0)
		(void)dprintf(STDERR_FILENO, "dcinit: %s, ignoring\n",
		    warning.msg);
	open_ssh(s);
	return control_open(&s->control, s, s->options.socket, err);
}

void
supervisor_stop(struct supervisor *s)
{
	s->is_stopping = true;
}

static int
compare(const struct program *a, const struct program *b)
{
	const struct program_settings *x = &a->settings, *y = &b->settings;

	if (x->group_priority != y->group_priority)
		return x->group_priority < y->group_priority ? -1 : 1;
	if (x->priority != y->priority)
		return x->priority < y->priority ? -1 : 1;
	return 0;
}

static const struct program *
find_last(const struct supervisor *s)
{
	const struct program *last = NULL;

	for (size_t i = 0; i < s->n; i++)
		if (!machine_is_down(&s->v[i]->machine) &&
		    (last == NULL || compare(s->v[i], last) > 0))
			last = s->v[i];
	return last;
}

/* Ends the programs of the highest priority number. true: some were down at
 * once, and it is perhaps the next ones' turn. */
static bool
stop_last_tier(struct supervisor *s)
{
	const struct program *last = find_last(s);
	bool is_any_down = false;

	if (last == NULL) {
		s->is_done = true;
		return false;
	}
	for (size_t i = 0; i < s->n; i++) {
		struct machine *m = &s->v[i]->machine;

		if (compare(s->v[i], last) != 0 || machine_is_down(m))
			continue;
		machine_handle(m, EV_STOP);
		is_any_down |= machine_is_down(m);
	}
	return is_any_down;
}

/* What had to wait for a process to be gone; between two events, so that
 * nobody is holding a program. */
static void
settle(struct supervisor *s)
{
	size_t kept = 0;

	for (size_t i = 0; i < s->n; i++) {
		struct program *p = s->v[i];

		if (p->is_removed && machine_is_down(&p->machine)) {
			control_removed(s->control, p);
			supervisor_log(s, "INFO", "removed: %s",
			    p->settings.name);
			program_free(p);
			continue;
		}
		s->v[kept++] = p;
	}
	s->n = kept;
	while (s->is_stopping && stop_last_tier(s))
		; /* the next tier's turn has come already */
	roll_settle(s);
	for (size_t i = 0; i < s->n; i++) {
		struct program *p = s->v[i];

		if (s->is_stopping || !p->has_replacement ||
		    !machine_is_down(&p->machine))
			continue;
		program_replace(p);
		if (p->settings.is_autostarted)
			machine_handle(&p->machine, EV_START);
	}
	control_settle(s->control);
}

static void
close_all(struct supervisor *s)
{
	control_close(s->control);
	inetd_close(&s->ssh);
	for (size_t i = 0; i < s->n; i++)
		program_free(s->v[i]);
	free(s->v);
	dc_strv_done(&s->env);
	elsewhere_done(&s->elsewhere);
	dc_str_done(&s->notes);
	dc_str_done(&s->changes);
	logfile_close(&s->log);
	account_free(s->rights);
	(void)close(s->epoll_fd);
	(void)close(s->signals.fd);
	(void)close(s->timer.fd);
}

int
supervisor_run(const struct supervisor_options *options, struct dc_err *err)
{
	struct supervisor s = {.options = *options,
	    .epoll_fd = -1,
	    .ssh.source.fd = -1,
	    .signals.fd = -1,
	    .timer.fd = -1};
	int rc;

	if (getpid() != 1)
		(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	rc = open_all(&s, err);
	if (rc == 0 && !options->waits)
		rc = supervisor_launch(&s, err);
	if (rc == 0)
		supervisor_log(&s, "INFO", "dcinit started with pid %d",
		    (int)getpid());
	while (rc == 0 && !s.is_done) {
		settle(&s);
		if (!s.is_done)
			rc = loop_wait(s.epoll_fd, err);
	}
	supervisor_log(&s, "INFO", "dcinit ends");
	close_all(&s);
	return rc;
}
