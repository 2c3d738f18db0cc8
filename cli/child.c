/* cli/child.c -- see child.h. */
#include "cli/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/base/auto.h"

/* OUT: its stdout, ERRORS: its stderr; -1: ours. */
static int
spawn(pid_t *pid, int out, int errors, char *const argv[], struct dc_err *err)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t defaults;
	int e;

	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawn_file_actions_addopen(&files, STDIN_FILENO,
	    "/dev/null", 0, 0);
	if (out >= 0)
		(void)posix_spawn_file_actions_adddup2(&files, out,
		    STDOUT_FILENO);
	if (errors >= 0)
		(void)posix_spawn_file_actions_adddup2(&files, errors,
		    STDERR_FILENO);
	(void)posix_spawnattr_init(&attr);
	(void)sigemptyset(&defaults);
	(void)sigaddset(&defaults, SIGPIPE);
	(void)posix_spawnattr_setsigdefault(&attr, &defaults);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	e = posix_spawnp(pid, argv[0], &files, &attr, argv, environ);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	if (e != 0)
		return dc_fail(err, DC_EFAIL, "Unable to spawn %s: %s", argv[0],
		    strerror(e));
	return 0;
}

int
child_run(char *const argv[], struct dc_err *err)
{
	pid_t pid;
	int rc = spawn(&pid, -1, -1, argv, err);

	return rc < 0 ? rc : dc_spawn_wait(pid, err);
}

int
child_run_heard(char *const argv[], dc_line_fn *on_line, void *arg,
    struct dc_err *err)
{
	dc_auto_file FILE *f = NULL;
	char line[4096];
	int fds[2], rc;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	rc = spawn(&pid, -1, fds[1], argv, err);
	(void)close(fds[1]);
	f = fdopen(fds[0], "r");
	if (rc < 0)
		return rc;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		on_line(line, arg);
	}
	return dc_spawn_wait(pid, err);
}

int
child_load(struct dc_str *out, size_t max, char *const argv[],
    struct dc_err *err)
{
	dc_auto_fd int from = -1;
	dc_auto_fd int to = -1;
	dc_auto_fd int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
	char buf[8192];
	int fds[2], rc;
	ssize_t n;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe");
	from = fds[0];
	to = fds[1];
	rc = spawn(&pid, to, nowhere, argv, err);
	if (rc < 0)
		return rc;
	(void)close(dc_steal_fd(&to));
	while ((n = read(from, buf, sizeof(buf))) != 0) {
		if (n > 0 && out->len + (size_t)n <= max)
			dc_str_addn(out, buf, (size_t)n);
		else if (n > 0)
			rc = DC_EINVAL;
		else if (errno != EINTR)
			break;
	}
	if (rc < 0) {
		(void)dc_spawn_wait(pid, NULL);
		return dc_fail(err, rc, "%s: more than %zu bytes", argv[0],
		    max);
	}
	return dc_spawn_wait(pid, err);
}
