/* uploader/route.h -- the one table of what the API can do. */
#ifndef UPLOADER_ROUTE_H
#define UPLOADER_ROUTE_H

#include "uploader/reply.h"
#include "uploader/request.h"

/* Runs in a child of its own and may block. A failure becomes the error that
 * its dc_code stands for. */
typedef int route_fn(struct request *rq, struct reply *rp, struct dc_err *err);

enum route_flag {
	ROUTE_OPEN = 1,   /* below /v1 and without authentication */
	ROUTE_STREAM = 2, /* with ?stream                         */
	ROUTE_LOGIN = 4,  /* counted by the limit on log-ins      */
	ROUTE_OWNER = 8,  /* not for collaborators                */
	ROUTE_WAIT = 16,  /* the answer waits for the deployer    */
};

struct route {
	const char *method;
	const char *pattern; /* below /v1, or below the user; ":x" captures */
	route_fn *handler;
	unsigned flags;
};

static inline bool
route_has(const struct route *r, enum route_flag flag)
{
	return (r->flags & flag) != 0;
}

/* Fills ROUTE, CAPTURE and USER of RQ. DC_ENOTFOUND: no such path; DC_EINVAL:
 * it does not know this method. */
int route_find(struct request *rq, struct dc_err *err);

/* RQ's APP, when its route has one: the first capture is an application of its
 * account, or one that it works on. DC_EDENIED: it may not do this there. */
int route_load_app(struct request *rq, struct dc_err *err);
/* DC_EDENIED: only the owner of RQ's APP may. */
int route_refuse(const struct request *rq, struct dc_err *err);

/* The I-th route, or NULL: for the tests. */
const struct route *route_at(size_t i);

route_fn auth_discover, auth_login;
route_fn account_show, account_list_keys, account_add_key, account_remove_key,
    account_list_private_keys;
route_fn token_list, token_remove;
route_fn activity_list, application_list_activity;
route_fn collaborator_list, collaborator_add, collaborator_remove;
route_fn application_list, application_add, application_show,
    application_remove, application_list_variables, application_save_variables,
    application_list_endpoints;
route_fn revision_show_running, revision_list, revision_show;
route_fn deployment_list, deployment_add, deployment_cancel,
    deployment_show_log;
route_fn service_list, service_show, service_save, service_remove;
route_fn instance_show_status, image_show, image_show_revision;
route_fn domain_list, domain_add, domain_remove;
route_fn certificate_save, certificate_remove;
route_fn hold_save, hold_remove, instance_save_status;
route_fn maintenance_save, maintenance_remove;
route_fn metric_list_traffic, metric_list_memory;
route_fn application_show_log;

#endif
