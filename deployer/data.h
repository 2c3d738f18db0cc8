/* deployer/data.h -- the ~/data of an instance, from one home to the next.
 *
 * It is in the home of who holds it (common/store/data.h says who that is), or
 * parked in <root>/data/SERVICE.NUMBER. Giving and taking is a rename; each
 * may be done twice. What nobody can take is kept as SERVICE.NUMBER.INSTANCE:
 * only the end of its service removes it. */
#ifndef DATA_H
#define DATA_H

#include "deployer/unit.h"

/* I, which serves, has a ~/data that its successor has to take over. */
bool data_is_carried(const struct dc_conf *conf, const struct dc_instance *i);

/* Its postinstall is done: U moves to LAUNCHING, and its row says whether it
 * has to have the ~/data of its number first. */
int data_decide(struct unit *u, struct dc_err *err);

/* Waits for that ~/data, if it has to have it, and takes it. The container is
 * stopped and unmounted then. DC_ESTALE: it was given up meanwhile. */
int data_take(struct unit *u, struct dc_err *err);

/* A holder parks it. The container is stopped and unmounted then. */
int data_give(struct unit *u, struct dc_err *err);

/* Before the container of one that has ended is destroyed. */
int data_keep(struct unit *u, struct dc_err *err);

/* All of one service. */
int data_remove(const struct dc_conf *conf, int64_t service_id,
    struct dc_err *err);
/* That of services that are no more. */
int data_sweep(const struct dc_conf *conf, struct dc_db *db,
    struct dc_err *err);

#endif
