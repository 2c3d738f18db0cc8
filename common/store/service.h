/* common/store/service.h -- what of a service outlives its revisions: its
 * scale, its memory, its hosts and its place in the router. */
#ifndef DC_SERVICE_H
#define DC_SERVICE_H

#include "common/store/db.h"

struct dc_service {
	int64_t id, application_id;
	int64_t instance_count; /* 0: never scaled, which means 1 */
	int64_t memory;         /* bytes; 0: DC_DEFAULT_MEMORY */
	char *name, *type;
	char *application, *account;
};

void dc_service_done(struct dc_service *s);
#define dc_auto_service __attribute__((cleanup(dc_service_done)))

/* Inserts it, or sets the type it has in the newest revision. */
int dc_service_save(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, const char *type, struct dc_err *err);

int dc_service_load(struct dc_db *db, struct dc_service *out, int64_t id,
    struct dc_err *err);
int dc_service_find(struct dc_db *db, int64_t *id, int64_t application_id,
    const char *name, struct dc_err *err);

/* All active ones, by name. FN returns < 0 to stop. */
typedef int dc_service_fn(const struct dc_service *s, void *arg,
    struct dc_err *err);
int dc_service_each(struct dc_db *db, int64_t application_id, dc_service_fn *fn,
    void *arg, struct dc_err *err);

/* COUNT 1 to DC_MAX_INSTANCES. Takes effect with the next deployment. */
int dc_service_scale(struct dc_db *db, int64_t id, int64_t count,
    struct dc_err *err);
int dc_service_set_memory(struct dc_db *db, int64_t id, int64_t bytes,
    struct dc_err *err);

/* Marks it; the deployer ends its instances and removes the row. */
int dc_service_destroy(struct dc_db *db, int64_t id, struct dc_err *err);
int dc_service_each_destroying(struct dc_db *db, dc_service_fn *fn, void *arg,
    struct dc_err *err);
int dc_service_remove(struct dc_db *db, int64_t id, struct dc_err *err);

/* The service's own host: made on first use, APP-USER.DOMAIN for the first
 * http service of an application, SERVICE-APP-USER.DOMAIN for the others. */
int dc_service_add_route(struct dc_db *db, int64_t id, const char *domain,
    struct dc_err *err);

/* DC_ENOTFOUND: it is not routed. */
int dc_service_find_slot(struct dc_db *db, int64_t *slot, int64_t id,
    struct dc_err *err);

typedef int dc_host_fn(const char *host, int64_t service_id, int64_t slot,
    void *arg, struct dc_err *err);
/* Hosts of one service, or of all (ID 0). */
int dc_service_each_host(struct dc_db *db, int64_t id, dc_host_fn *fn,
    void *arg, struct dc_err *err);

#endif
