/* common/base/err.c -- see err.h. */
#include "common/base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
dc_fail(struct dc_err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (err == NULL)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return code;
}

static int
code_of_errno(int e)
{
	switch (e) {
	case ENOENT:
		return DC_ENOTFOUND;
	case EEXIST:
		return DC_EBUSY;
	case EACCES:
	case EPERM:
		return DC_EDENIED;
	default:
		return DC_EFAIL;
	}
}

int
dc_fail_errno(struct dc_err *err, const char *fmt, ...)
{
	int saved = errno;
	va_list ap;
	size_t n;

	if (err == NULL)
		return code_of_errno(saved);
	err->code = code_of_errno(saved);
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	(void)snprintf(err->msg + n, sizeof(err->msg) - n, ": %s",
	    strerror(saved));
	return err->code;
}

int
dc_wrap(struct dc_err *err, int code, const char *fmt, ...)
{
	char inner[DC_ERR_MAX];
	va_list ap;
	size_t n;

	if (err == NULL)
		return code;
	memcpy(inner, err->msg, sizeof(inner));
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	n = strlen(err->msg);
	(void)snprintf(err->msg + n, sizeof(err->msg) - n, ": %s", inner);
	return code;
}
