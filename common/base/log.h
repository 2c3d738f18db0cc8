/* common/base/log.h -- one line to stderr, which the supervisor stores. */
#ifndef DC_LOG_H
#define DC_LOG_H

/* Lines are "PROGRAM: level: text". Ids go into the text as build=12
 * app='blog', so that one grep tells one story across the daemons. errno is
 * kept. Only main.c and the job loop log above debug. */
void dc_log_open(const char *program, int debug);

void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
