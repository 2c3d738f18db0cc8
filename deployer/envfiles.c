/* deployer/envfiles.c -- environment_save: the files; see environment.h. */
#include "deployer/environment.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/box/range.h"

#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>

#define NFILES 3

/* A file of the home directory, on its way into the confined child. */
struct home_file {
	const char *name;
	char *text;
};

/* In the child, whose / is the home directory. The names are the platform's:
 * whatever a build has left under them goes. */
static int
write_files(void *arg)
{
	const struct home_file *files = arg;
	int i, fd;

	for (i = 0; i < NFILES; i++) {
		if (dc_fs_remove_tree(files[i].name, NULL) < 0)
			return 1;
		fd = open(files[i].name,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
		if (fd < 0 ||
		    dc_fs_write_all(fd, files[i].text, strlen(files[i].text),
			NULL) < 0 ||
		    fchown(fd, DC_APP_UID, DC_APP_UID) < 0)
			return 1;
		(void)close(fd);
	}
	(void)dc_fs_remove_tree("environment.yaml", NULL);
	if (symlink("environment.yml", "environment.yaml") < 0 ||
	    lchown("environment.yaml", DC_APP_UID, DC_APP_UID) < 0)
		return 1;
	return 0;
}

/* Plain when no YAML reader could take it for something else. URLs are: scripts
 * of the time read this file with sed. */
static bool
is_plain(const char *s)
{
	const char *p;

	if (!isalpha((unsigned char)*s) && *s != '/' && *s != '_')
		return false;
	for (p = s; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) &&
		    strchr("_./@-+:=?,%", *p) == NULL)
			return false;
	return p[-1] != ':' && strcasecmp(s, "true") != 0 &&
	       strcasecmp(s, "false") != 0 && strcasecmp(s, "yes") != 0 &&
	       strcasecmp(s, "no") != 0 && strcasecmp(s, "on") != 0 &&
	       strcasecmp(s, "off") != 0 && strcasecmp(s, "null") != 0 &&
	       strcasecmp(s, "y") != 0 && strcasecmp(s, "n") != 0;
}

/* JSON's strings are YAML's double-quoted ones, but for DEL and for U+0080 to
 * U+009F and U+2028 to U+2029, which YAML wants escaped. */
static void
add_quoted(struct dc_str *s, const struct dc_json *value)
{
	dc_auto_free char *json = dc_json_format(value, DC_JSON_COMPACT);
	const unsigned char *p;

	for (p = (const unsigned char *)json; *p != '\0'; p++) {
		if (*p == 0x7f) {
			dc_str_add(s, "\\x7f");
		} else if (p[0] == 0xc2 && p[1] < 0xa0) {
			dc_str_addf(s, "\\x%02x", *++p);
		} else if (p[0] == 0xe2 && p[1] == 0x80 &&
			   (p[2] == 0xa8 || p[2] == 0xa9)) {
			dc_str_addf(s, "\\u20%02x", p[2] - 0x80);
			p += 2;
		} else {
			dc_str_addn(s, (const char *)p, 1);
		}
	}
}

static void
add_yaml(struct dc_str *s, const struct dc_json *value)
{
	const char *text = dc_json_str(value);

	if (text != NULL && is_plain(text))
		dc_str_add(s, text);
	else
		add_quoted(s, value);
}

static char *
format_yaml(struct dc_json *values)
{
	struct dc_str s = {0};
	struct dc_json *value;
	const char *key;
	void *it = NULL;

	while (dc_json_each(values, &it, &key, &value)) {
		dc_auto_json struct dc_json *name = dc_json_new_str(key);

		add_yaml(&s, name);
		dc_str_add(&s, ": ");
		add_yaml(&s, value);
		dc_str_add(&s, "\n");
	}
	return dc_str_steal(&s);
}

static char *
format_profile(struct dc_json *values)
{
	struct dc_str s = {0};
	struct dc_json *value;
	const char *key, *p;
	void *it = NULL;

	while (dc_json_each(values, &it, &key, &value)) {
		dc_str_addf(&s, "export %s=\"", key);
		if (dc_json_type(value) == DC_JSON_INT)
			dc_str_addf(&s, "%" PRId64, dc_json_int(value, 0));
		else
			for (p = dc_json_str(value); *p != '\0'; p++) {
				if (strchr("\\\"$`", *p) != NULL)
					dc_str_add(&s, "\\");
				dc_str_addn(&s, p, 1);
			}
		dc_str_add(&s, "\"\n");
	}
	return dc_str_steal(&s);
}

static int
save_home(const struct environment *env, const char *home, uid_t first_id,
    struct dc_err *err)
{
	dc_auto_free char *json = dc_json_format(env->values, DC_JSON_INDENT);
	dc_auto_free char *yaml = format_yaml(env->values);
	dc_auto_free char *profile = format_profile(env->values);
	struct home_file files[NFILES] = {{"environment.json", json},
	    {"environment.yml", yaml}, {"dotcloud_profile", profile}};
	int rc = dc_box_in_range(first_id, home, NULL, write_files, files, err);

	if (rc > 0)
		return dc_fail(err, DC_EFAIL,
		    "the environment files cannot be written (status %d)", rc);
	return rc;
}

/* For pid 1: NUL after each, so that values may hold anything else. */
static int
save_environ(const struct environment *env, const char *etc, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/environ", etc);
	dc_auto_str struct dc_str s = {0};
	size_t i;

	for (i = 0; i < env->unix_env.n; i++)
		dc_str_addn(&s, env->unix_env.v[i],
		    strlen(env->unix_env.v[i]) + 1);
	return dc_fs_save(path, s.data, s.len, 0644, err);
}

/* The command stands in a file of its own: no quoting of the configuration can
 * go wrong. A shell takes it as it is written, and becomes the program when it
 * is a simple command. */
static int
add_program(struct dc_str *conf, const char *etc, const char *name,
    const char *command, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/process/%s", etc, name);
	dc_auto_free char *quoted = dc_appenv_quote(command);
	dc_auto_free char *script = dc_asprintf(ENVIRONMENT_CD
	    "[ -f ~/profile ] && . ~/profile\nexec /bin/bash -c %s\n",
	    quoted);

	dc_str_addf(conf,
	    "[program:%s]\ncommand = /bin/bash -l /etc/dcloud/process/%s\n"
	    "directory = " DC_APP_HOME "\n\n",
	    name, name);
	return dc_fs_save(path, script, strlen(script), 0644, err);
}

/* A program's name is a file's name and a section's. */
static bool
is_program_name(const char *name)
{
	const char *p;

	for (p = name; *p != '\0'; p++)
		if (!isalnum((unsigned char)*p) && strchr("_-.", *p) == NULL)
			return false;
	return p > name && p - name <= 64 && *name != '.';
}

/* Debian's cron, in the containers that have a crontab: `crontab` says
 * supervisorctl update. It is root to become dotcloud, and gets nothing of the
 * application's environment; see runtime/image/cron-shell. An application may
 * have a program `cron`. */
#define CRON                                                                   \
	"[program:dcloud-cron]\ncommand = /usr/lib/dcloud/cron\n"              \
	"only_if_exists = /var/spool/cron/crontabs/dotcloud\n"                 \
	"user = root\nredirect_stderr = true\n"                                \
	"stdout_logfile = /var/log/supervisor/cron.log\n\n"

/* Who listens for requests, and where; see runtime/serving.h. PROGRAM NULL: the
 * first of the application's own file. */
static void
add_serving(struct dc_str *conf, const char *program,
    const struct dc_service_def *def, const struct dc_type *type)
{
	if (def->listen_var == NULL && !type->has_channel)
		return;
	dc_str_add(conf, "[serving]\nchannel = true\n");
	if (program != NULL)
		dc_str_addf(conf, "program = %s\n", program);
	if (def->listen_var != NULL)
		dc_str_addf(conf, "workers = %d\nlisten_var = %s\n",
		    def->workers, def->listen_var);
	dc_str_add(conf, "\n");
}

static int
save_programs(const char *etc, const char *home,
    const struct dc_service_def *def, const struct dc_type *type,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/runtime.conf", etc);
	dc_auto_free char *dir = dc_asprintf("%s/process", etc);
	dc_auto_free char *run = dc_asprintf("%s/run", home);
	const char *first =
	    def->processes.n > 0 ? def->processes.v[0].name : NULL;
	dc_auto_str struct dc_str conf = {0};
	size_t i;
	int rc = dc_fs_mkdirs(dir, 0755, err);

	dc_str_add(&conf, "; Written by the deployer for this instance.\n"
			  "[supervisord]\n\n");
	for (i = 0; rc == 0 && i < def->processes.n; i++) {
		if (!is_program_name(def->processes.v[i].name))
			return dc_fail(err, DC_EUSER,
			    "'%s' cannot be the name of a process",
			    def->processes.v[i].name);
		rc = add_program(&conf, etc, def->processes.v[i].name,
		    def->processes.v[i].value, err);
	}
	if (rc == 0 && first == NULL && type->process != NULL &&
	    (strcmp(type->process, "~/run") != 0 || dc_fs_exists(run))) {
		first = def->name;
		rc = add_program(&conf, etc, first, type->process, err);
	}
	add_serving(&conf, first, def, type);
	dc_str_add(&conf, CRON "[include]\nfiles = " DC_APP_HOME
			       "/current/supervisord.conf " DC_APP_HOME
			       "/.dcloud/supervisord.conf\n");
	return rc < 0 ? rc : dc_fs_save(path, conf.data, conf.len, 0644, err);
}

int
environment_save(const struct environment *env, const char *box_dir,
    uid_t first_id, const struct dc_service_def *def,
    const struct dc_type *type, struct dc_err *err)
{
	dc_auto_free char *etc = dc_asprintf("%s/etc", box_dir);
	dc_auto_free char *home = dc_asprintf("%s/home/mnt", box_dir);
	int rc = save_home(env, home, first_id, err);

	if (rc == 0)
		rc = save_environ(env, etc, err);
	if (rc == 0)
		rc = save_programs(etc, home, def, type, err);
	return rc;
}
