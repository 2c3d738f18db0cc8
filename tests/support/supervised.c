/* tests/support/supervised.c -- see supervised.h. */
#include "tests/support/supervised.h"

#include "common/base/auto.h"
#include "common/base/fs.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

char supervised_dir[] = "/tmp/test-supervisor-XXXXXX";
char supervised_logs[64];
static char conf[64], sock[64];
struct supervisor_options supervised_options;
pid_t supervised_pid;
static FILE *events; /* its own log */
static int alive_fd; /* end of file: all that it started is gone too */

void
supervised_save(const char *text)
{
	FILE *f = fopen(conf, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
}

void
supervised_setup(void)
{
	memcpy(supervised_dir + strlen(supervised_dir) - 6, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(supervised_dir));
	ck_assert_int_eq(chmod(supervised_dir, 0755), 0);
	(void)snprintf(conf, sizeof(conf), "%s/c.conf", supervised_dir);
	(void)snprintf(sock, sizeof(sock), "%s/s.sock", supervised_dir);
	(void)snprintf(supervised_logs, sizeof(supervised_logs), "%s/log",
	    supervised_dir);
	ck_assert_int_eq(mkdir(supervised_logs, 0755), 0);
	supervised_options = (struct supervisor_options){.conf = conf,
	    .socket = sock,
	    .log_dir = supervised_logs,
	    .is_log_stderr = true};
	supervised_pid = 0;
	events = NULL;
	alive_fd = -1;
}

void
supervised_await_event(const char *what)
{
	char line[1024];

	do
		ck_assert_msg(fgets(line, sizeof(line), events) != NULL,
		    "no '%s' before the end", what);
	while (strstr(line, what) == NULL);
}

void
supervised_begin(const char *text)
{
	int fds[2], alive[2];

	supervised_save(text);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe(alive), 0); /* inherited by every program */
	supervised_pid = fork();
	ck_assert_int_ge(supervised_pid, 0);
	if (supervised_pid == 0) {
		struct dc_err err = DC_ERR_INIT;
		int rc;

		(void)close(alive[0]);
		(void)dup2(fds[1], STDERR_FILENO);
		rc = supervisor_run(&supervised_options, &err);
		if (rc < 0)
			(void)dprintf(STDERR_FILENO, "%s\n", err.msg);
		_exit(rc < 0 ? 1 : 0);
	}
	(void)close(fds[1]);
	(void)close(alive[1]);
	alive_fd = alive[0];
	events = fdopen(fds[0], "r");
	ck_assert_ptr_nonnull(events);
	supervised_await_event("dcinit started");
}

int
supervised_end(int sig)
{
	int status;
	char c;

	ck_assert_int_eq(kill(supervised_pid, sig), 0);
	ck_assert_int_eq(waitpid(supervised_pid, &status, 0), supervised_pid);
	supervised_pid = 0;
	ck_assert_int_eq(read(alive_fd, &c, 1), 0);
	return status;
}

void
supervised_teardown(void)
{
	if (supervised_pid > 0)
		ck_assert_int_eq(supervised_end(SIGTERM), 0);
	if (events != NULL)
		(void)fclose(events);
	if (alive_fd >= 0)
		(void)close(alive_fd);
	ck_assert_int_eq(dc_fs_remove_tree(supervised_dir, NULL), 0);
}

int
supervised_dial(void)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", sock);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	return fd;
}

FILE *
supervised_request(const char *line)
{
	FILE *f = fdopen(supervised_dial(), "r+");

	ck_assert_ptr_nonnull(f);
	(void)fprintf(f, "%s\n", line);
	(void)fflush(f);
	return f;
}

/* The whole answer; in a buffer of its own for each of two calls. */
const char *
supervised_ask(const char *line)
{
	static char answers[2][8192];
	static int turn;
	char *answer = answers[turn = !turn];
	FILE *f = supervised_request(line);
	size_t n = fread(answer, 1, sizeof(answers[0]) - 1, f);

	answer[n] = '\0';
	(void)fclose(f);
	return answer;
}

int
supervised_number(const char *answer)
{
	return (int)strtol(answer, NULL, 10);
}

/* Reads a watch until a line begins with PREFIX. */
void
supervised_await(FILE *f, const char *prefix, char line[512])
{
	do
		ck_assert_msg(fgets(line, 512, f) != NULL,
		    "no '%s' before the end", prefix);
	while (strncmp(line, prefix, strlen(prefix)) != 0);
}

/* In a buffer of its own for each of two calls. */
const char *
supervised_load_log(const char *name)
{
	static char texts[2][4096];
	static int turn;
	dc_auto_free char *path = dc_asprintf("%s/%s", supervised_logs, name);
	char *text = texts[turn = !turn];
	FILE *f = fopen(path, "re");
	size_t n;

	ck_assert_msg(f != NULL, "no log '%s'", name);
	n = fread(text, 1, sizeof(texts[0]) - 1, f);
	text[n] = '\0';
	(void)fclose(f);
	return text;
}
