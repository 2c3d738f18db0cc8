/* runtime/serving.h -- [serving] of the deployer's file: the one program that
 * the router speaks to, and how.
 *
 *	[serving]
 *	program = www            ; none: the first one of the included files
 *	workers = 3              ; that many processes of it, www:www_0 ...
 *	listen_var = LISTEN_ON   ; names a socket for each, DIR/0.sock ...
 *	channel = true           ; all programs can exchange messages with us
 *
 * Only a file that is not included can say so. Names and variables are those
 * of nodesockd, whose applications run as they are. */
#ifndef DC_SERVING_H
#define DC_SERVING_H

#include "runtime/ini.h"
#include "runtime/settings.h"

#define SERVING_SECTION "serving"
#define SERVING_DIR "/var/dotcloud/listen"
#define SERVING_MAX_WORKERS 64

struct serving {
	const char *dir;
	const struct ini_entry *header; /* of the program; NULL: none */
	const char *listen_var;         /* NULL: it has no socket */
	int workers;                    /* 0: as the program says */
	bool has_channel;
};

/* Borrows from INI and DIR. */
int serving_load(struct serving *out, const struct ini *ini, const char *dir,
    struct dc_err *err);

/* For the program of HEADER: its number of processes, the default of
 * process_name, and what its process I has that no key says. */
void serving_set_number(const struct serving *s, int *numprocs,
    const struct ini_entry *header);
const char *serving_name(const struct serving *s,
    const struct ini_entry *header);
void serving_apply(const struct serving *s, struct program_settings *p,
    const struct ini_entry *header, int i);

#endif
