/* common/layer/boot.c -- see boot.h. */
#include "common/layer/boot.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/layer/layer.h"
#include "common/store/history.h"
#include "common/store/snapshot.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>

#define BOOT_ID "/proc/sys/kernel/random/boot_id"
#define MAX_ID 128
/* The kernel writes dirty pages back within half a minute. */
#define DOUBT_MS 120000

static int
drop_layer(const struct dc_snapshot *s, void *arg, struct dc_err *err)
{
	log_info("snapshot=%" PRId64 " is from just before the machine went"
		 " down: its layer is made again from its blob",
	    s->id);
	return dc_layer_remove(arg, s->id, err);
}

static int
drop_doubtful(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(conf, "state.db");
	dc_auto_db struct dc_db *db = NULL;
	struct dc_conf *arg = (struct dc_conf *)(uintptr_t)conf;
	int64_t last = 0;
	int rc = dc_db_open(&db, path, err);

	if (rc == 0)
		rc = dc_history_find_last(db, &last, err);
	if (rc < 0)
		return rc;
	return dc_snapshot_each_since(db, last - DOUBT_MS, drop_layer, arg,
	    err);
}

int
dc_boot_check(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(conf, "etc/boot_id");
	dc_auto_free char *now = NULL;
	dc_auto_free char *then = NULL;
	dc_auto_free char *lock_path = dc_asprintf("%s/boot.lock", conf->run);
	dc_auto_fd int lock =
	    open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	int rc;

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return dc_fail_errno(err, "lock '%s'", lock_path);
	rc = dc_fs_load(&now, NULL, BOOT_ID, MAX_ID, err);
	if (rc < 0)
		return rc;
	rc = dc_fs_load(&then, NULL, path, MAX_ID, err);
	if (rc == 0 && strcmp(now, then) == 0)
		return 0;
	if (rc == 0)
		rc = drop_doubtful(conf, err);
	else if (rc == DC_ENOTFOUND)
		rc = 0; /* the first start there ever was */
	return rc < 0 ? rc : dc_fs_save(path, now, strlen(now), 0644, err);
}
