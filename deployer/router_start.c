/* deployer/router_start.c -- see router_start.h. */
#include "deployer/router_start.h"

#include <poll.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#define START_MS 2000
#define ASK_MS 50

int
router_start_sync(struct router_report *r, const struct router_conf *c,
    const struct router_table *t, struct dc_err *err)
{
	dc_auto_free char *away = dc_asprintf("%s/haproxy.away", c->run);
	bool is_away = dc_fs_exists(away);
	int64_t end = dc_mono_ms() + (is_away ? 0 : START_MS);
	int saved = 0, rc = router_sync(r, c, t, err);

	while (rc == DC_EBUSY && dc_mono_ms() < end) {
		(void)poll(NULL, 0, ASK_MS);
		rc = router_sync(r, c, t, err);
	}
	if (rc == DC_EBUSY && !is_away)
		saved = dc_fs_save(away, "", 0, 0600, err);
	if (rc == 0 && is_away)
		(void)unlink(away);
	return saved < 0 ? saved : rc;
}
