/* runtime/session.c -- see session.h. */
#include "runtime/session.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "runtime/child.h"
#include "runtime/sources.h"
#include "runtime/value.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 10000
#define PAUSE_MS 10
#define SHELL "/bin/bash"
#define COMMAND "SSH_ORIGINAL_COMMAND"

extern char **environ;

/* What only sshd can know, on top of what processes have. */
static int
load_env(struct dc_strv *env, const char *path, struct dc_err *err)
{
	static const char *const names[] = {"TERM", "SSH_CLIENT",
	    "SSH_CONNECTION", "SSH_TTY"};
	int rc = sources_load_env(env, path, err);
	const char *own = value_find_env(env, "PATH", 4);
	const char *home = value_find_env(env, "HOME", 4);

	if (rc < 0)
		return rc;
	if (home != NULL && own != NULL &&
	    strcmp(own, CHILD_SYSTEM_PATH) == 0) {
		char *user_path = child_format_path(home);

		value_set_env(env, "PATH", user_path);
		free(user_path);
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *value = getenv(names[i]);

		if (value != NULL)
			value_set_env(env, names[i], value);
	}
	return 0;
}

static void __attribute__((noreturn))
run_shell(const char *command, const char *path, const sigset_t *mask)
{
	char *with[] = {"bash", "-c", dc_strdup(command), NULL};
	char *login[] = {"-bash", NULL};
	struct dc_err err = DC_ERR_INIT;
	struct dc_strv env = {0};

	(void)sigprocmask(SIG_SETMASK, mask, NULL);
	if (load_env(&env, path, &err) == 0) {
		environ = env.v;
		(void)execv(SHELL, command[0] != '\0' ? with : login);
		(void)dc_fail_errno(&err, "run '" SHELL "'");
	}
	(void)dprintf(2, "dcinit: %s\n", err.msg);
	_exit(127);
}

static int
exit_status(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct hangup {
	pid_t *told;
	size_t n, alive;
};

/* Is SIGHUP in one of the masks of /proc/PID/status: "SigIgn:", "SigCgt:"? */
static bool
has_hangup(pid_t pid, const char *mask)
{
	dc_auto_free char *path = dc_asprintf("/proc/%d/status", (int)pid);
	dc_auto_file FILE *f = fopen(path, "re");
	char line[256];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (dc_has_prefix(line, mask))
			return (strtoull(line + strlen(mask), NULL, 16) &
				   1U << (SIGHUP - 1)) != 0;
	return false;
}

static bool
was_told(const struct hangup *h, pid_t pid)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->told[i] == pid)
			return true;
	return false;
}

/* Who ignores it (nohup) wants to stay; who handles it is told once. A shell's
 * child that was just about to become a program has lost what it was told. */
static void
tell(pid_t pid, void *arg)
{
	struct hangup *h = arg;

	if (has_hangup(pid, "SigIgn:"))
		return;
	h->alive++;
	if (was_told(h, pid) && has_hangup(pid, "SigCgt:"))
		return;
	if (!was_told(h, pid)) {
		h->told = dc_xrealloc(h->told, (h->n + 1) * sizeof(*h->told));
		h->told[h->n++] = pid;
	}
	(void)kill(pid, SIGHUP);
	(void)kill(pid, SIGCONT);
}

/* Until all have gone: one that is just being forked has to be found as well.
 * What takes its time to end is left to itself after a while. */
static void
hang_up(pid_t sid)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MS * 1000000L};
	struct hangup h = {0};

	for (int i = 0; i < WAIT_MS / PAUSE_MS; i++) {
		h.alive = 0;
		child_each_in_session(sid, tell, &h);
		if (h.alive == 0)
			break;
		(void)nanosleep(&pause, NULL);
	}
	free(h.told);
}

/* sshd ends without a word to a command that has no terminal. What wants to
 * live on ignores SIGHUP (nohup), or is in a session of its own. */
int
session_run(const char *env)
{
	const struct sigaction ends = {.sa_handler = SIG_DFL,
	    .sa_flags = SA_NOCLDSTOP};
	const char *command = getenv(COMMAND);
	sigset_t set, before;
	pid_t child;
	int sig;

	(void)sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, &before);
	(void)sigaction(SIGCHLD, &ends, NULL);
	(void)prctl(PR_SET_PDEATHSIG, SIGHUP);
	child = fork();
	if (child < 0) {
		perror("dcinit: fork");
		return 1;
	}
	if (child == 0)
		run_shell(command != NULL ? command : "", env, &before);
	if (getppid() == 1)
		(void)raise(SIGHUP);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGTERM);
	do
		sig = sigwaitinfo(&set, NULL);
	while (sig < 0);
	if (sig == SIGCHLD)
		return exit_status(child);
	hang_up(getsid(0));
	return 128 + sig;
}
