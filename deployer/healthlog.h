/* deployer/healthlog.h -- what the platform has to say of an instance's health,
 * where its owner looks: health.log beside what its processes print. */
#ifndef HEALTHLOG_H
#define HEALTHLOG_H

#include "common/base/err.h"

/* One line, with the time. The directory is the application's to write: a link,
 * a FIFO or anything else of that name is DC_EFAIL. */
int healthlog_add(const char *boxes, const char *box, const char *text,
    struct dc_err *err);

#endif
