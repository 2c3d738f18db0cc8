/* uploader/words.c -- see words.h. */
#include "uploader/words.h"

#include "common/base/auto.h"
#include "common/base/limits.h"

#include <string.h>

#define TEXT_MAX 8192
#define WORDS_MAX 128
#define NAME "abcdefghijklmnopqrstuvwxyz0123456789"

static int
check_text(const char *text, struct dc_err *err)
{
	const unsigned char *p;

	if (strlen(text) > TEXT_MAX)
		return dc_fail(err, DC_EINVAL, "the command is too long");
	for (p = (const unsigned char *)text; *p != '\0'; p++)
		if (*p < ' ' || *p == 127)
			return dc_fail(err, DC_EINVAL,
			    "control characters in the command");
	return 0;
}

/* One word from TEXT, which is moved behind it. */
static int
cut(struct dc_str *word, const char **text, struct dc_err *err)
{
	const char *p = *text;
	char quote = '\0';

	for (; *p != '\0' && (quote != '\0' || *p != ' '); p++) {
		if (*p == '\\' && quote != '\'' && p[1] != '\0')
			dc_str_addn(word, ++p, 1);
		else if (quote != '\0' && *p == quote)
			quote = '\0';
		else if (quote == '\0' && (*p == '\'' || *p == '"'))
			quote = *p;
		else
			dc_str_addn(word, p, 1);
	}
	if (quote != '\0')
		return dc_fail(err, DC_EINVAL, "an open quote in the command");
	*text = p;
	return 0;
}

int
words_parse(struct dc_strv *out, const char *text, struct dc_err *err)
{
	int rc = check_text(text, err);

	while (rc == 0) {
		dc_auto_str struct dc_str word = {0};

		while (*text == ' ')
			text++;
		if (*text == '\0')
			break;
		if (out->n == WORDS_MAX)
			return dc_fail(err, DC_EINVAL,
			    "too many words in the command");
		rc = cut(&word, &text, err);
		if (rc == 0)
			dc_strv_add(out, word.data != NULL ? word.data : "");
	}
	return rc;
}

void
target_done(struct target *t)
{
	free(t->app);
	free(t->name);
	*t = (struct target){0};
}

static int
hex_digit(char c)
{
	const char *digits = "0123456789abcdef0123456789ABCDEF";
	const char *p = c != '\0' ? strchr(digits, c) : NULL;

	return p == NULL ? -1 : (int)(p - digits) % 16;
}

/* Some clients send the URL's path as it is, with its escapes. */
static void
unescape(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (*s == '%' && hex_digit(s[1]) >= 0 && hex_digit(s[2]) >= 0 &&
		    (hex_digit(s[1]) > 1)) {
			*to++ = (char)(hex_digit(s[1]) * 16 + hex_digit(s[2]));
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* A subset of git check-ref-format that leaves no way out of refs/heads. */
static bool
is_branch(const char *s)
{
	return *s != '\0' && *s != '-' && *s != '/' && *s != '.' &&
	       strlen(s) < 200 && strstr(s, "..") == NULL &&
	       strstr(s, "//") == NULL && strstr(s, "/.") == NULL &&
	       strstr(s, "@{") == NULL && strpbrk(s, " ~^:?*[\\\177") == NULL &&
	       !dc_has_suffix(s, ".lock") && !dc_has_suffix(s, "/") &&
	       !dc_has_suffix(s, ".");
}

static bool
is_commit(const char *s)
{
	size_t n = strspn(s, "0123456789abcdef");

	return s[n] == '\0' && n >= 4 && n <= 40;
}

static int
set_branch(struct target *t, enum target_kind kind, const char *name)
{
	t->kind = kind;
	t->name = dc_strdup(name);
	unescape(t->name);
	/* It will stand between quotes in what hg is asked. */
	if (kind == TARGET_HG_BRANCH && strchr(t->name, '"') != NULL)
		return DC_EINVAL;
	return is_branch(t->name) ? 0 : DC_EINVAL;
}

static int
set_commit(struct target *t, enum target_kind kind, const char *name)
{
	t->kind = kind;
	t->name = dc_strdup(name);
	return is_commit(t->name) ? 0 : DC_EINVAL;
}

/* What follows the application's name. */
static int
parse_rest(struct target *t, const char *rest)
{
	if (strcmp(rest, ".git") == 0 || strcmp(rest, ".git/") == 0) {
		t->kind = TARGET_PLAIN;
		return 0;
	}
	if (strcmp(rest, "/rsync") == 0 || strcmp(rest, "/rsync/") == 0) {
		t->kind = TARGET_RSYNC;
		return 0;
	}
	if (strcmp(rest, "/hg") == 0 || strcmp(rest, "/hg/") == 0) {
		t->kind = TARGET_HG;
		return 0;
	}
	if (dc_has_prefix(rest, "/git/"))
		return set_branch(t, TARGET_BRANCH, rest + 5);
	if (dc_has_prefix(rest, "/commit/"))
		return set_commit(t, TARGET_COMMIT, rest + 8);
	if (dc_has_prefix(rest, "/hg/branch/"))
		return set_branch(t, TARGET_HG_BRANCH, rest + 11);
	if (dc_has_prefix(rest, "/hg/commit/"))
		return set_commit(t, TARGET_HG_COMMIT, rest + 11);
	return DC_EINVAL;
}

int
target_parse(struct target *out, const char *path, struct dc_err *err)
{
	target_auto struct target t = {0};
	bool is_name;
	size_t n, m;

	if (*path == '/')
		path++;
	n = strspn(path, NAME);
	is_name = n >= 1 && n <= DC_MAX_APP_NAME;
	if (path[n] == '-') {
		m = strspn(path + n + 1, NAME);
		is_name = is_name && m >= 1 && m <= DC_MAX_USER_NAME;
		n += 1 + m;
	}
	t.app = dc_strndup(path, n);
	if (!is_name || parse_rest(&t, path + n) < 0)
		return dc_fail(err, DC_EINVAL,
		    "there is nothing at '%.200s': push to /APPLICATION.git",
		    path);
	*out = t;
	t = (struct target){0};
	return 0;
}
