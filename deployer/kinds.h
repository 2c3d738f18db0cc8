/* deployer/kinds.h -- the one table of the deployer's jobs. */
#ifndef KINDS_H
#define KINDS_H

#include "common/job/job.h"

extern const struct dc_job_kind kinds[]; /* ends with name NULL */

#endif
