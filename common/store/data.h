/* common/store/data.h -- who has the ~/data of one number of a service.
 *
 * There is one such directory for www.0, whatever instances it goes through:
 * in the home of the instance that holds it, or parked beside (DATA/7.0) while
 * it is on its way. The row says whose it is, and is written before a holder
 * takes it and after he has given it: so a crash in between leaves him the
 * holder, who takes or gives again. At most one instance holds it. */
#ifndef DC_DATA_H
#define DC_DATA_H

#include "common/store/instance.h"

/* OWN becomes HELD: what is in its home is the ~/data of its number now.
 * DC_ESTALE: it has ended or another one holds. */
int dc_data_mark(struct dc_db *db, int64_t instance, struct dc_err *err);

/* From now it may run only with its number's ~/data; a holder has given it. */
int dc_data_want(struct dc_db *db, int64_t instance, struct dc_err *err);

/* WANTED becomes HELD, for one that is still in STATE. DC_EBUSY: not yet,
 * another one holds it, or comes first because it serves. DC_ESTALE: it is in
 * another state. */
int dc_data_claim(struct dc_db *db, int64_t instance, int state,
    struct dc_err *err);

/* The last act of an instance: what it has is to be kept for its number, and
 * it is the holder. DC_EBUSY: no, another one lives with ~/data of its own. */
int dc_data_keep(struct dc_db *db, int64_t instance, struct dc_err *err);

#endif
