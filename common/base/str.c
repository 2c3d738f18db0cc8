/* common/base/str.c -- see str.h. */
#include "common/base/str.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* U+FFFD */
#define REPLACEMENT "\xef\xbf\xbd"

void *
dc_xcalloc(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		abort();
	return p;
}

void *
dc_xrealloc(void *p, size_t size)
{
	void *q = realloc(p, size > 0 ? size : 1);

	if (q == NULL)
		abort();
	return q;
}

char *
dc_strdup(const char *s)
{
	return dc_strndup(s, strlen(s));
}

char *
dc_strndup(const char *s, size_t n)
{
	size_t len = strnlen(s, n);
	char *copy = dc_xcalloc(len + 1, 1);

	memcpy(copy, s, len);
	return copy;
}

char *
dc_vasprintf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		abort();
	return s;
}

char *
dc_asprintf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = dc_vasprintf(fmt, ap);
	va_end(ap);
	return s;
}

void
dc_str_addn(struct dc_str *s, const char *bytes, size_t n)
{
	if (s->len + n + 1 > s->cap) {
		s->cap = (s->len + n + 1) * 2;
		s->data = dc_xrealloc(s->data, s->cap);
	}
	if (n > 0)
		memcpy(s->data + s->len, bytes, n);
	s->len += n;
	s->data[s->len] = '\0';
}

void
dc_str_add(struct dc_str *s, const char *text)
{
	dc_str_addn(s, text, strlen(text));
}

void
dc_str_addf(struct dc_str *s, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = dc_vasprintf(fmt, ap);
	va_end(ap);
	dc_str_add(s, text);
	free(text);
}

/* Length of the UTF-8 sequence at S, 0 when there is none: no overlong forms,
 * no surrogates, nothing above U+10FFFF. */
static size_t
sequence(const unsigned char *s, size_t len)
{
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n > len)
		return 0;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

void
dc_str_add_utf8(struct dc_str *s, const char *bytes, size_t len)
{
	size_t i = 0, n;

	while (i < len) {
		n = sequence((const unsigned char *)bytes + i, len - i);
		if (n == 0)
			dc_str_add(s, REPLACEMENT);
		else
			dc_str_addn(s, bytes + i, n);
		i += n == 0 ? 1 : n;
	}
}

void
dc_str_shift(struct dc_str *s, size_t n)
{
	if (n == 0)
		return;
	memmove(s->data, s->data + n, s->len - n + 1);
	s->len -= n;
}

void
dc_str_done(struct dc_str *s)
{
	int saved = errno;

	free(s->data);
	*s = (struct dc_str){0};
	errno = saved;
}

char *
dc_str_steal(struct dc_str *s)
{
	char *data = s->data != NULL ? s->data : dc_strdup("");

	*s = (struct dc_str){0};
	return data;
}

void
dc_strv_add(struct dc_strv *sv, const char *s)
{
	sv->v = dc_xrealloc(sv->v, (sv->n + 2) * sizeof(*sv->v));
	sv->v[sv->n++] = dc_strdup(s);
	sv->v[sv->n] = NULL;
}

void
dc_strv_addf(struct dc_strv *sv, const char *fmt, ...)
{
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = dc_vasprintf(fmt, ap);
	va_end(ap);
	dc_strv_add(sv, text);
	free(text);
}

void
dc_strv_done(struct dc_strv *sv)
{
	int saved = errno;
	size_t i;

	for (i = 0; i < sv->n; i++)
		free(sv->v[i]);
	free(sv->v);
	*sv = (struct dc_strv){0};
	errno = saved;
}

bool
dc_has_prefix(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool
dc_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

bool
dc_is_number(const char *s, long long min, long long max, long long *value)
{
	char *end;
	long long v;

	if ((*s < '0' || *s > '9') && *s != '-')
		return false;
	errno = 0;
	v = strtoll(s, &end, 10);
	if (errno != 0 || *end != '\0' || v < min || v > max)
		return false;
	*value = v;
	return true;
}

char *
dc_base64_format(const unsigned char *bytes, size_t len)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	struct dc_str out = {0};
	unsigned bits;
	size_t i;

	for (i = 0; i < len; i += 3) {
		bits = (unsigned)bytes[i] << 16;
		if (i + 1 < len)
			bits |= (unsigned)bytes[i + 1] << 8;
		if (i + 2 < len)
			bits |= bytes[i + 2];
		dc_str_addn(&out, &digits[bits >> 18 & 63], 1);
		dc_str_addn(&out, &digits[bits >> 12 & 63], 1);
		dc_str_addn(&out, i + 1 < len ? &digits[bits >> 6 & 63] : "=",
		    1);
		dc_str_addn(&out, i + 2 < len ? &digits[bits & 63] : "=", 1);
	}
	return dc_str_steal(&out);
}
