/* runtime/value.h -- the values of supervisord's keys, from text. */
#ifndef DC_VALUE_H
#define DC_VALUE_H

#include "common/base/err.h"
#include "common/base/str.h"

#include <stdbool.h>
#include <stdint.h>

/* What %(name)s stands for: pairs; ENV_X looks X up in ENV ("K=V"). */
struct value_scope {
	const char *here, *program, *group, *host;
	int process_num; /* < 0: not a name here */
	int numprocs;
	const struct dc_strv *env;
};

/* TEXT with every %(name)s, %(name)d, %(name)02d replaced and %% as %; a %
 * before anything else stays. *OUT is the caller's. */
int value_expand(char **out, const char *text, const struct value_scope *scope,
    struct dc_err *err);

int value_parse_bool(bool *out, const char *text, struct dc_err *err);
int value_parse_int(int *out, const char *text, int min, int max,
    struct dc_err *err);
/* "10", "50KB", "10MB", "1GB" */
int value_parse_bytes(int64_t *out, const char *text, struct dc_err *err);
/* "TERM", "SIGTERM", "15" */
int value_parse_signal(int *out, const char *text, struct dc_err *err);
/* KEY="v",K2='v',K3=v: sets "K=V" entries in OUT. */
int value_parse_env(struct dc_strv *out, const char *text, struct dc_err *err);

/* Sets KEY in a list of "K=V", replacing what was there. */
void value_set_env(struct dc_strv *env, const char *key, const char *value);
/* The value of the first N bytes of KEY, or NULL. */
const char *value_find_env(const struct dc_strv *env, const char *key,
    size_t n);

#endif
