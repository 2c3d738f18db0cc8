/* uploader/guard.c -- see guard.h. */
#include "uploader/guard.h"

#include "common/base/spawn.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
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
