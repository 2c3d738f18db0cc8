/* common/base/err.h -- the error every function of ours fills in. */
#ifndef DC_ERR_H
#define DC_ERR_H

/* Few, and only ones that a caller acts on. 0 is success. */
enum dc_code {
	DC_OK = 0,
	DC_EFAIL = -1,     /* the world is broken: report it, give up        */
	DC_ENOTFOUND = -2, /* no such row, file or name                      */
	DC_ESTALE = -3,    /* somebody else moved it first: let it go        */
	DC_EINVAL = -4,    /* forbidden or malformed                         */
	DC_EBUSY = -5,     /* exists already, or in use: try again or rename */
	DC_EDENIED = -6,   /* not allowed                                    */
	DC_EUSER = -7      /* the user's application is at fault: tell them  */
};

#define DC_ERR_MAX 2048

/* Lives on the caller's stack: no malloc, nothing to free. */
struct dc_err {
	int code;
	char msg[DC_ERR_MAX];
};

#define DC_ERR_INIT                                                            \
	{                                                                      \
		.code = DC_OK, .msg = ""                                       \
	}

/* Sets ERR (which may be NULL) and returns CODE. */
int dc_fail(struct dc_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* As dc_fail with DC_EFAIL and ": strerror(errno)" added. errno ENOENT gives
 * DC_ENOTFOUND, EEXIST DC_EBUSY, EACCES and EPERM DC_EDENIED. */
int dc_fail_errno(struct dc_err *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts context in front of ERR's message: "outer: inner". Returns CODE. */
int dc_wrap(struct dc_err *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
