/* runtime/words.c -- see words.h. */
#include "runtime/words.h"

#include <string.h>

static bool
is_blank(char c)
{
	return c != '\0' && strchr(" \t\r\n", c) != NULL;
}

/* *P is behind the opening QUOTE; moved behind the closing one. Inside "..",
 * a backslash escapes only '"' and itself: shlex's escapedquotes. */
static int
take_quoted(struct dc_str *word, const char **p, char quote)
{
	const char *s = *p;

	for (; *s != '\0'; s++) {
		if (*s == quote) {
			*p = s + 1;
			return 0;
		}
		if (*s == '\\' && quote == '"' && (s[1] == '"' || s[1] == '\\'))
			s++;
		dc_str_addn(word, s, 1);
	}
	return -1;
}

static int
take_word(struct dc_str *word, const char **p, struct dc_err *err)
{
	const char *s = *p;

	while (*s != '\0' && !is_blank(*s)) {
		char c = *s++;

		if (c == '\'' || c == '"') {
			if (take_quoted(word, &s, c) < 0)
				return dc_fail(err, DC_EINVAL,
				    "no closing quotation");
			continue;
		}
		if (c == '\\') {
			if (*s == '\0')
				return dc_fail(err, DC_EINVAL,
				    "nothing follows the last backslash");
			c = *s++;
		}
		dc_str_addn(word, &c, 1);
	}
	*p = s;
	return 0;
}

int
words_split(struct dc_strv *out, const char *line, struct dc_err *err)
{
	dc_auto_strv struct dc_strv words = {0};
	const char *p = line;
	int rc;

	for (;;) {
		dc_auto_str struct dc_str word = {0};

		while (is_blank(*p))
			p++;
		if (*p == '\0')
			break;
		rc = take_word(&word, &p, err);
		if (rc < 0)
			return rc;
		dc_strv_add(&words, word.data != NULL ? word.data : "");
	}
	for (size_t i = 0; i < words.n; i++)
		dc_strv_add(out, words.v[i]);
	return 0;
}
