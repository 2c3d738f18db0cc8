/* uploader/request.h -- one API request as its handler sees it. */
#ifndef UPLOADER_REQUEST_H
#define UPLOADER_REQUEST_H

#include "common/base/str.h"
#include "common/conf/conf.h"
#include "common/json/json.h"
#include "common/store/account.h"
#include "common/store/application.h"
#include "common/store/db.h"
#include "common/store/token.h"
#include "uploader/form.h"

#define REQUEST_CAPTURES 3
#define REQUEST_TRACE 16 /* hex digits */

struct reply;
struct route;

struct request {
	const struct dc_conf *conf;
	char *method, *path; /* PATH with its prefix, not yet decoded */
	struct params query, headers; /* header names in lower case */
	struct dc_str body;
	char *remote_addr; /* the client's, as the router saw it */
	char trace[REQUEST_TRACE + 1];

	/* Of the route. */
	const struct route *route;
	char *capture[REQUEST_CAPTURES];
	char *user; /* of /users/NAME; NULL: /me */

	/* Of the child that answers it. */
	struct dc_db *db;
	struct dc_account account;
	int64_t token_id;          /* that it came with */
	struct dc_application app; /* of routes with :app */
	int places;                /* of serve.c, locked while it waits */
	int64_t wait_end;          /* of request_wait; 0: not begun */
};

struct request *request_new(const struct dc_conf *conf);
void request_free(struct request *rq);

const char *request_header(const struct request *rq, const char *name);
bool request_has_flag(const struct request *rq, const char *name);
/* A number of the query, from MIN to MAX; OTHERWISE when it is not there. */
int request_number(const struct request *rq, int64_t *value, const char *name,
    int64_t min, int64_t max, int64_t otherwise, struct dc_err *err);

/* Capture N as the id of a row: DC_ENOTFOUND when it cannot be one. */
int request_capture_id(const struct request *rq, int64_t *id, size_t n,
    struct dc_err *err);

/* What the client wants and where it is, from what it has sent. */
void request_set_method(struct request *rq, const char *method);
void request_set_address(struct request *rq);

/* The body as a JSON object (an empty body is an empty one). */
int request_json(const struct request *rq, struct dc_json **out,
    struct dc_err *err);

/* Who it is, from the token or API key: fills ACCOUNT. DC_EDENIED. */
int request_authenticate(struct request *rq, struct dc_err *err);

/* The service that the second capture names, of APP. */
int request_find_service(const struct request *rq, int64_t *id,
    struct dc_err *err);

/* Until the deployer has done what row ID stands for: last requests may take
 * the drain's time, which all waits of a request have together. Not done after
 * that is no error; it goes on. DC_ESTALE: the client of RP has gone. */
int request_wait(struct request *rq, const struct reply *rp,
    bool (*is_done)(struct dc_db *db, int64_t id), int64_t id,
    struct dc_err *err);

/* http://host of this platform as the client knows it; the caller's. */
char *request_base_url(const struct request *rq);

#endif
