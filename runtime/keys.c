/* runtime/keys.c -- see keys.h. */
#include "runtime/keys.h"

#include "common/base/auto.h"
#include "runtime/machine.h"
#include "runtime/words.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DEFAULT_LOG_BYTES (10 << 20)
#define DEFAULT_LOG_BACKUPS 3
#define MAX_SECONDS 86400

typedef int key_fn(struct program_settings *p, const char *text,
    struct dc_err *err);

static int
set_command(struct program_settings *p, const char *text, struct dc_err *err)
{
	free(p->command);
	p->command = dc_strdup(text);
	dc_strv_done(&p->argv);
	p->argv = (struct dc_strv){0};
	return words_split(&p->argv, text, err);
}

static int
set_directory(struct program_settings *p, const char *text, struct dc_err *err)
{
	(void)err;
	free(p->directory);
	p->directory = *text != '\0' ? dc_strdup(text) : NULL;
	return 0;
}

static int
set_user(struct program_settings *p, const char *text, struct dc_err *err)
{
	struct account *a;
	int rc = account_find(&a, text, err);

	if (rc < 0)
		return DC_EINVAL;
	account_free(p->account);
	p->account = a;
	return 0;
}

int
keys_parse_priority(int *out, const char *text, struct dc_err *err)
{
	return value_parse_int(out, text, -100000, 100000, err);
}

static int
set_priority(struct program_settings *p, const char *text, struct dc_err *err)
{
	return keys_parse_priority(&p->priority, text, err);
}

static int
set_autostart(struct program_settings *p, const char *text, struct dc_err *err)
{
	return value_parse_bool(&p->is_autostarted, text, err);
}

static int
set_autorestart(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	bool yes;
	int rc;

	if (strcasecmp(text, "unexpected") == 0) {
		p->restart = RESTART_UNEXPECTED;
		return 0;
	}
	rc = value_parse_bool(&yes, text, err);
	if (rc == 0)
		p->restart = yes ? RESTART_ALWAYS : RESTART_NEVER;
	return rc;
}

static int
set_startsecs(struct program_settings *p, const char *text, struct dc_err *err)
{
	return value_parse_int(&p->start_secs, text, 0, MAX_SECONDS, err);
}

static int
set_startretries(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_int(&p->start_retries, text, 0, 1000000, err);
}

static int
set_backoffmsecs(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_int(&p->backoff_ms, text, 1, MACHINE_BACKOFF_MS,
	    err);
}

static int
set_exitcodes(struct program_settings *p, const char *text, struct dc_err *err)
{
	dc_auto_free char *copy = dc_strdup(text);
	char *save = NULL;
	int code, rc;

	memset(p->expected_exits, 0, sizeof(p->expected_exits));
	for (char *s = strtok_r(copy, ", \t", &save); s != NULL;
	     s = strtok_r(NULL, ", \t", &save)) {
		rc = value_parse_int(&code, s, 0, 255, err);
		if (rc < 0)
			return rc;
		p->expected_exits[code / 64] |= (uint64_t)1 << (code % 64);
	}
	return 0;
}

static int
set_stopsignal(struct program_settings *p, const char *text, struct dc_err *err)
{
	return value_parse_signal(&p->stop_signal, text, err);
}

static int
set_restartsignal(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_signal(&p->restart_signal, text, err);
}

static int
set_stopwaitsecs(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_int(&p->stop_wait_secs, text, 0, MAX_SECONDS, err);
}

/* As supervisord: who stops the group also kills it. */
static int
set_stopasgroup(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	int rc = value_parse_bool(&p->is_group_stopped, text, err);

	if (rc == 0 && p->is_group_stopped)
		p->is_group_killed = true;
	return rc;
}

static int
set_killasgroup(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_bool(&p->is_group_killed, text, err);
}

static int
set_umask(struct program_settings *p, const char *text, struct dc_err *err)
{
	char *end;
	long n = strtol(text, &end, 8);

	if (*text == '\0' || *end != '\0' || n < 0 || n > 0777)
		return dc_fail(err, DC_EINVAL, "'%s' is not an octal mask",
		    text);
	p->umask = (int)n;
	return 0;
}

static int
set_redirect(struct program_settings *p, const char *text, struct dc_err *err)
{
	return value_parse_bool(&p->is_stderr_redirected, text, err);
}

/* There is no syslog in a container: it gets the usual file. */
static void
set_log_path(struct log_settings *log, const char *text)
{
	free(log->path);
	log->path = NULL;
	if (strcasecmp(text, "none") == 0 || strcasecmp(text, "off") == 0 ||
	    strcmp(text, "/dev/null") == 0)
		return;
	if (*text == '\0' || strcasecmp(text, "auto") == 0 ||
	    strcasecmp(text, "syslog") == 0)
		text = "AUTO";
	log->path = dc_strdup(text);
}

static int
set_out_path(struct program_settings *p, const char *text, struct dc_err *err)
{
	(void)err;
	set_log_path(&p->out, text);
	return 0;
}

static int
set_err_path(struct program_settings *p, const char *text, struct dc_err *err)
{
	(void)err;
	set_log_path(&p->err, text);
	return 0;
}

static int
set_out_bytes(struct program_settings *p, const char *text, struct dc_err *err)
{
	return value_parse_bytes(&p->out.max_bytes, text, err);
}

static int
set_err_bytes(struct program_settings *p, const char *text, struct dc_err *err)
{
	return value_parse_bytes(&p->err.max_bytes, text, err);
}

static int
set_out_backups(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_int(&p->out.backups, text, 0, 100, err);
}

static int
set_err_backups(struct program_settings *p, const char *text,
    struct dc_err *err)
{
	return value_parse_int(&p->err.backups, text, 0, 100, err);
}

/* SET NULL: settings.c has read it, or it does nothing here. */
static const struct {
	const char *name;
	key_fn *set;
	const char *treatment; /* for the manual, which has this table */
} keys[] = {
    {"command", set_command, "yes"},
    {"directory", set_directory, "yes; ~ is the home"},
    {"environment", NULL, "yes"},
    {"user", set_user, "dotcloud only"},
    {"numprocs", NULL, "yes"},
    {"numprocs_start", NULL, "yes"},
    {"process_name", NULL, "yes"},
    {"priority", set_priority, "yes"},
    {"autostart", set_autostart, "yes"},
    {"autorestart", set_autorestart, "yes; default true"},
    {"startsecs", set_startsecs, "yes"},
    {"startretries", set_startretries, "yes; default no limit"},
    {"backoffmsecs", set_backoffmsecs, "ours: see below"},
    {"exitcodes", set_exitcodes, "yes"},
    {"stopsignal", set_stopsignal, "yes"},
    {"stopwaitsecs", set_stopwaitsecs, "yes"},
    {"restartsignal", set_restartsignal, "ours: see below"},
    {"stopasgroup", set_stopasgroup, "yes"},
    {"killasgroup", set_killasgroup, "yes"},
    {"umask", set_umask, "yes"},
    {"redirect_stderr", set_redirect, "yes"},
    {"stdout_logfile", set_out_path, "yes; syslog, a device is AUTO"},
    {"stdout_logfile_maxbytes", set_out_bytes, "yes; default 10MB"},
    {"stdout_logfile_backups", set_out_backups, "yes; default 3"},
    {"stdout_events_enabled", NULL, "for event listeners"},
    {"stdout_capture_maxbytes", NULL, "for event listeners"},
    {"stdout_syslog", NULL, "ignored"},
    {"stderr_logfile", set_err_path, "yes; syslog, a device is AUTO"},
    {"stderr_logfile_maxbytes", set_err_bytes, "yes; default 10MB"},
    {"stderr_logfile_backups", set_err_backups, "yes; default 3"},
    {"stderr_events_enabled", NULL, "for event listeners"},
    {"stderr_capture_maxbytes", NULL, "for event listeners"},
    {"stderr_syslog", NULL, "ignored"},
    {"serverurl", NULL, "ignored"},
    {"only_if_exists", NULL, "in the deployer's file only"},
};

const char *
keys_name(size_t i, const char **treatment)
{
	if (i >= sizeof(keys) / sizeof(*keys))
		return NULL;
	*treatment = keys[i].treatment;
	return keys[i].name;
}

void
keys_init(struct program_settings *p)
{
	*p = (struct program_settings){
	    .out = {.path = dc_strdup("AUTO"),
		.max_bytes = DEFAULT_LOG_BYTES,
		.backups = DEFAULT_LOG_BACKUPS},
	    .err = {.path = dc_strdup("AUTO"),
		.max_bytes = DEFAULT_LOG_BYTES,
		.backups = DEFAULT_LOG_BACKUPS},
	    .is_autostarted = true,
	    .restart = RESTART_ALWAYS,
	    .group_priority = 999,
	    .priority = 999,
	    .start_secs = 1,
	    .start_retries = -1,
	    .backoff_ms = MACHINE_BACKOFF_MS,
	    .stop_signal = SIGTERM,
	    .stop_wait_secs = 10,
	    .umask = 022,
	    .expected_exits = {1},
	};
}

/* Split first, so that a quote in %(ENV_X)s is not one of ours. */
static int
set_environment(struct program_settings *p, const char *text,
    const struct value_scope *scope, struct dc_err *err)
{
	dc_auto_strv struct dc_strv raw = {0};
	int rc = value_parse_env(&raw, text, err);

	for (size_t i = 0; rc == 0 && i < raw.n; i++) {
		dc_auto_free char *entry = NULL;
		char *equals;

		rc = value_expand(&entry, raw.v[i], scope, err);
		equals = rc == 0 ? strchr(entry, '=') : NULL;
		if (equals != NULL) {
			*equals = '\0';
			value_set_env(&p->env, entry, equals + 1);
		}
	}
	return rc;
}

int
keys_set(struct program_settings *p, const struct ini_entry *e,
    const struct value_scope *scope, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (strcmp(e->key, keys[i].name) != 0)
			continue;
		rc = 0;
		if (strcmp(e->key, "environment") == 0)
			rc = set_environment(p, e->value, scope, err);
		else if (keys[i].set != NULL)
			rc = value_expand(&text, e->value, scope, err);
		if (text != NULL)
			rc = keys[i].set(p, text, err);
		if (rc < 0)
			return dc_wrap(err, DC_EINVAL, "%s", e->key);
		return 0;
	}
	return DC_ENOTFOUND;
}
