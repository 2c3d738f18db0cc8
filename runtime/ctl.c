/* runtime/ctl.c -- see ctl.h. */
#include "runtime/ctl.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "runtime/real.h"
#include "runtime/sources.h"
#include "runtime/tail.h"
#include "runtime/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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
    "  suspend|resume NAME...     restart it with its work held; go on\n"
    "  signal SIGNAL NAME...      TERM, HUP, USR1, ... or a number\n"
    "  pid [NAME]                 a program's pid, or the supervisor's\n"
    "  tail [-f] [-BYTES] NAME [stdout|stderr]\n"
    "                             the end of a program's log\n"
    "  maintail [-f] [-BYTES]     of the supervisor's own log\n"
    "  clear NAME...              empty a program's logs\n"
    "  avail                      what there is, and how it starts\n"
    "  reread                     what has changed in the configuration\n"
    "  update                     make it so\n"
    "  reload                     the same, and restart all\n"
    "  launch [suspended]         update, for the first time\n"
    "  watch                      every change of state, until interrupted\n"
    "  shutdown                   end all programs and the supervisor\n"
    "Without a command: status, then commands from standard input.\n";

static int
say_usage(void)
{
	(void)fputs(usage, stderr);
	return CTL_USAGE;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd;

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

/* LOG is where NAME writes; a line, of the answer to `log`. */
static int
find_log(const char *path, const char *name, const char *stream, char *log)
{
	dc_auto_free char *what =
	    dc_asprintf("%s%s%s", name != NULL ? name : "",
		stream != NULL ? " " : "", stream != NULL ? stream : "");
	int status = request(path, "log", *what != '\0' ? what : NULL, log);

	log[strcspn(log, "\n")] = '\0';
	return status;
}

/* tail [-f] [-BYTES] NAME [stdout|stderr]; maintail has no NAME. */
static int
tail(const char *path, int argc, char *argv[])
{
	bool is_main = strcmp(argv[0], "maintail") == 0, follows = false;
	long long bytes = TAIL_BYTES;
	char log[MAX_LINE] = "";
	int i, status, max = is_main ? 0 : 2;

	for (i = 1; i < argc && argv[i][0] == '-'; i++)
		if (strcmp(argv[i], "-f") == 0)
			follows = true;
		else if (!dc_is_number(argv[i] + 1, 1, 1 << 30, &bytes))
			return say_usage();
	if (argc - i > max || argc - i < !is_main ||
	    (argc - i == 2 && strcmp(argv[i + 1], "stdout") != 0 &&
		strcmp(argv[i + 1], "stderr") != 0))
		return say_usage();
	status = find_log(path, i < argc ? argv[i] : NULL,
	    i + 1 < argc ? argv[i + 1] : NULL, log);
	if (status != CTL_OK)
		return status;
	return tail_run(log, bytes, follows) ? CTL_OK : CTL_FAILED;
}

/* signal SIG NAME...; a request has the name first. */
static int
send_signal(const char *path, int argc, char *argv[])
{
	int status = CTL_OK;

	for (int i = 2; i < argc; i++) {
		dc_auto_free char *what =
		    dc_asprintf("%s %s", argv[i], argv[1]);
		int rc = request(path, "signal", what, NULL);

		if (status == CTL_OK)
			status = rc;
	}
	return status;
}

static int
help(const char *path, int argc, char *argv[])
{
	(void)path;
	(void)argc;
	(void)argv;
	(void)fputs(usage, stdout);
	return CTL_OK;
}

/* A request for each name, or one without. */
static int
ask_each(const char *path, int argc, char *argv[])
{
	int status = CTL_OK;

	if (argc == 1)
		return request(path, argv[0], NULL, NULL);
	for (int i = 1; i < argc; i++) {
		int rc = request(path, argv[0], argv[i], NULL);

		if (status == CTL_OK)
			status = rc;
	}
	return status;
}

static const struct {
	const char *name;
	int (*run)(const char *path, int argc, char *argv[]);
	int min_args, max_args;
	bool is_ours; /* whoever runs the programs */
} commands[] = {
    {"status", ask_each, 0, 64, false},
    {"start", ask_each, 1, 64, false},
    {"stop", ask_each, 1, 64, false},
    {"restart", ask_each, 1, 64, false},
    {"suspend", ask_each, 1, 64, false},
    {"resume", ask_each, 1, 64, false},
    {"signal", send_signal, 2, 64, false},
    {"pid", ask_each, 0, 64, false},
    {"tail", tail, 1, 5, false},
    {"maintail", tail, 0, 3, false},
    {"clear", ask_each, 1, 64, false},
    {"avail", ask_each, 0, 0, false},
    {"help", help, 0, 64, false},
    {"shutdown", ask_each, 0, 0, true},
    {"reread", ask_each, 0, 0, true},
    {"update", ask_each, 0, 64, true},
    {"reload", ask_each, 0, 0, true},
    {"launch", ask_each, 0, 1, true},
    {"watch", ask_each, 0, 0, true},
};

static int
run_command(const char *path, int argc, char *argv[])
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(argv[0], commands[i].name) != 0 ||
		    argc - 1 < commands[i].min_args ||
		    argc - 1 > commands[i].max_args)
			continue;
		if (strcmp(argv[0], "update") == 0)
			argc = 1; /* all groups, whichever are named */
		return commands[i].run(path, argc, argv);
	}
	return say_usage();
}

/* The real supervisord's file, when it runs the programs of the supervisor at
 * PATH; or NULL. */
static char *
find_real(const char *path)
{
	dc_auto_free char *dir = sources_here(path);
	dc_auto_free char *conf = dc_asprintf("%s/supervisord/" REAL_CONF, dir);

	return access(conf, F_OK) == 0 ? dc_steal_ptr(&conf) : NULL;
}

/* For the client of whoever runs the programs, and so is what we don't know. */
static bool
is_ours(const char *verb)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (strcmp(verb, commands[i].name) == 0)
			return commands[i].is_ours;
	return false;
}

static int
become_real(char *conf, int argc, char *argv[])
{
	char **args = dc_xcalloc((size_t)argc + 4, sizeof(*args));

	args[0] = dc_strdup(REAL_CTL);
	args[1] = dc_strdup("-c");
	args[2] = conf;
	for (int i = 0; i < argc; i++)
		args[3 + i] = argv[i];
	(void)fflush(stdout);
	(void)execv(REAL_CTL, args);
	(void)fprintf(stderr, REAL_CTL ": %s\n", strerror(errno));
	_exit(CTL_FAILED);
}

/* After our own `update` a real supervisord that was running already reads its
 * new file. */
static int
dispatch(const char *path, int argc, char *argv[])
{
	dc_auto_free char *before = find_real(path);
	dc_auto_free char *after = NULL;
	int status;

	if (before != NULL && !is_ours(argv[0]))
		return become_real(before, argc, argv);
	status = run_command(path, argc, argv);
	if (before != NULL && status == CTL_OK)
		after = find_real(path);
	if (after != NULL &&
	    (strcmp(argv[0], "update") == 0 || strcmp(argv[0], "reread") == 0))
		return become_real(after, argc, argv);
	return status;
}

/* One command per line, until quit or the end of the input. */
static int
converse(const char *path)
{
	dc_auto_free char *line = NULL;
	bool is_terminal = isatty(STDIN_FILENO);
	size_t size = 0;
	int status = dispatch(path, 1, (char *[]){"status", NULL});

	for (;;) {
		dc_auto_strv struct dc_strv words = {0};

		if (is_terminal) {
			(void)fputs("supervisor> ", stdout);
			(void)fflush(stdout);
		}
		if (getline(&line, &size, stdin) < 0)
			return status;
		if (words_split(&words, line, NULL) < 0 || words.n == 0)
			continue;
		if (strcmp(words.v[0], "quit") == 0 ||
		    strcmp(words.v[0], "exit") == 0)
			return status;
		status = dispatch(path, (int)words.n, words.v);
	}
}

/* The path of a unix:// address. Scripts know the supervisord of another
 * machine: the one of this container is meant. */
static const char *
socket_path(const char *address)
{
	if (dc_has_prefix(address, "http://"))
		return CTL_SOCKET;
	if (!dc_has_prefix(address, "unix://"))
		return address;
	address += strlen("unix://");
	return access(address, F_OK) == 0 ? address : CTL_SOCKET;
}

int
ctl_run(int argc, char *argv[])
{
	const char *path = CTL_SOCKET;
	dc_auto_free char *real = NULL;
	bool is_interactive = false;
	int opt;

	while ((opt = getopt(argc, argv, "+c:s:u:p:i")) != -1) {
		if (opt == 's')
			path = socket_path(optarg);
		else if (opt == 'i')
			is_interactive = true;
		else if (opt == '?')
			return say_usage();
	}
	if (optind == argc || is_interactive) {
		real = find_real(path);
		return real != NULL ? become_real(real, 0, NULL)
				    : converse(path);
	}
	return dispatch(path, argc - optind, argv + optind);
}
