/* uploader/form.c -- see form.h. */
#include "uploader/form.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <string.h>

void
params_add(struct params *p, const char *name, const char *value)
{
	p->v = dc_xrealloc(p->v, (p->n + 1) * sizeof(*p->v));
	p->v[p->n].name = dc_strdup(name);
	p->v[p->n].value = dc_strdup(value != NULL ? value : "");
	p->n++;
}

const char *
params_find(const struct params *p, const char *name)
{
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->v[i].name, name) == 0)
			return p->v[i].value;
	return NULL;
}

void
params_done(struct params *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->v[i].name);
		free(p->v[i].value);
	}
	free(p->v);
	*p = (struct params){0};
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int
decode(char **out, const char *text, size_t len, struct dc_err *err)
{
	dc_auto_free char *s = dc_xcalloc(len + 1, 1);
	size_t i, n = 0;

	for (i = 0; i < len; i++) {
		s[n] = text[i] == '+' ? ' ' : text[i];
		if (text[i] == '%') {
			if (i + 2 >= len || hex_digit(text[i + 1]) < 0 ||
			    hex_digit(text[i + 2]) < 0)
				return dc_fail(err, DC_EINVAL,
				    "broken escape in the form");
			s[n] = (char)(hex_digit(text[i + 1]) * 16 +
				      hex_digit(text[i + 2]));
			i += 2;
		}
		if (s[n] == '\0')
			return dc_fail(err, DC_EINVAL, "NUL in the form");
		n++;
	}
	*out = dc_steal_ptr(&s);
	return 0;
}

static int
parse_pair(struct params *p, const char *text, size_t len, struct dc_err *err)
{
	const char *eq = memchr(text, '=', len);
	size_t name_len = eq != NULL ? (size_t)(eq - text) : len;
	dc_auto_free char *name = NULL;
	dc_auto_free char *value = NULL;
	int rc;

	rc = decode(&name, text, name_len, err);
	if (rc == 0 && eq != NULL)
		rc = decode(&value, eq + 1, len - name_len - 1, err);
	if (rc == 0)
		params_add(p, name, value);
	return rc;
}

int
form_parse(struct params *p, const char *text, size_t len, struct dc_err *err)
{
	const char *end = text + len, *amp;
	int rc = 0;

	while (rc == 0 && text < end) {
		amp = memchr(text, '&', (size_t)(end - text));
		if (amp == NULL)
			amp = end;
		if (amp > text)
			rc = parse_pair(p, text, (size_t)(amp - text), err);
		text = amp + 1;
	}
	return rc;
}

static int
base64_digit(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p != NULL ? (int)(p - digits) : -1;
}

int
base64_parse(unsigned char **out, size_t *len, const char *text,
    struct dc_err *err)
{
	size_t n = strlen(text), i, made = 0;
	size_t pad = dc_has_suffix(text, "==") ? 2 : dc_has_suffix(text, "=");
	dc_auto_free unsigned char *s = dc_xcalloc(n / 4 * 3 + 1, 1);
	unsigned bits = 0;
	int digit;

	if (n == 0 || n % 4 != 0)
		return dc_fail(err, DC_EINVAL, "not base64");
	for (i = 0; i < n; i++) {
		digit = i >= n - pad ? 0 : base64_digit(text[i]);
		if (digit < 0)
			return dc_fail(err, DC_EINVAL, "not base64");
		bits = bits << 6 | (unsigned)digit;
		if (i % 4 != 3)
			continue;
		s[made++] = (unsigned char)(bits >> 16);
		s[made++] = (unsigned char)(bits >> 8);
		s[made++] = (unsigned char)bits;
	}
	*len = made - pad;
	s[*len] = '\0';
	*out = dc_steal_ptr(&s);
	return 0;
}

bool
param_is_true(const char *value)
{
	return value != NULL &&
	       (*value == '\0' || strcmp(value, "1") == 0 ||
		   strcmp(value, "true") == 0 || strcmp(value, "yes") == 0);
}
