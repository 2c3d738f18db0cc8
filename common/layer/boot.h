/* common/layer/boot.h -- what to distrust after the machine has gone down. */
#ifndef DC_BOOT_H
#define DC_BOOT_H

#include "common/conf/conf.h"

/* At the first start after a boot: layers that were made in the last moments
 * before it may hold files whose data never reached the disk (a power cut);
 * they are removed, and unpacked again from their blobs, which were synced.
 * Builder and deployer both call it before they begin. */
int dc_boot_check(const struct dc_conf *conf, struct dc_err *err);

#endif
