/* common/base/spawn.c -- see spawn.h. */
#include "common/base/spawn.h"

#include "common/base/auto.h"
#include "common/base/fs.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* What of a failed program's output goes into the error. */
#define TAIL_MAX 1024

static void
become_child(void)
{
	sigset_t none;
	int sig;

	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

pid_t
dc_spawn_job(struct dc_err *err)
{
	pid_t parent = getpid(), pid = fork();

	if (pid < 0)
		return dc_fail_errno(err, "fork");
	if (pid > 0) {
		/* The child does it too: whoever comes first, so that
		 * kill(-pid) finds it from now on. */
		(void)setpgid(pid, pid);
		return pid;
	}
	become_child();
	/* The parent may have died before the prctl. */
	if (getppid() != parent)
		_exit(1);
	(void)setpgid(0, 0);
	return 0;
}

int
dc_spawn_wait(pid_t pid, struct dc_err *err)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return dc_fail_errno(err, "wait for %d", (int)pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

char *
dc_spawn_describe(int status)
{
	if (status <= 128)
		return dc_asprintf("exited with status %d", status);
	return dc_asprintf("was ended by signal %d (%s)", status - 128,
	    strsignal(status - 128));
}

/* stdin of the child: a sealed temporary file, so that no deadlock between
 * writing its input and reading its output can arise. */
static int
open_input(const char *input)
{
	int fd;

	if (input == NULL)
		return open("/dev/null", O_RDONLY | O_CLOEXEC);
	fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		return -1;
	if (dc_fs_write_all(fd, input, strlen(input), NULL) < 0) {
		(void)close(fd);
		return -1;
	}
	(void)lseek(fd, 0, SEEK_SET);
	return fd;
}

static void
give_lines(struct dc_str *pending, bool at_end, dc_line_fn *on_line, void *arg)
{
	char *nl;

	while (pending->len > 0 &&
	       (nl = memchr(pending->data, '\n', pending->len)) != NULL) {
		*nl = '\0';
		if (on_line != NULL)
			on_line(pending->data, arg);
		dc_str_shift(pending, (size_t)(nl - pending->data) + 1);
	}
	if (at_end && pending->len > 0 && on_line != NULL)
		on_line(pending->data, arg);
}

static void
read_output(int fd, struct dc_str *tail, dc_line_fn *on_line, void *arg)
{
	dc_auto_str struct dc_str pending = {0};
	char chunk[8192];
	ssize_t n;

	for (;;) {
		n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		dc_str_addn(tail, chunk, (size_t)n);
		if (tail->len > TAIL_MAX)
			dc_str_shift(tail, tail->len - TAIL_MAX);
		dc_str_addn(&pending, chunk, (size_t)n);
		give_lines(&pending, false, on_line, arg);
	}
	give_lines(&pending, true, on_line, arg);
}

int
dc_spawn_run(char *const argv[], char *const envp[], const char *input,
    dc_line_fn *on_line, void *arg, struct dc_err *err)
{
	dc_auto_fd int in = -1, out_r = -1, out_w = -1;
	dc_auto_str struct dc_str tail = {0};
	int fds[2], status;
	pid_t pid;

	in = open_input(input);
	if (in < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return dc_fail_errno(err, "pipe for %s", argv[0]);
	out_r = fds[0];
	out_w = fds[1];
	pid = fork();
	if (pid < 0)
		return dc_fail_errno(err, "fork for %s", argv[0]);
	if (pid == 0) {
		become_child();
		(void)dup2(in, STDIN_FILENO);
		(void)dup2(out_w, STDOUT_FILENO);
		(void)dup2(out_w, STDERR_FILENO);
		if (envp != NULL)
			(void)execvpe(argv[0], argv, envp);
		else
			(void)execvp(argv[0], argv);
		_exit(127);
	}
	(void)close(dc_steal_fd(&out_w));
	read_output(out_r, &tail, on_line, arg);
	status = dc_spawn_wait(pid, err);
	if (status < 0)
		return status;
	if (status == 127)
		return dc_fail(err, DC_EFAIL,
		    "%s: cannot be run (is it installed?): %s", argv[0],
		    tail.data != NULL ? tail.data : "");
	if (status != 0)
		return dc_fail(err, DC_EFAIL, "%s: exit status %d: %s", argv[0],
		    status, tail.data != NULL ? tail.data : "");
	return 0;
}
