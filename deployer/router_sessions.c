/* deployer/router_sessions.c -- what is under way at an instance; see router.h.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "deployer/haproxy.h"
#include "deployer/router_config.h"

#define SILENT_MS 3000 /* silent for so long, HAProxy is not there */
#define ASK_MS 20

/* DC_EBUSY: nobody can say just now. */
static int
count(long *n, const char *socket, const char *be, const char *name,
    struct dc_err *err)
{
	struct haproxy_workers w;
	long total = 0;
	int rc = haproxy_workers(&w, socket, err);

	for (size_t i = 0; rc == 0 && i < w.n; i++) {
		long one = 0;

		rc = haproxy_sessions(&one, socket, w.v[i].pid, be, name, err);
		if (rc == DC_ENOTFOUND)
			rc = 0;
		total += one;
	}
	if (rc == 0)
		*n = total;
	return rc;
}

/* While it reloads HAProxy does not answer, and has all the sessions it had. */
int
router_sessions(long *n, const struct router_conf *c, int slot,
    int64_t instance, struct dc_err *err)
{
	dc_auto_free char *socket =
	    dc_asprintf("%s/haproxy-master.sock", c->run);
	int64_t end = dc_mono_ms() + SILENT_MS;
	char be[32], name[32];
	int rc;

	router_backend_name(be, sizeof(be), slot);
	(void)snprintf(name, sizeof(name), "i%" PRId64, instance);
	while ((rc = count(n, socket, be, name, err)) == DC_EBUSY &&
	       dc_mono_ms() < end)
		(void)poll(NULL, 0, ASK_MS);
	if (rc == DC_EBUSY)
		*n = 0;
	else if (rc < 0)
		return dc_wrap(err, rc, "sessions of %s/%s", be, name);
	return 0;
}
