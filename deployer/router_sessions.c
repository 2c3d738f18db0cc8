/* deployer/router_sessions.c -- what is under way at an instance; see router.h.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"
#include "deployer/haproxy.h"
#include "deployer/router_config.h"
#include "deployer/router_server.h"

#define SILENT_MS 3000 /* silent for so long, HAProxy is not there */
#define ASK_MS 20

int
router_count(struct haproxy_count *out, const struct router_conf *c, int slot,
    int64_t instance, struct dc_err *err)
{
	dc_auto_free char *socket =
	    dc_asprintf("%s/haproxy-master.sock", c->run);
	struct haproxy_count total = {0}, one;
	struct haproxy_workers w;
	char be[32], name[ROUTER_NAME_SIZE];
	int rc = haproxy_workers(&w, socket, err);

	router_backend_name(be, sizeof(be), slot);
	router_server_name(name, instance, 0);
	for (size_t i = 0; rc == 0 && i < w.n; i++) {
		one = (struct haproxy_count){0};
		rc = haproxy_count(&one, socket, w.v[i].pid, be, name, err);
		if (rc == DC_ENOTFOUND)
			rc = 0;
		total.sessions += one.sessions;
		total.answers += one.answers;
		total.errors += one.errors;
	}
	if (rc == 0)
		*out = total;
	return rc < 0 ? dc_wrap(err, rc, "count of %s/%s", be, name) : 0;
}

/* While it reloads HAProxy does not answer, and has all the sessions it had. */
int
router_sessions(long *n, const struct router_conf *c, int slot,
    int64_t instance, struct dc_err *err)
{
	int64_t end = dc_mono_ms() + SILENT_MS;
	struct haproxy_count count = {0};
	int rc;

	while (
	    (rc = router_count(&count, c, slot, instance, err)) == DC_EBUSY &&
	    dc_mono_ms() < end)
		(void)poll(NULL, 0, ASK_MS);
	if (rc < 0 && rc != DC_EBUSY)
		return rc;
	*n = count.sessions;
	return 0;
}
