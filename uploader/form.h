/* uploader/form.h -- lists of names and values, and their urlencoded form. */
#ifndef UPLOADER_FORM_H
#define UPLOADER_FORM_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct param {
	char *name, *value;
};

struct params {
	struct param *v;
	size_t n;
};

void params_add(struct params *p, const char *name, const char *value);
/* The first value of NAME, or NULL. */
const char *params_find(const struct params *p, const char *name);
void params_done(struct params *p);

/* a=1&b=%32: adds to P. A broken escape or a NUL is DC_EINVAL. */
int form_parse(struct params *p, const char *text, size_t len,
    struct dc_err *err);

/* Decoded bytes and a NUL into OUT, which is the caller's; their number in
 * LEN. Anything but strict base64 with its padding is DC_EINVAL. */
int base64_parse(unsigned char **out, size_t *len, const char *text,
    struct dc_err *err);

/* "1", "true", "yes" or nothing behind the name. */
bool param_is_true(const char *value);

#endif
