/* deployer/sockets.c -- see sockets.h. */
#include "deployer/sockets.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/buildfile/service_def.h"

#include <inttypes.h>
#include <string.h>
#include <sys/un.h>

char *
sockets_dir(const struct dc_conf *conf, int64_t instance_id)
{
	return dc_asprintf("%s/listen/%s-i%" PRId64, conf->run, conf->bridge,
	    instance_id);
}

char *
sockets_path(const struct dc_conf *conf, int64_t instance_id, int i)
{
	dc_auto_free char *dir = sockets_dir(conf, instance_id);

	return dc_asprintf("%s/%d.sock", dir, i);
}

int
sockets_count(int *n, const struct dc_instance *instance, struct dc_err *err)
{
	dc_auto_service_def struct dc_service_def def = {0};
	int rc = dc_service_from_json(&def, instance->definition, err);

	if (rc < 0)
		return dc_wrap(err, rc, "instance %" PRId64, instance->id);
	*n = def.listen_var == NULL ? 0 : def.workers;
	return 0;
}

int
sockets_check(const struct dc_conf *conf, int64_t instance_id,
    struct dc_err *err)
{
	dc_auto_free char *path =
	    sockets_path(conf, instance_id, DC_MAX_WORKERS - 1);

	if (strlen(path) < sizeof(((struct sockaddr_un *)0)->sun_path))
		return 0;
	return dc_fail(err, DC_EINVAL,
	    "'%s' is too long for a socket: set a shorter 'run' in dcloud.conf",
	    path);
}
