/* cli/scale.h -- the arguments of dcloud scale. */
#ifndef CLI_SCALE_H
#define CLI_SCALE_H

#include "cli/cli.h"

struct scale_action {
	char service[64];
	bool is_memory;
	long long value; /* instances, or bytes after rounding */
};

/* "www=3", "www:instances=3", "db:memory=512M". DC_EINVAL with the texts of
 * CONTRACT 1.2. */
int scale_parse(struct scale_action *out, const char *arg, struct dc_err *err);

/* "1.5G", "512m", "64MB", "1024"; DC_EINVAL. */
int scale_parse_memory(long long *bytes, const char *text, struct dc_err *err);

/* Down to 16M, at least 32M, then up to a multiple of 32M (CONTRACT 1.2). */
long long scale_round_memory(long long bytes);

#endif
