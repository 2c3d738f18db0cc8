/* uploader/admin.h -- what an operator does by hand: accounts. */
#ifndef UPLOADER_ADMIN_H
#define UPLOADER_ADMIN_H

#include "common/conf/conf.h"

/* CONF_PATH: where CONF came from. */
typedef int admin_fn(const struct dc_conf *conf, const char *conf_path,
    char *const args[], struct dc_err *err);

struct admin {
	const char *name, *args;
	int nargs;
	admin_fn *run;
};

/* NULL: there is no such subcommand. */
const struct admin *admin_find(const char *name);

/* "adduser NAME ...", a line each, to stderr. */
void admin_print_usage(void);

#endif
