/* deployer/main.c -- the deployer: snapshots in, running instances out. */
#include "common/job/main.h"
#include "common/base/auto.h"
#include "common/box/place.h"
#include "common/layer/boot.h"
#include "deployer/kinds.h"
#include "deployer/route.h"
#include "deployer/states.h"
#include "deployer/sweep.h"

#include <stddef.h>
#include <string.h>

static int
prepare(const struct dc_conf *conf, struct dc_err *err)
{
	int rc = dc_boot_check(conf, err);

	return rc < 0 ? rc : dc_place_up(conf, err);
}

static int
run_command(const struct dc_conf *conf, const char *command, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(conf, "state.db");
	dc_auto_db struct dc_db *db = NULL;
	int rc;

	if (strcmp(command, "down") == 0)
		return sweep_down(conf, err);
	if (strcmp(command, "config") != 0)
		return dc_fail(err, DC_EINVAL,
		    "unknown command '%s': there are 'config', 'down' and"
		    " 'states'",
		    command);
	/* The router binds to the bridge too. */
	rc = prepare(conf, err);
	if (rc == 0)
		rc = dc_db_open(&db, path, err);
	return rc == 0 ? route_sync(conf, db, err) : rc;
}

int
main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "states") == 0)
		return states_print();
	return dc_daemon_main(argc, argv, "deployer", kinds, prepare,
	    run_command);
}
