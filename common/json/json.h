/* common/json/json.h -- the door to jansson: bounded JSON in and out.
 *
 * Building cannot fail (no memory aborts): bytes that are not UTF-8 become
 * U+FFFD. Reading takes a NULL or a value of another type as "not there". */
#ifndef DC_JSON_H
#define DC_JSON_H

#include "common/base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DC_MAX_JSON (64 << 20) /* bytes of text */
#define DC_MAX_JSON_DEPTH 64

struct dc_json;

enum dc_json_type {
	DC_JSON_NULL,
	DC_JSON_BOOL,
	DC_JSON_INT,
	DC_JSON_REAL,
	DC_JSON_STRING,
	DC_JSON_ARRAY,
	DC_JSON_OBJECT
};

/* How dc_json_format writes; keys keep the order of insertion unless SORTED. */
enum dc_json_style {
	DC_JSON_COMPACT = 0,
	DC_JSON_INDENT = 1, /* 4 columns */
	DC_JSON_SORTED = 2
};

/* Any value, not only an object. Trailing text, duplicate keys and \u0000 are
 * errors: DC_EINVAL with "line L, column C: ...". */
int dc_json_parse(struct dc_json **out, const char *text, size_t len,
    struct dc_err *err);
/* The caller's to free; no newline at the end. */
char *dc_json_format(const struct dc_json *j, enum dc_json_style style);
void dc_json_free(struct dc_json *j);

struct dc_json *dc_json_new_null(void);
struct dc_json *dc_json_new_bool(bool value);
struct dc_json *dc_json_new_int(int64_t value);
struct dc_json *dc_json_new_real(double value);
struct dc_json *dc_json_new_str(const char *s); /* NULL gives null */
struct dc_json *dc_json_new_strn(const char *s, size_t len);
struct dc_json *dc_json_new_array(void);
struct dc_json *dc_json_new_object(void);
struct dc_json *dc_json_copy(const struct dc_json *j); /* deep */

/* Into an object (an existing KEY is replaced) or, with KEY NULL, at the end
 * of an array. VALUE belongs to the container afterwards. */
void dc_json_add(struct dc_json *to, const char *key, struct dc_json *value);
void dc_json_add_str(struct dc_json *to, const char *key, const char *s);
void dc_json_add_int(struct dc_json *to, const char *key, int64_t value);
void dc_json_add_bool(struct dc_json *to, const char *key, bool value);
void dc_json_remove(struct dc_json *object, const char *key);

/* Everything found is borrowed from J. */
enum dc_json_type dc_json_type(const struct dc_json *j); /* NULL: null */
bool dc_json_is_true(const struct dc_json *j);
const char *dc_json_str(const struct dc_json *j); /* or NULL */
int64_t dc_json_int(const struct dc_json *j, int64_t otherwise);
double dc_json_real(const struct dc_json *j, double otherwise); /* ints too */
size_t dc_json_size(const struct dc_json *j); /* elements or keys */
struct dc_json *dc_json_at(const struct dc_json *array, size_t i);
struct dc_json *dc_json_find(const struct dc_json *object, const char *key);
const char *dc_json_find_str(const struct dc_json *object, const char *key);
int64_t dc_json_find_int(const struct dc_json *object, const char *key,
    int64_t otherwise);
bool dc_json_has_true(const struct dc_json *object, const char *key);

/* void *it = NULL; while (dc_json_each(object, &it, &key, &value)) ... Do not
 * add or remove while in the loop. */
bool dc_json_each(const struct dc_json *object, void **it, const char **key,
    struct dc_json **value);

static inline void
dc_json_free_(struct dc_json **j)
{
	dc_json_free(*j);
}
#define dc_auto_json __attribute__((cleanup(dc_json_free_)))

#endif
