/* runtime/main.c -- dcinit: pid 1 of a container, supervisor of a platform. */
#include "common/base/str.h"
#include "runtime/ctl.h"
#include "runtime/listen.h"
#include "runtime/real.h"
#include "runtime/serving.h"
#include "runtime/session.h"
#include "runtime/supervisor.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
    "usage: dcinit -c CONF [-s SOCKET] [-e ENVFILE] [-l LOGDIR|-] [-p PORT] "
    "[-u USER] [-w]\n"
    "       dcinit ctl [-s SOCKET] COMMAND [NAME...]\n"
    "       dcinit listen | session\n"
    "  -c  what to run, in the format of supervisord.conf\n"
    "  -s  where to listen (" CTL_SOCKET ")\n"
    "  -e  NUL-separated K=V, for every program\n"
    "  -l  logs (/var/log/supervisor); '-': our own events to stderr\n"
    "  -p  a tcp port, where sshd is started for each connection\n"
    "  -u  who programs run as, included files whatever they say\n"
    "  -w  start nothing before the `launch` command\n";

static int
parse_arguments(struct supervisor_options *o, int argc, char *argv[])
{
	long long port;
	int opt;

	*o = (struct supervisor_options){.socket = CTL_SOCKET,
	    .log_dir = "/var/log/supervisor"};
	while ((opt = getopt(argc, argv, "c:s:e:l:p:u:w")) != -1)
		switch (opt) {
		case 'c':
			o->conf = optarg;
			break;
		case 's':
			o->socket = optarg;
			break;
		case 'e':
			o->env = optarg;
			break;
		case 'l':
			if (strcmp(optarg, "-") == 0)
				o->is_log_stderr = true;
			else
				o->log_dir = optarg;
			break;
		case 'p':
			if (!dc_is_number(optarg, 1, 65535, &port))
				return DC_EINVAL;
			o->ssh_port = (int)port;
			break;
		case 'u':
			o->user = optarg;
			o->real_dir = REAL_DIR;
			o->listen_dir = SERVING_DIR;
			break;
		case 'w':
			o->waits = true;
			break;
		default:
			return DC_EINVAL;
		}
	return o->conf != NULL && optind == argc ? 0 : DC_EINVAL;
}

/* Whoever starts us without 0, 1 or 2 must not find our pipes there. */
static void
fill_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		(void)close(fd);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

int
main(int argc, char *argv[])
{
	struct supervisor_options options;
	struct dc_err err = DC_ERR_INIT;
	int rc;

	if (argc > 0 && strcmp(base_name(argv[0]), "supervisorctl") == 0)
		return ctl_run(argc, argv);
	if (argc == 2 && strcmp(argv[1], "listen") == 0)
		return listen_run(CTL_SOCKET);
	if (argc == 2 && strcmp(argv[1], "session") == 0)
		return session_run("/etc/dcloud/environ");
	if (argc > 1 && strcmp(argv[1], "ctl") == 0)
		return ctl_run(argc - 1, argv + 1);
	if (parse_arguments(&options, argc, argv) < 0) {
		(void)fputs(usage, stderr);
		return 1;
	}
	fill_standard_fds();
	rc = supervisor_run(&options, &err);
	if (rc < 0)
		(void)fprintf(stderr, "dcinit: %s\n", err.msg);
	if (getpid() == 1)
		(void)kill(-1, SIGKILL);
	return rc < 0 ? 1 : 0;
}
