/* runtime/value.c -- see value.h. */
#include "runtime/value.h"

#include "common/base/auto.h"

#include <ctype.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	int number;
} signals[] = {
    {"TERM", SIGTERM},
    {"HUP", SIGHUP},
    {"INT", SIGINT},
    {"QUIT", SIGQUIT},
    {"KILL", SIGKILL},
    {"USR1", SIGUSR1},
    {"USR2", SIGUSR2},
    {"ABRT", SIGABRT},
    {"ALRM", SIGALRM},
    {"CONT", SIGCONT},
    {"STOP", SIGSTOP},
    {"WINCH", SIGWINCH},
};

const char *
value_find_env(const struct dc_strv *env, const char *key, size_t n)
{
	for (size_t i = 0; env != NULL && i < env->n; i++)
		if (strncmp(env->v[i], key, n) == 0 && env->v[i][n] == '=')
			return env->v[i] + n + 1;
	return NULL;
}

void
value_set_env(struct dc_strv *env, const char *key, const char *value)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->v[i], key, n) == 0 && env->v[i][n] == '=') {
			free(env->v[i]);
			env->v[i] = dc_asprintf("%s=%s", key, value);
			return;
		}
	dc_strv_addf(env, "%s=%s", key, value);
}

static bool
is_word(const char *name, size_t n, const char *word)
{
	return strlen(word) == n && memcmp(name, word, n) == 0;
}

/* Adds what the N bytes at NAME stand for; WIDTH digits for a number. */
static int
add_name(struct dc_str *out, const char *name, size_t n, int width,
    const struct value_scope *scope, struct dc_err *err)
{
	const char *text = NULL;

	if (is_word(name, n, "process_num") && scope->process_num >= 0) {
		dc_str_addf(out, "%0*d", width, scope->process_num);
		return 0;
	}
	if (is_word(name, n, "numprocs") && scope->numprocs > 0) {
		dc_str_addf(out, "%0*d", width, scope->numprocs);
		return 0;
	}
	if (is_word(name, n, "here"))
		text = scope->here;
	else if (is_word(name, n, "program_name"))
		text = scope->program;
	else if (is_word(name, n, "group_name"))
		text = scope->group;
	else if (is_word(name, n, "host_node_name"))
		text = scope->host;
	else if (n > 4 && memcmp(name, "ENV_", 4) == 0)
		text = value_find_env(scope->env, name + 4, n - 4);
	if (text == NULL)
		return dc_fail(err, DC_EINVAL, "'%%(%.*s)s' has no value here",
		    (int)n, name);
	dc_str_add(out, text);
	return 0;
}

/* *P is at "%("; moved behind the s or d that ends it. */
static int
expand_name(struct dc_str *out, const char **p, const struct value_scope *scope,
    struct dc_err *err)
{
	const char *name = *p + 2, *end = strchr(name, ')'), *s;
	int width = 0;

	if (end == NULL)
		return dc_fail(err, DC_EINVAL, "'%%(' without ')'");
	for (s = end + 1; isdigit((unsigned char)*s) && width < 10; s++)
		width = width * 10 + (*s - '0');
	if (*s != 's' && *s != 'd')
		return dc_fail(err, DC_EINVAL, "'%%(%.*s)' lacks its 's'",
		    (int)(end - name), name);
	*p = s + 1;
	return add_name(out, name, (size_t)(end - name), width, scope, err);
}

int
value_expand(char **out, const char *text, const struct value_scope *scope,
    struct dc_err *err)
{
	dc_auto_str struct dc_str s = {0};
	int rc;

	while (*text != '\0') {
		size_t n = strcspn(text, "%");

		dc_str_addn(&s, text, n);
		text += n;
		if (text[0] == '\0')
			break;
		if (text[1] == '(') {
			rc = expand_name(&s, &text, scope, err);
			if (rc < 0)
				return rc;
		} else {
			dc_str_add(&s, "%");
			text += text[1] == '%' ? 2 : 1;
		}
	}
	*out = dc_str_steal(&s);
	return 0;
}

int
value_parse_bool(bool *out, const char *text, struct dc_err *err)
{
	static const char *const yes[] = {"true", "yes", "on", "1"};
	static const char *const no[] = {"false", "no", "off", "0", "none"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(*yes); i++)
		if (strcasecmp(text, yes[i]) == 0) {
			*out = true;
			return 0;
		}
	for (size_t i = 0; i < sizeof(no) / sizeof(*no); i++)
		if (strcasecmp(text, no[i]) == 0) {
			*out = false;
			return 0;
		}
	return dc_fail(err, DC_EINVAL, "'%s' is neither true nor false", text);
}

int
value_parse_int(int *out, const char *text, int min, int max,
    struct dc_err *err)
{
	long long n;

	if (!dc_is_number(text, min, max, &n))
		return dc_fail(err, DC_EINVAL,
		    "'%s' is not a number from %d to %d", text, min, max);
	*out = (int)n;
	return 0;
}

int
value_parse_bytes(int64_t *out, const char *text, struct dc_err *err)
{
	static const struct {
		const char *suffix;
		int shift;
	} units[] = {{"KB", 10}, {"MB", 20}, {"GB", 30}};
	dc_auto_free char *digits = dc_strdup(text);
	size_t n = strlen(digits);
	int shift = 0;
	long long value;

	for (size_t i = 0; n > 2 && i < sizeof(units) / sizeof(*units); i++)
		if (strcasecmp(digits + n - 2, units[i].suffix) == 0) {
			shift = units[i].shift;
			digits[n - 2] = '\0';
			break;
		}
	if (!dc_is_number(digits, 0, INT64_MAX >> 31, &value))
		return dc_fail(err, DC_EINVAL, "'%s' is not a size like 10MB",
		    text);
	*out = (int64_t)value << shift;
	return 0;
}

int
value_parse_signal(int *out, const char *text, struct dc_err *err)
{
	const char *name = strncasecmp(text, "SIG", 3) == 0 ? text + 3 : text;
	long long n;

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (strcasecmp(name, signals[i].name) == 0) {
			*out = signals[i].number;
			return 0;
		}
	if (!dc_is_number(text, 1, 64, &n))
		return dc_fail(err, DC_EINVAL, "'%s' is not a signal", text);
	*out = (int)n;
	return 0;
}

static bool
is_separator(char c)
{
	return c == ',' || isspace((unsigned char)c);
}

/* *P is behind the '='. A quote has no escapes: it lasts until its twin. */
static int
take_env_value(struct dc_str *out, const char **p)
{
	const char *s = *p, *end;

	while (*s != '\0' && !is_separator(*s)) {
		if (*s == '"' || *s == '\'') {
			end = strchr(s + 1, *s);
			if (end == NULL)
				return -1;
			dc_str_addn(out, s + 1, (size_t)(end - s - 1));
			s = end + 1;
		} else {
			dc_str_addn(out, s++, 1);
		}
	}
	*p = s;
	return 0;
}

int
value_parse_env(struct dc_strv *out, const char *text, struct dc_err *err)
{
	const char *p = text;

	for (;;) {
		dc_auto_str struct dc_str value = {0};
		dc_auto_free char *key = NULL;
		size_t n;

		while (is_separator(*p))
			p++;
		if (*p == '\0')
			return 0;
		n = strcspn(p, "=, \t\n\"'");
		if (n == 0 || p[n] != '=')
			return dc_fail(err, DC_EINVAL,
			    "expected KEY=\"value\" at '%.40s'", p);
		key = dc_strndup(p, n);
		p += n + 1;
		if (take_env_value(&value, &p) < 0)
			return dc_fail(err, DC_EINVAL,
			    "the quote of '%s' is not closed", key);
		value_set_env(out, key, value.data != NULL ? value.data : "");
	}
}
