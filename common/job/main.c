/* common/job/main.c -- see main.h. */
#include "common/job/main.h"

#include "common/base/log.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct args {
	const char *conf_path;
	bool check, debug;
	char **job; /* KIND ID CLAIM */
	const char *command;
};

static bool
parse_args(struct args *a, int argc, char **argv)
{
	bool is_job = false;
	int c;

	*a = (struct args){.conf_path = DC_CONF_PATH};
	while ((c = getopt(argc, argv, "+f:ndj")) != -1) {
		switch (c) {
		case 'f':
			a->conf_path = optarg;
			break;
		case 'n':
			a->check = true;
			break;
		case 'd':
			a->debug = true;
			break;
		case 'j':
			is_job = true;
			break;
		default:
			return false;
		}
	}
	if (is_job) {
		a->job = argv + optind;
		return argc - optind == 3;
	}
	if (optind < argc)
		a->command = argv[optind++];
	return optind == argc;
}

static int
start(const struct args *a, const struct dc_daemon *d,
    int (*prepare)(const struct dc_conf *conf, struct dc_err *err),
    int (*extra)(const struct dc_conf *conf, const char *command,
	struct dc_err *err),
    struct dc_err *err)
{
	int rc;

	if (geteuid() != 0)
		return dc_fail(err, DC_EDENIED, "must be started as root");
	rc = dc_conf_prepare(d->conf, err);
	if (rc == 0 && a->command != NULL)
		return extra != NULL ? extra(d->conf, a->command, err)
				     : dc_fail(err, DC_EINVAL,
					   "unknown command '%s'", a->command);
	if (rc == 0 && prepare != NULL)
		rc = prepare(d->conf, err);
	return rc < 0 ? rc : dc_daemon_run(d, err);
}

int
dc_daemon_main(int argc, char **argv, const char *name,
    const struct dc_job_kind *kinds,
    int (*prepare)(const struct dc_conf *conf, struct dc_err *err),
    int (*extra)(const struct dc_conf *conf, const char *command,
	struct dc_err *err))
{
	struct dc_err err = DC_ERR_INIT;
	struct dc_conf conf = {0};
	struct dc_daemon d = {name, &conf, NULL, kinds};
	struct args a;
	int rc;

	if (!parse_args(&a, argc, argv)) {
		(void)fprintf(stderr, "usage: %s [-nd] [-f FILE] [COMMAND]\n",
		    argv[0]);
		return 1;
	}
	dc_log_open(name, a.debug);
	(void)signal(SIGPIPE, SIG_IGN);
	d.conf_path = a.conf_path;
	rc = dc_conf_load(&conf, a.conf_path, &err);
	if (rc == 0 && a.check)
		rc = dc_conf_check(&conf, &err);
	if (rc == 0 && a.check)
		(void)printf("configuration OK\n");
	else if (rc == 0 && a.job != NULL)
		rc = dc_daemon_run_job(&d, a.job[0], a.job[1], a.job[2]);
	else if (rc == 0)
		rc = start(&a, &d, prepare, extra, &err);
	if (rc < 0)
		log_error("%s", err.msg);
	dc_conf_done(&conf);
	return rc == 0 ? 0 : 1;
}
