/* uploader/certificate_api.c -- TLS certificates of a service's domains. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/store/certificate.h"
#include "common/store/service.h"
#include "uploader/act.h"
#include "uploader/certificate.h"
#include "uploader/date.h"
#include "uploader/host.h"

int
certificate_save(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *host = host_clean(rq->capture[2]);
	dc_auto_json struct dc_json *body = NULL;
	dc_auto_free char *pem = NULL;
	struct dc_certificate row = {.host = host};
	struct certificate c = {.host = host};
	struct dc_json *j;
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	c.text = dc_json_find_str(body, "certificate");
	c.key = dc_json_find_str(body, "key");
	if (c.text == NULL)
		return reply_fail(rp, 400, err, "certificate is needed");
	rc = dc_certificate_may_save(rq->db, id, host, err);
	if (rc == 0)
		rc = certificate_check(&c, &pem, &row.ends_at, err);
	row.pem = pem;
	if (rc == 0)
		rc = dc_db_begin(rq->db, err);
	if (rc == 0)
		rc = act_end_domain(rq,
		    dc_certificate_save(rq->db, id, &row, err), "cert", host,
		    err);
	if (rc < 0)
		return rc;
	j = dc_json_new_object();
	dc_json_add_str(j, "domain", host);
	date_add(j, "ends_at", row.ends_at * 1000);
	dc_json_add_bool(j, "https", rq->conf->https_bind[0] != '\0');
	return reply_object(rp, 200, j, err);
}

int
certificate_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *host = host_clean(rq->capture[2]);
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = dc_db_begin(rq->db, err);
	if (rc == 0)
		rc = act_end_domain(rq,
		    dc_certificate_remove(rq->db, id, host, err), "uncert",
		    host, err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
