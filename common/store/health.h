/* common/store/health.h -- what the checks of an instance have said. */
#ifndef DC_HEALTH_H
#define DC_HEALTH_H

#include "common/store/db.h"

/* What the checks of an instance that is up have said. */
enum dc_instance_health {
	DC_HEALTH_UNKNOWN, /* it has never answered: it may be a worker */
	DC_HEALTH_GOOD,
	DC_HEALTH_SILENT,  /* no answer */
	DC_HEALTH_FAILING, /* a bad one */
	DC_HEALTH_N
};

extern const char *const dc_health_names[DC_HEALTH_N];

/* It has answered its first question, whatever its state is. */
int dc_health_save_answer(struct dc_db *db, int64_t id, struct dc_err *err);

/* *CHANGED false: it is not up any more, or is so already. */
int dc_health_save(struct dc_db *db, bool *changed, int64_t id,
    enum dc_instance_health health, struct dc_err *err);

/* From UP to DOWN: it comes back in a new container. DC_ESTALE: it is not up
 * any more. */
int dc_health_replace(struct dc_db *db, int64_t id, struct dc_err *err);

/* Has it to be left alone by the router while another one is well? */
static inline bool
dc_health_is_ill(enum dc_instance_health health)
{
	return health == DC_HEALTH_SILENT || health == DC_HEALTH_FAILING;
}

#endif
