/* uploader/receive_main.c -- dcloud-receive: the forced command of every ssh
 * session, and git's hook below itself. */
#include "common/base/log.h"
#include "uploader/receive.h"

#include "common/base/auto.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static int
usage(void)
{
	(void)fprintf(stderr, "usage: dcloud-receive [-f CONF] ACCOUNT_ID\n");
	return 1;
}

/* What broke inside is for the operator; the developer gets a sentence. */
static void
report(int rc, const struct dc_err *err)
{
	receive_say(rc == DC_EFAIL ? "Something is broken on our side: " : "",
	    err->msg);
}

int
main(int argc, char **argv)
{
	const char *conf_path = DC_CONF_PATH;
	const char *hook = strrchr(argv[0], '/');
	struct dc_err err = DC_ERR_INIT;
	struct receive r = {0};
	long long account = 0;
	int c, rc;

	dc_log_open("dcloud-receive", 0);
	(void)umask(022);
	if (hook != NULL && strcmp(hook, "/pre-receive") == 0) {
		rc = receive_open(&r, getenv("DCLOUD_CONF"), &err);
		if (rc == 0)
			rc = receive_hook(&r, &err);
	} else {
		while ((c = getopt(argc, argv, "f:")) != -1) {
			if (c != 'f')
				return usage();
			conf_path = optarg;
		}
		if (argc - optind != 1 ||
		    !dc_is_number(argv[optind], 1, INT64_MAX, &account))
			return usage();
		rc = receive_open(&r, conf_path, &err);
		if (rc == 0)
			rc = receive_run(&r, account,
			    getenv("SSH_ORIGINAL_COMMAND"), &err);
	}
	receive_done(&r);
	if (rc < 0)
		report(rc, &err);
	return rc < 0 ? 1 : rc;
}
