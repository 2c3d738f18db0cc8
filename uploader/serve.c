/* uploader/serve.c -- see serve.h. */
#include "uploader/serve.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "uploader/reply.h"
#include "uploader/route.h"

#include <fcntl.h>

/* Nothing but a stream takes as long as this; a hung one must not keep its
 * place among the DC_MAX_JOBS. */
#define SECONDS 120

static int
authenticate(struct request *rq, struct reply *rp, struct dc_err *err)
{
	int rc = request_authenticate(rq, err);

	if (rc == DC_EDENIED)
		rp->status = 401;
	return rc < 0 ? rc : route_load_app(rq, err);
}

/* One of the account's places among those that wait: a lock on one byte of a
 * file, which ends with this process. */
static int
take_place(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(rq->conf, "waits.lock");
	struct flock l = {.l_type = F_WRLCK, .l_len = 1};
	int i;

	rq->places = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (rq->places < 0)
		return dc_fail_errno(err, "open '%s'", path);
	for (i = 0; i < DC_MAX_ACCOUNT_WAITS; i++) {
		l.l_start = rq->account.id * DC_MAX_ACCOUNT_WAITS + i;
		if (fcntl(rq->places, F_SETLK, &l) == 0)
			return 0;
	}
	rp->status = 503;
	return dc_fail(err, DC_EBUSY,
	    "This account waits for too much. Try again in a moment.");
}

static int
answer(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *path = dc_conf_path(rq->conf, "state.db");
	int rc;

	rc = dc_db_open(&rq->db, path, err);
	if (rc == 0 && !route_has(rq->route, ROUTE_OPEN))
		rc = authenticate(rq, rp, err);
	if (rc == 0 && route_has(rq->route, ROUTE_WAIT))
		rc = take_place(rq, rp, err);
	return rc < 0 ? rc : rq->route->handler(rq, rp, err);
}

void
serve_run(struct request *rq, int fd)
{
	struct reply rp = {.fd = fd, .rq = rq};
	struct dc_err err = DC_ERR_INIT;
	int rc;

	if (!route_has(rq->route, ROUTE_STREAM) ||
	    !request_has_flag(rq, "stream"))
		(void)alarm(SECONDS);
	rc = answer(rq, &rp, &err);
	if (rc < 0)
		reply_error(&rp, rc, &err);
	else
		reply_end(&rp);
	dc_db_close(rq->db);
	_exit(0);
}
