/* uploader/guard.c -- see guard.h. */
#include "uploader/guard.h"

#include "common/base/auto.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* A signal that nobody else sends. */
#define PARENT_IS_DEAD SIGUSR1

static void
end_group(int sig)
{
	(void)sig;
	(void)kill(0, SIGKILL);
}

static _Noreturn void
run_program(pid_t guard, char *const argv[], char *const envp[])
{
	(void)signal(PARENT_IS_DEAD, SIG_DFL);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() == guard)
		(void)execvpe(argv[0], argv, envp);
	(void)fprintf(stderr, "%s cannot be run\n", argv[0]);
	_exit(127);
}

_Noreturn void
guard_run(char *const argv[], char *const envp[])
{
	pid_t guard = getpid(), pid;
	int status;

	(void)signal(PARENT_IS_DEAD, end_group);
	/* It was SIGKILL until now, so no death is missed. */
	(void)prctl(PR_SET_PDEATHSIG, PARENT_IS_DEAD);
	pid = fork();
	if (pid == 0)
		run_program(guard, argv, envp);
	(void)signal(SIGTERM, SIG_IGN);
	status = pid < 0 ? 1 : dc_spawn_wait(pid, NULL);
	_exit(status < 0 ? 1 : status);
}

int
guard_wait(pid_t pid, struct dc_err *err)
{
	siginfo_t info;

	/* While it is not reaped its number cannot be another's. */
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0)
		if (errno != EINTR)
			return dc_fail_errno(err, "wait for %d", (int)pid);
	(void)kill(-pid, SIGKILL);
	return dc_spawn_wait(pid, err);
}

static _Noreturn void
run_unseen(int out, char *const argv[], char *const envp[])
{
	int in = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)dup2(in, STDIN_FILENO);
	(void)dup2(out, STDOUT_FILENO);
	(void)dup2(out, STDERR_FILENO);
	guard_run(argv, envp);
}

int
guard_load(char *const argv[], char *const envp[], dc_line_fn *on_line,
    void *arg, struct dc_err *err)
{
	dc_auto_file FILE *f = NULL;
	char line[4096] = "";
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe for %s", argv[0]);
	pid = dc_spawn_job(err);
	if (pid == 0)
		run_unseen(fds[1], argv, envp);
	(void)close(fds[1]);
	f = fdopen(fds[0], "r");
	if (pid < 0)
		return (int)pid;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (on_line != NULL)
			on_line(line, arg);
	}
	status = guard_wait(pid, err);
	if (status > 0)
		return dc_fail(err, DC_EFAIL, "%s: exit status %d: %s", argv[0],
		    status, line);
	return status;
}
