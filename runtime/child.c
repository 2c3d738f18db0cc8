/* runtime/child.c -- see child.h. */
#include "runtime/child.h"

#include "common/base/auto.h"
#include "runtime/value.h"
#include "runtime/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

extern char **environ;

char *
child_format_path(const char *home)
{
	return dc_asprintf("%s/.dcloud/bin:%s/bin:%s/.local/"
			   "bin:" CHILD_SYSTEM_PATH,
	    home, home, home);
}

/* Root's path is not a user's, but one of -e counts. In a container the
 * application's own programs come first, as /etc/profile.d/dcloud.sh has it. */
static void
set_path(struct dc_strv *env, const struct account *a, bool is_container)
{
	const char *path = value_find_env(env, "PATH", 4);
	const char *own_path = getenv("PATH");
	char *user_path;

	if (path != NULL && (own_path == NULL || strcmp(path, own_path) != 0))
		return;
	if (is_container)
		user_path = child_format_path(a->home);
	else
		user_path = dc_strdup(CHILD_SYSTEM_PATH);
	value_set_env(env, "PATH", user_path);
	free(user_path);
}

static void
make_env(struct dc_strv *env, const struct program_settings *p,
    const struct child_options *o)
{
	const struct account *a = p->account;

	for (size_t i = 0; i < o->env->n; i++)
		dc_strv_add(env, o->env->v[i]);
	if (a != NULL) {
		set_path(env, a, o->is_application);
		value_set_env(env, "HOME", a->home);
		value_set_env(env, "USER", a->name);
		value_set_env(env, "LOGNAME", a->name);
		value_set_env(env, "SHELL",
		    a->shell[0] != '\0' ? a->shell : "/bin/sh");
	}
	if (o->channel_fd >= 0) {
		value_set_env(env, "NODE_CHANNEL_FD", CHANNEL_FD_TEXT);
		value_set_env(env, "NODE_CHANNEL_SERIALIZATION_MODE", "json");
		value_set_env(env, "NODESOCKD_SUSPENDED",
		    o->is_suspended ? "true" : "");
	}
	value_set_env(env, "SUPERVISOR_ENABLED", "1");
	value_set_env(env, "SUPERVISOR_PROCESS_NAME", p->process);
	value_set_env(env, "SUPERVISOR_GROUP_NAME", p->group);
	for (size_t i = 0; i < p->env.n; i++) {
		char *equals = strchr(p->env.v[i], '=');

		*equals = '\0'; /* our copy: we are the child */
		value_set_env(env, p->env.v[i], equals + 1);
	}
}

/* node and others set O_NONBLOCK on their stdout, which is shared with the
 * next process to come: take it off again. */
static int
set_stdio(const struct child_options *o, struct dc_err *err)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

	(void)fcntl(o->out_fd, F_SETFL, 0);
	(void)fcntl(o->err_fd, F_SETFL, 0);
	if (null < 0 || dup2(null, 0) < 0 || dup2(o->out_fd, 1) < 0 ||
	    dup2(o->err_fd, 2) < 0)
		return dc_fail_errno(err, "standard descriptors");
	return 0;
}

/* After the standard ones, whose descriptors may have had its number. */
static int
set_channel(const struct child_options *o, struct dc_err *err)
{
	int fd;

	if (o->channel_fd < 0)
		return 0;
	/* Another number first: dup2 to itself would leave it O_CLOEXEC. */
	fd = fcntl(o->channel_fd, F_DUPFD_CLOEXEC, CHANNEL_FD + 1);
	if (fd < 0 || dup2(fd, CHANNEL_FD) < 0)
		return dc_fail_errno(err, "channel");
	return 0;
}

static int
change_directory(const struct program_settings *p, struct dc_err *err)
{
	const struct account *a = p->account;
	const char *dir = p->directory;
	char *path = NULL;

	if (dir == NULL)
		return 0;
	if (a != NULL && dir[0] == '~' && (dir[1] == '/' || dir[1] == '\0'))
		path = dc_asprintf("%s%s", a->home, dir + 1);
	if (chdir(path != NULL ? path : dir) < 0)
		return dc_fail_errno(err, "directory '%s'", dir);
	return 0;
}

static int
prepare(const struct program_settings *p, const struct child_options *o,
    pid_t parent, struct dc_err *err)
{
	int rc;

	rc = set_stdio(o, err);
	if (rc == 0)
		rc = set_channel(o, err);
	if (rc == 0 && p->account != NULL)
		rc = account_become(p->account, err);
	if (rc < 0)
		return rc;
	if (o->has_no_new_privs && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return dc_fail_errno(err, "no_new_privs");
	if (o->dies_with_us) {
		/* After the uid has changed, which forgets it. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			return dc_fail(err, DC_EFAIL, "supervisor is gone");
	}
	(void)umask((mode_t)p->umask);
	return change_directory(p, err);
}

void
child_begin(void)
{
	sigset_t none;

	(void)setsid();
	for (int sig = 1; sig <= 64; sig++)
		(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn))
run_child(const struct program_settings *p, const struct child_options *o,
    pid_t parent)
{
	struct dc_strv env = {0};
	struct dc_err err = DC_ERR_INIT;

	child_begin();
	if (prepare(p, o, parent, &err) == 0) {
		make_env(&env, p, o);
		environ = env.v;
		(void)execvp(p->argv.v[0], p->argv.v);
		(void)dc_fail_errno(&err, "run '%s'", p->argv.v[0]);
	}
	(void)dprintf(2, "dcinit: %s: %s\n", p->name, err.msg);
	_exit(127);
}

int
child_start(pid_t *pid, const struct program_settings *p,
    const struct child_options *options, struct dc_err *err)
{
	pid_t parent = getpid(), child;

	child = fork();
	if (child < 0)
		return dc_fail_errno(err, "fork for '%s'", p->name);
	if (child == 0)
		run_child(p, options, parent);
	*pid = child;
	return 0;
}

/* "PID (NAME) S PPID PGRP SESSION ..."; a name may hold anything. */
static pid_t
session_of(const char *pid, char *state)
{
	dc_auto_free char *path = dc_asprintf("/proc/%s/stat", pid);
	dc_auto_file FILE *f = fopen(path, "re");
	char text[512], *s;
	size_t n;

	if (f == NULL)
		return 0;
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	s = strrchr(text, ')');
	*state = s != NULL && s[1] == ' ' ? s[2] : 'X';
	for (int i = 0; s != NULL && i < 4; i++)
		s = strchr(s + 1, ' ');
	return s != NULL ? (pid_t)strtol(s, NULL, 10) : 0;
}

void
child_each_in_session(pid_t sid, child_session_fn *fn, void *arg)
{
	dc_auto_dir DIR *d = opendir("/proc");
	struct dirent *e;
	long long pid;
	char state;

	while (d != NULL && sid > 1 && (e = readdir(d)) != NULL)
		if (dc_is_number(e->d_name, 2, INT_MAX, &pid) &&
		    pid != getpid() && session_of(e->d_name, &state) == sid &&
		    state != 'Z' && state != 'X')
			fn((pid_t)pid, arg);
}

static void
kill_one(pid_t pid, void *arg)
{
	(void)arg;
	(void)kill(pid, SIGKILL);
}

void
child_kill_session(pid_t sid)
{
	child_each_in_session(sid, kill_one, NULL);
}
