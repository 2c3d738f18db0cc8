/* common/box/lxc.c -- see lxc.h. */
#include "common/box/lxc.h"

#include "common/base/auto.h"
#include "common/base/str.h"

#include <errno.h>
#include <linux/close_range.h>
#include <lxc/lxccontainer.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static void
handle_free(struct lxc_container **c)
{
	if (*c != NULL)
		(void)lxc_container_put(*c);
}

#define auto_handle __attribute__((cleanup(handle_free)))

static struct lxc_container *
open_handle(const char *boxes, const char *name)
{
	return lxc_container_new(name, boxes);
}

int
dc_lxc_start(const char *boxes, const char *name, struct dc_err *err)
{
	auto_handle struct lxc_container *c = open_handle(boxes, name);

	if (c == NULL || !c->is_defined(c))
		return dc_fail(err, DC_ENOTFOUND, "'%s' has no configuration",
		    name);
	if (!c->want_daemonize(c, true) || !c->start(c, 0, NULL))
		return dc_fail(err, DC_EFAIL, "'%s' does not start", name);
	return 0;
}

bool
dc_lxc_is_running(const char *boxes, const char *name)
{
	auto_handle struct lxc_container *c = open_handle(boxes, name);

	return c != NULL && c->is_running(c);
}

pid_t
dc_lxc_pid(const char *boxes, const char *name)
{
	auto_handle struct lxc_container *c = open_handle(boxes, name);
	pid_t pid = c != NULL ? c->init_pid(c) : 0;

	return pid > 0 ? pid : 0;
}

/* In the container, as the wanted user, descriptors in place. */
static int
run_inside(void *arg)
{
	const struct dc_box_run *run = arg;
	int sig;

	for (sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)setsid();
	if (isatty(STDIN_FILENO))
		(void)ioctl(STDIN_FILENO, TIOCSCTTY, 0);
	(void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
	if (chdir(run->cwd != NULL ? run->cwd : "/") < 0) {
		dprintf(STDERR_FILENO, "%s: %s\n", run->cwd, strerror(errno));
		return 126;
	}
	environ = (char **)run->envp;
	(void)execvp(run->argv[0], run->argv);
	dprintf(STDERR_FILENO, "%s: %s\n", run->argv[0], strerror(errno));
	return 127;
}

int
dc_lxc_attach(pid_t *pid, const char *boxes, const char *name,
    const struct dc_box_run *run, struct dc_err *err)
{
	auto_handle struct lxc_container *c = open_handle(boxes, name);
	lxc_attach_options_t options = LXC_ATTACH_OPTIONS_DEFAULT;
	struct dc_box_run copy = *run;
	char root[] = "/";
	pid_t child;

	if (c == NULL || !c->is_running(c))
		return dc_fail(err, DC_ESTALE, "'%s' is not running", name);
	options.attach_flags |= LXC_ATTACH_NO_NEW_PRIVS;
	options.env_policy = LXC_ATTACH_CLEAR_ENV;
	options.initial_cwd = root;
	options.uid = run->uid;
	options.gid = run->uid;
	options.stdin_fd = run->in;
	options.stdout_fd = run->out;
	options.stderr_fd = run->err;
	if (c->attach(c, run_inside, &copy, &options, &child) < 0)
		return dc_fail(err, DC_EFAIL, "cannot attach to '%s'", name);
	*pid = child;
	return 0;
}

void
dc_lxc_forget(const char *boxes, const char *name)
{
	static const char top[] = "/run/lxc/lock/";
	dc_auto_free char *path = dc_asprintf("%s%s/.%s", top,
	    boxes[0] == '/' ? boxes + 1 : boxes, name);
	char *slash;

	(void)unlink(path);
	/* Other containers' directories are not empty and stay. */
	while ((slash = strrchr(path, '/')) >= path + sizeof(top) - 1) {
		*slash = '\0';
		if (rmdir(path) < 0)
			return;
	}
}
