/* common/base/log.c -- see log.h. */
#include "common/base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

static const char *program = "dcloud";
static int with_debug;

void
dc_log_open(const char *name, int debug)
{
	program = name;
	with_debug = debug;
}

/* One write(2) per line, so that lines of several processes never mix. */
static void __attribute__((format(printf, 2, 0)))
emit(const char *level, const char *fmt, va_list ap)
{
	int saved = errno;
	char line[4096];
	int n, m;

	n = snprintf(line, sizeof(line), "%s[%d]: %s: ", program, (int)getpid(),
	    level);
	m = vsnprintf(line + n, sizeof(line) - (size_t)n, fmt, ap);
	n = m < (int)sizeof(line) - n ? n + m : (int)sizeof(line) - 1;
	line[n] = '\n';
	(void)!write(STDERR_FILENO, line, (size_t)n + 1);
	errno = saved;
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("error", fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("warning", fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit("info", fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!with_debug)
		return;
	va_start(ap, fmt);
	emit("debug", fmt, ap);
	va_end(ap);
}
