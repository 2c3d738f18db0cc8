/* runtime/logfile.h -- a log that rotates, in a directory others may write. */
#ifndef DC_LOGFILE_H
#define DC_LOGFILE_H

#include "common/base/err.h"
#include "runtime/account.h"

#include <stddef.h>
#include <stdint.h>

struct logfile {
	int fd;                       /* -1: closed, writes are dropped */
	char *path;                   /* NULL: nowhere */
	int64_t max_bytes;            /* 0: no limit */
	int backups;                  /* PATH.1 .. PATH.backups */
	const struct account *rights; /* borrowed; NULL: our own */
};

/* Appends to PATH (copied; NULL gives a log that drops everything) with the
 * rights of RIGHTS. On failure LOG drops what it is given. */
int logfile_open(struct logfile *log, const char *path, int64_t max_bytes,
    int backups, const struct account *rights, struct dc_err *err);

/* Rotates first when DATA would not fit, unless somebody else has; opens again
 * when somebody removed the file. A full disk loses DATA. */
void logfile_write(struct logfile *log, const char *data, size_t n);
void logfile_clear(struct logfile *log);
void logfile_close(struct logfile *log);

#endif
