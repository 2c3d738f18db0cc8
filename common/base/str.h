/* common/base/str.h -- growing strings and lists of strings. Out of memory
 * aborts: nothing here can fail. */
#ifndef DC_STR_H
#define DC_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

void *dc_xcalloc(size_t n, size_t size);
void *dc_xrealloc(void *p, size_t size);
char *dc_strdup(const char *s);
char *dc_strndup(const char *s, size_t n);
char *dc_vasprintf(const char *fmt, va_list ap)
    __attribute__((format(printf, 1, 0)));
char *dc_asprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A string under construction. data is always NUL-terminated once anything
 * was added; NULL before. */
struct dc_str {
	char *data;
	size_t len, cap;
};

void dc_str_add(struct dc_str *s, const char *text);
void dc_str_addn(struct dc_str *s, const char *bytes, size_t n);
void dc_str_addf(struct dc_str *s, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Each byte that is not UTF-8 becomes U+FFFD. */
void dc_str_add_utf8(struct dc_str *s, const char *bytes, size_t len);
/* Removes the first N bytes. */
void dc_str_shift(struct dc_str *s, size_t n);
void dc_str_done(struct dc_str *s);
/* The text (never NULL), which is the caller's to free; S is empty again. */
char *dc_str_steal(struct dc_str *s);

/* A NULL-terminated vector of owned strings: argv, envp. */
struct dc_strv {
	char **v;
	size_t n;
};

void dc_strv_add(struct dc_strv *sv, const char *s);
void dc_strv_addf(struct dc_strv *sv, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void dc_strv_done(struct dc_strv *sv);

#define dc_auto_str __attribute__((cleanup(dc_str_done)))
#define dc_auto_strv __attribute__((cleanup(dc_strv_done)))

bool dc_has_prefix(const char *s, const char *prefix);
bool dc_has_suffix(const char *s, const char *suffix);

/* With its padding, on one line; the caller's. */
char *dc_base64_format(const unsigned char *bytes, size_t len);

/* The whole of S is a decimal number from MIN to MAX. */
bool dc_is_number(const char *s, long long min, long long max,
    long long *value);

#endif
