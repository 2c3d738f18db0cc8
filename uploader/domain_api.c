/* uploader/domain_api.c -- host names of a service's own: list, add, remove. */
#include "uploader/route.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/store/domain.h"
#include "common/store/service.h"
#include "uploader/act.h"
#include "uploader/host.h"
#include "uploader/service_json.h"

#include <string.h>

/* Here they are names to add and remove, without the port. */
static struct dc_json *
copy_names(const struct dc_json *domains)
{
	struct dc_json *all = dc_json_copy(domains), *j;
	size_t i;

	for (i = 0; i < dc_json_size(all); i++) {
		j = dc_json_at(all, i);
		dc_json_add(j, "domain", dc_json_copy(dc_json_find(j, "host")));
		dc_json_remove(j, "host");
	}
	return all;
}

int
domain_list(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *service = NULL;
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = service_json(rq, &service, id, err);
	if (rc < 0)
		return rc;
	return reply_objects(rp, copy_names(dc_json_find(service, "domains")),
	    err);
}

/* The zone in which the platform names applications is not for users, nor are
 * the hosts of the API, nor what a wildcard would have of either. */
static bool
is_ours(const struct dc_conf *conf, const char *host)
{
	dc_auto_free char *zone = dc_asprintf(".%s", conf->domain);
	bool is_wild = dc_has_prefix(host, "*.");

	return strcmp(host, "localhost") == 0 ||
	       strcmp(host, conf->public_host) == 0 ||
	       strcmp(host, conf->domain) == 0 || dc_has_suffix(host, zone) ||
	       (is_wild && (dc_has_suffix(zone, host + 1) ||
			       dc_has_suffix(conf->public_host, host + 1)));
}

/* An address names a machine, not one of its applications. */
static bool
is_domain(const char *host)
{
	const char *last = strrchr(host, '.');

	return dc_domain_is_host(host) && last != NULL &&
	       last[1 + strspn(last + 1, "0123456789")] != '\0';
}

static int
show(struct request *rq, struct reply *rp, const char *host, struct dc_err *err)
{
	struct dc_json *j = dc_json_new_object();

	dc_json_add_str(j, "domain", host);
	dc_json_add_str(j, "gateway", rq->conf->public_host);
	return reply_object(rp, 201, j, err);
}

int
domain_add(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_json struct dc_json *body = NULL;
	dc_auto_free char *host = NULL;
	const char *text;
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = request_json(rq, &body, err);
	if (rc < 0)
		return rc;
	text = dc_json_find_str(body, "domain");
	if (text == NULL)
		return reply_fail(rp, 400, err, "domain is needed");
	host = host_clean(text);
	if (!is_domain(host))
		return reply_fail(rp, 422, err,
		    "\"%.253s\" is no domain: write it like www.example.org or"
		    " *.example.org",
		    text);
	if (is_ours(rq->conf, host))
		return reply_fail(rp, 422, err,
		    "\"%s\" is a name of the platform's own, or covers one",
		    host);
	rc = dc_db_begin(rq->db, err);
	if (rc == 0)
		rc = act_end_domain(rq, dc_domain_add(rq->db, id, host, err),
		    "add", host, err);
	return rc < 0 ? rc : show(rq, rp, host, err);
}

int
domain_remove(struct request *rq, struct reply *rp, struct dc_err *err)
{
	dc_auto_free char *host = host_clean(rq->capture[2]);
	int64_t id;
	int rc = request_find_service(rq, &id, err);

	if (rc == 0)
		rc = dc_db_begin(rq->db, err);
	if (rc == 0)
		rc = act_end_domain(rq, dc_domain_remove(rq->db, id, host, err),
		    "remove", host, err);
	return rc < 0 ? rc : reply_empty(rp, err);
}
