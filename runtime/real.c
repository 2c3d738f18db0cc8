/* runtime/real.c -- see real.h. */
#include "runtime/real.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "runtime/elsewhere.h"
#include "runtime/sources.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

/* Longer than any grace: the container's end is the limit. */
#define STOP_SECONDS "3600"

struct writer {
	const struct ini *ini;
	const struct settings_options *options;
	const char *home;
	struct dc_str out;
};

static bool
is_standard_rpc(const char *section)
{
	return strcmp(section, "rpcinterface:supervisor") == 0;
}

bool
real_is_needed(const struct ini *ini)
{
	static const char *const more[] = {"eventlistener:", "fcgi-program:",
	    "rpcinterface:", "ctlplugin:", "inet_http_server"};

	for (size_t i = 0; i < ini->n; i++) {
		const char *section = ini->v[i].section;

		for (size_t j = 0; j < sizeof(more) / sizeof(*more); j++)
			if (dc_has_prefix(section, more[j]) &&
			    !is_standard_rpc(section))
				return true;
	}
	return false;
}

bool
real_is_process(const char *section)
{
	return dc_has_prefix(section, "program:") ||
	       dc_has_prefix(section, "fcgi-program:") ||
	       dc_has_prefix(section, "eventlistener:");
}

/* The entry of SECTION that counts, or NULL. */
static const struct ini_entry *
find(const struct ini *ini, const char *section, const char *key)
{
	for (size_t i = ini->n; i-- > 0;) {
		const struct ini_entry *e = &ini->v[i];

		if (e->key != NULL && strcmp(e->key, key) == 0 &&
		    strcmp(e->section, section) == 0)
			return e;
	}
	return NULL;
}

bool
real_takes(const struct ini *ini, const char *section, const char *user)
{
	static const char *const others[] = {"group:", "rpcinterface:",
	    "ctlplugin:", "inet_http_server"};
	const struct ini_entry *e = find(ini, section, "user");

	if (real_is_process(section))
		return e == NULL || e->is_included ||
		       strcmp(e->value, user) == 0;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (dc_has_prefix(section, others[i]))
			return !is_standard_rpc(section);
	return false;
}

/* %(here)s is the directory of the file that says it, not of the one that we
 * write. */
static void
add_text(struct dc_str *out, const char *text, const char *here)
{
	static const char name[] = "%(here)s";
	const char *p;

	for (; *text != '\0'; text++)
		if (strncmp(text, name, sizeof(name) - 1) == 0) {
			for (p = here; *p != '\0'; p++)
				dc_str_addn(out, *p == '%' ? "%%" : p,
				    *p == '%' ? 2 : 1);
			text += sizeof(name) - 2;
		} else if (*text == '\n') {
			if (text[1] != '\n')
				dc_str_add(out, "\n\t");
		} else {
			dc_str_addn(out, text, 1);
		}
}

static bool
is_log(const char *key)
{
	return strcmp(key, "stdout_logfile") == 0 ||
	       strcmp(key, "stderr_logfile") == 0;
}

/* There is no syslog in a container, nobody else to be, and AUTO has a name. */
static bool
is_dropped(const struct ini_entry *e)
{
	return (real_is_process(e->section) && strcmp(e->key, "user") == 0) ||
	       (is_log(e->key) && (strcasecmp(e->value, "syslog") == 0 ||
				      strcasecmp(e->value, "auto") == 0)) ||
	       dc_has_suffix(e->key, "_syslog");
}

static void
add_entry(struct writer *w, const struct ini_entry *e)
{
	dc_auto_free char *here = sources_here(e->file);
	const char *value = e->value;
	bool is_path = real_is_process(e->section) &&
		       (strcmp(e->key, "directory") == 0 || is_log(e->key));

	if (is_dropped(e))
		return;
	dc_str_addf(&w->out, "%s = ", e->key);
	if (is_path && value[0] == '~' &&
	    (value[1] == '/' || value[1] == '\0')) {
		dc_str_add(&w->out, w->home);
		value++;
	} else if (is_path && is_log(e->key) && value[0] != '/' &&
		   value[0] != '%' && strcasecmp(value, "none") != 0 &&
		   strcasecmp(value, "off") != 0) {
		dc_str_addf(&w->out, "%s/", here);
	}
	add_text(&w->out, value, here);
	dc_str_add(&w->out, "\n");
}

/* All that any file says in SECTION; ONLY: a list of keys, NULL ends it. */
static void
add_entries(struct writer *w, const char *section, const char *const *only)
{
	for (size_t i = 0; i < w->ini->n; i++) {
		const struct ini_entry *e = &w->ini->v[i];
		bool is_wanted = only == NULL;

		if (e->key == NULL || strcmp(e->section, section) != 0)
			continue;
		for (size_t j = 0; !is_wanted && only[j] != NULL; j++)
			is_wanted = strcmp(e->key, only[j]) == 0;
		if (is_wanted)
			add_entry(w, e);
	}
}

static void
add_log(struct writer *w, const char *stream, const char *name,
    const char *suffix)
{
	dc_str_addf(&w->out,
	    "%s_logfile = %s/%s%s.log\n%s_logfile_maxbytes = 10MB\n"
	    "%s_logfile_backups = 3\n",
	    stream, w->options->log_dir, name, suffix, stream, stream);
}

/* What our own supervisor does when nobody says otherwise. */
static void
add_defaults(struct writer *w, const struct ini_entry *header)
{
	const char *section = header->section;
	const struct ini_entry *e = find(w->ini, section, "process_name");
	const struct ini_entry *n = find(w->ini, section, "numprocs");
	const struct ini_entry *redirect =
	    find(w->ini, section, "redirect_stderr");
	bool is_many = n != NULL && strcmp(n->value, "1") != 0;
	const char *name =
	    is_many && e != NULL ? e->value : strchr(section, ':') + 1;
	dc_auto_free char *here = sources_here(header->file);

	dc_str_add(&w->out, "autorestart = true\nstartretries = 1000000\n");
	if (header->is_included) {
		dc_str_add(&w->out, "directory = ");
		add_text(&w->out, "%(here)s", here);
		dc_str_add(&w->out, "\n");
	}
	if (dc_has_prefix(section, "eventlistener:"))
		dc_str_add(&w->out, "stdout_logfile = NONE\n");
	else
		add_log(w, "stdout", name, "");
	if (redirect == NULL || strcasecmp(redirect->value, "true") != 0)
		add_log(w, "stderr", name, "_error");
}

/* Tells us of all; started last, see elsewhere.h. */
static void
add_listener(struct writer *w)
{
	dc_str_add(&w->out,
	    "\n[eventlistener:" ELSEWHERE_LISTENER "]\n"
	    "command = /usr/sbin/dcinit listen\nevents = PROCESS_STATE\n"
	    "priority = 1000000\nbuffer_size = 1000\nautorestart = true\n"
	    "startretries = 1000000\nstdout_logfile = NONE\n"
	    "stderr_logfile = NONE\n");
}

/* The sections that every supervisord has, with what a file says of its own
 * socket: its programs may know that by heart. */
static void
add_server(struct writer *w)
{
	static const char *const server[] = {"file", "chmod", "username",
	    "password", NULL};
	static const char *const login[] = {"username", "password", NULL};
	static const char *const daemon[] = {"umask", "minfds", "strip_ansi",
	    NULL};
	static const char own[] = "unix_http_server";
	const struct ini_entry *file = find(w->ini, own, "file");
	dc_auto_free char *here =
	    file != NULL ? sources_here(file->file) : NULL;

	dc_str_addf(&w->out,
	    "; Written by dcinit for the real supervisord.\n"
	    "[%s]\nfile = %s/supervisor.sock\nchmod = 0700\n",
	    own, w->options->real_dir);
	add_entries(w, own, server);
	dc_str_add(&w->out, "\n[supervisorctl]\nserverurl = unix://");
	if (file != NULL)
		add_text(&w->out, file->value, here);
	else
		dc_str_addf(&w->out, "%s/supervisor.sock",
		    w->options->real_dir);
	dc_str_add(&w->out, "\n");
	add_entries(w, own, login);
	dc_str_add(&w->out,
	    "\n[rpcinterface:supervisor]\nsupervisor.rpcinterface_factory ="
	    " supervisor.rpcinterface:make_main_rpcinterface\n"
	    "\n[supervisord]\n");
	add_entries(w, "supervisord", daemon);
}

/* The section's first header; later ones only add keys. */
static bool
is_first_header(const struct ini *ini, const struct ini_entry *e)
{
	for (const struct ini_entry *f = ini->v; f < e; f++)
		if (f->key == NULL && strcmp(f->section, e->section) == 0)
			return false;
	return true;
}

char *
real_format(const struct ini *ini, const struct settings_options *options,
    const char *home)
{
	struct writer w = {.ini = ini, .options = options, .home = home};

	add_server(&w);
	for (size_t i = 0; i < ini->n; i++) {
		const struct ini_entry *e = &ini->v[i];

		if (e->key != NULL || !is_first_header(ini, e) ||
		    !real_takes(ini, e->section, options->user))
			continue;
		dc_str_addf(&w.out, "\n[%s]\n", e->section);
		if (real_is_process(e->section))
			add_defaults(&w, e);
		add_entries(&w, e->section, NULL);
	}
	add_listener(&w);
	return dc_str_steal(&w.out);
}

int
real_add_program(struct ini *ini, const struct settings_options *options,
    struct dc_err *err)
{
	dc_auto_free char *command =
	    dc_asprintf("/usr/bin/supervisord -n -c %s/" REAL_CONF
			" -l /dev/null -y 0"
			" -j %s/supervisord.pid -q %s -d /",
		options->real_dir, options->real_dir, options->log_dir);
	dc_auto_free char *log =
	    dc_asprintf("%s/supervisord_real.log", options->log_dir);
	const struct {
		const char *key, *value;
	} lines[] = {{NULL, NULL}, {"command", command},
	    {"stopwaitsecs", STOP_SECONDS}, {"redirect_stderr", "true"},
	    {"stdout_logfile", log}};

	for (size_t i = 0; i < ini->n; i++)
		if (strcmp(ini->v[i].section, REAL_SECTION) == 0)
			return dc_fail(err, DC_EINVAL,
			    "%s:%d: give another name to the program "
			    "'supervisord'",
			    ini->v[i].file, ini->v[i].line);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct ini one = {.v = dc_xcalloc(1, sizeof(*one.v)), .n = 1};

		one.v[0] =
		    (struct ini_entry){.section = dc_strdup(REAL_SECTION),
			.key = i > 0 ? dc_strdup(lines[i].key) : NULL,
			.value = i > 0 ? dc_strdup(lines[i].value) : NULL,
			.file = dc_strdup(options->path),
			.line = 1};
		ini_join(ini, &one);
	}
	return 0;
}

/* The directory above is root's: nobody puts a link there. */
static int
make_dir(const char *dir, const struct account *user, struct dc_err *err)
{
	dc_auto_fd int fd = -1;

	if (mkdir(dir, 0755) < 0 && errno != EEXIST)
		return dc_fail_errno(err, "mkdir '%s'", dir);
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || (user != NULL && fchown(fd, user->uid, user->gid) < 0))
		return dc_fail_errno(err, "open '%s'", dir);
	return 0;
}

/* With the user's rights only: the directory is his, for the socket. */
static int
write_conf(const char *path, const char *conf, struct dc_err *err)
{
	dc_auto_free char *part = dc_asprintf("%s.new", path);
	size_t n = strlen(conf);
	dc_auto_fd int fd = -1;

	if (unlink(part) < 0 && errno != ENOENT)
		return dc_fail_errno(err, "remove '%s'", part);
	fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    0600);
	if (fd < 0 || write(fd, conf, n) != (ssize_t)n ||
	    rename(part, path) < 0)
		return dc_fail_errno(err, "write '%s'", path);
	return 0;
}

int
real_save(const char *dir, const char *conf, const struct account *user,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/" REAL_CONF, dir);
	int rc;

	if (conf == NULL) {
		account_begin_files(user);
		rc = unlink(path) < 0 && errno != ENOENT && errno != ENOTDIR
			 ? dc_fail_errno(err, "remove '%s'", path)
			 : 0;
		account_end_files(user);
		return rc;
	}
	rc = make_dir(dir, user, err);
	if (rc < 0)
		return rc;
	account_begin_files(user);
	rc = write_conf(path, conf, err);
	account_end_files(user);
	return rc;
}
