/* uploader/main.c -- dcloud-uploader, the front door; and its operator's
 * subcommands. Manual: dcloud-uploader(8). */
#include "common/base/log.h"
#include "common/conf/conf.h"
#include "uploader/admin.h"
#include "uploader/http.h"
#include "uploader/listen.h"

#include "common/base/auto.h"
#include "common/store/db.h"

#include <stdio.h>
#include <string.h>

struct options {
	const char *conf_path;
	bool is_check, debug;
	const struct admin *admin;
	char **args;
};

static int
usage(void)
{
	(void)fprintf(stderr, "usage: dcloud-uploader [-dn] [-f CONF]\n");
	admin_print_usage();
	return 1;
}

static int
parse_options(struct options *o, int argc, char **argv)
{
	int c;

	o->conf_path = DC_CONF_PATH;
	while ((c = getopt(argc, argv, "+f:nd")) != -1) {
		if (c == 'f')
			o->conf_path = optarg;
		else if (c == 'n')
			o->is_check = true;
		else if (c == 'd')
			o->debug = true;
		else
			return usage();
	}
	if (optind == argc)
		return 0;
	o->admin = admin_find(argv[optind]);
	if (o->admin == NULL || argc - optind - 1 != o->admin->nargs)
		return usage();
	o->args = argv + optind + 1;
	return 0;
}

/* The store is opened once, to make or migrate it before anybody asks; the
 * event loop never has a connection. */
static int
run(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(conf, "state.db");
	http_auto struct http *http = NULL;
	struct dc_db *db = NULL;
	int rc, fd;

	rc = listen_prepare(conf, err);
	if (rc < 0)
		return rc;
	fd = listen_open(conf, err);
	if (fd < 0)
		return fd;
	rc = listen_drop_root(conf, err);
	if (rc == 0)
		rc = dc_db_open(&db, path, err);
	dc_db_close(db);
	if (rc == 0)
		rc = http_open(&http, conf, fd, err);
	if (rc < 0)
		return rc;
	log_info("ready on %s/uploader.sock", conf->run);
	return http_run(http, err);
}

int
main(int argc, char **argv)
{
	struct dc_err err = DC_ERR_INIT;
	struct options o = {0};
	struct dc_conf conf = {0};
	int rc;

	if (parse_options(&o, argc, argv) != 0)
		return 1;
	dc_log_open("dcloud-uploader", o.debug);
	rc = dc_conf_load(&conf, o.conf_path, &err);
	if (rc == 0 && o.is_check)
		rc = dc_conf_check(&conf, &err);
	if (rc == 0 && o.is_check)
		(void)printf("configuration OK\n");
	else if (rc == 0 && o.admin != NULL)
		rc = o.admin->run(&conf, o.conf_path, o.args, &err);
	else if (rc == 0)
		rc = run(&conf, &err);
	dc_conf_done(&conf);
	if (rc < 0)
		log_error("%s", err.msg);
	return rc < 0 ? 1 : 0;
}
