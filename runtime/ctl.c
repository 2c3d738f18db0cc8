/* runtime/ctl.c -- see ctl.h. */
#include "runtime/ctl.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TAIL_BYTES 1600
#define MAX_LINE 4096

enum ctl_status {
	CTL_OK = 0,
	CTL_FAILED = 1,
	CTL_USAGE = 2,
	CTL_STATUS_DOWN = 3,
	CTL_STATUS_UNKNOWN = 4,
	CTL_NOT_RUNNING = 7
};

static const char usage[] =
    "usage: supervisorctl [-s SOCKET] COMMAND\n"
    "  status [NAME...]           what runs, and for how long\n"
    "  start|stop|restart NAME... NAME is a program, GROUP:* or all\n"
    "  pid [NAME]                 a program's pid, or the supervisor's\n"
    "  tail [-BYTES] NAME         the end of a program's log\n"
    "  reread | update            read the configuration again\n"
    "  launch                     the same, for the first time\n"
    "  watch                      every change of state, until interrupted\n"
    "  shutdown                   end all programs and the supervisor\n";

static int
connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd;

	if (strncmp(path, "unix://", 7) == 0)
		path += 7;
	if (strlen(path) >= sizeof(at.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	(void)snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof(at)) < 0) {
		int saved = errno;

		(void)close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

/* What a line of the answer means for the exit status. */
static int
judge(const char *verb, const char *line)
{
	bool is_status = strcmp(verb, "status") == 0;
	char state[16];

	if (strstr(line, "ERROR (already started)") != NULL ||
	    strstr(line, "ERROR (not running)") != NULL)
		return CTL_OK;
	if (strstr(line, "ERROR (no such process)") != NULL)
		return is_status ? CTL_STATUS_UNKNOWN : CTL_FAILED;
	if (strstr(line, "ERROR (spawn error)") != NULL)
		return CTL_NOT_RUNNING;
	if (strncmp(line, "ERROR", 5) == 0 || strstr(line, ": ERROR (") != NULL)
		return CTL_FAILED;
	if (is_status && sscanf(line, "%*s %15s", state) == 1 &&
	    strcmp(state, "RUNNING") != 0 && strcmp(state, "STARTING") != 0 &&
	    strcmp(state, "BACKOFF") != 0)
		return CTL_STATUS_DOWN;
	if (strcmp(verb, "pid") == 0 && strcmp(line, "0\n") == 0)
		return CTL_NOT_RUNNING;
	return CTL_OK;
}

/* Sends one request. LAST_LINE NULL: the answer is printed, otherwise its last
 * line is stored there. */
static int
request(const char *path, const char *verb, const char *name, char *last_line)
{
	dc_auto_file FILE *f = NULL;
	char line[MAX_LINE];
	int status = CTL_OK, fd = connect_to(path);

	if (fd < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return strcmp(verb, "status") == 0 ? CTL_STATUS_UNKNOWN
						   : CTL_FAILED;
	}
	f = fdopen(fd, "r+");
	if (f == NULL) {
		(void)close(fd);
		return CTL_FAILED;
	}
	(void)fprintf(f, "%s%s%s\n", verb, name != NULL ? " " : "",
	    name != NULL ? name : "");
	(void)fflush(f);
	while (fgets(line, sizeof(line), f) != NULL) {
		int judged = judge(verb, line);

		if (status == CTL_OK)
			status = judged;
		if (last_line != NULL)
			(void)snprintf(last_line, MAX_LINE, "%s", line);
		if (last_line == NULL || judged != CTL_OK) {
			(void)fputs(line, stdout);
			(void)fflush(stdout);
		}
	}
	return status;
}

/* The log is read here, with the rights of whoever asks. */
static int
tail(const char *path, int argc, char *argv[])
{
	long long bytes = TAIL_BYTES;
	char log[MAX_LINE] = "", data[4096];
	dc_auto_fd int fd = -1;
	ssize_t n;
	int status;

	if (argc == 2 && argv[0][0] == '-' &&
	    dc_is_number(argv[0] + 1, 1, 1 << 30, &bytes)) {
		argc--;
		argv++;
	}
	if (argc != 1) {
		(void)fputs(usage, stderr);
		return CTL_USAGE;
	}
	status = request(path, "log", argv[0], log);
	if (status != CTL_OK)
		return status;
	log[strcspn(log, "\n")] = '\0';
	fd = open(log, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	if (fd < 0) {
		(void)fprintf(stderr, "%s: %s\n", log, strerror(errno));
		return CTL_FAILED;
	}
	if (lseek(fd, -(off_t)bytes, SEEK_END) < 0)
		(void)lseek(fd, 0, SEEK_SET);
	while ((n = read(fd, data, sizeof(data))) > 0)
		(void)fwrite(data, 1, (size_t)n, stdout);
	return CTL_OK;
}

static const struct {
	const char *name, *verb;
	int min_args, max_args;
} commands[] = {
    {"status", "status", 0, 64},
    {"start", "start", 1, 64},
    {"stop", "stop", 1, 64},
    {"restart", "restart", 1, 64},
    {"pid", "pid", 0, 64},
    {"shutdown", "shutdown", 0, 0},
    {"reread", "reread", 0, 0},
    {"update", "reread", 0, 0},
    {"launch", "launch", 0, 0},
    {"watch", "watch", 0, 0},
};

static int
run_command(const char *path, int argc, char *argv[])
{
	int status;

	if (strcmp(argv[0], "tail") == 0)
		return tail(path, argc - 1, argv + 1);
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[0], commands[i].name) != 0 ||
		    argc - 1 < commands[i].min_args ||
		    argc - 1 > commands[i].max_args)
			continue;
		if (argc == 1)
			return request(path, commands[i].verb, NULL, NULL);
		status = CTL_OK;
		for (int a = 1; a < argc; a++) {
			int rc = request(path, commands[i].verb, argv[a], NULL);

			if (status == CTL_OK)
				status = rc;
		}
		return status;
	}
	(void)fputs(usage, stderr);
	return CTL_USAGE;
}

int
ctl_run(int argc, char *argv[])
{
	const char *path = CTL_SOCKET;
	int opt;

	while ((opt = getopt(argc, argv, "+c:s:u:p:")) != -1) {
		if (opt == 's') {
			path = optarg;
		} else if (opt == '?') {
			(void)fputs(usage, stderr);
			return CTL_USAGE;
		}
	}
	if (optind < argc)
		return run_command(path, argc - optind, argv + optind);
	return run_command(path, 1, (char *[]){"status", NULL});
}
