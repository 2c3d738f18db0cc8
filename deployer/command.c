/* deployer/command.c -- see command.h. */
#include "deployer/command.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/limits.h"
#include "common/base/spawn.h"
#include "common/box/box.h"
#include "deployer/environment.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>

#define PAUSE_MS 200

int
command_begin(pid_t *pid, const struct command *c, struct dc_err *err)
{
	dc_auto_fd int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dc_auto_strv struct dc_strv argv = {0};
	dc_auto_free char *script = dc_asprintf(ENVIRONMENT_CD "%s", c->text);
	struct dc_box_run run = {.envp = c->env,
	    .cwd = DC_APP_HOME,
	    .uid = DC_APP_UID,
	    .in = null,
	    .out = null,
	    .err = null};

	if (null < 0)
		return dc_fail_errno(err, "open '/dev/null'");
	dc_appenv_shell(&argv, script);
	run.argv = argv.v;
	return dc_box_attach(pid, c->boxes, c->box, &run, err);
}

void
command_kill(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL);
	(void)dc_spawn_wait(pid, NULL);
}

/* How it ended; DC_EUSER: it did not in time. */
static int
run_once(const struct command *c, int timeout, struct dc_err *err)
{
	dc_auto_fd int pidfd = -1;
	struct pollfd p = {.events = POLLIN};
	pid_t pid = -1;
	int rc = command_begin(&pid, c, err);

	if (rc < 0)
		return rc;
	pidfd = pidfd_open(pid, 0);
	p.fd = pidfd;
	if (poll(&p, 1, timeout * 1000) > 0)
		return dc_spawn_wait(pid, err);
	command_kill(pid);
	return dc_fail(err, DC_EUSER, "did not end in %d s", timeout);
}

int
command_wait(const struct command *c, int timeout, int deadline,
    struct dc_err *err)
{
	int64_t end = dc_mono_ms() + deadline * INT64_C(1000);
	int rc;

	for (;;) {
		struct dc_err e = DC_ERR_INIT;
		dc_auto_free char *how = NULL;

		rc = run_once(c, timeout, &e);
		if (rc == 0)
			return 0;
		how = rc < 0 ? dc_strdup(e.msg) : dc_spawn_describe(rc);
		if (dc_mono_ms() >= end)
			return dc_fail(err, DC_EUSER,
			    "the command of its healthcheck, `%.100s`, did not"
			    " succeed in %d s: it %s",
			    c->text, deadline, how);
		(void)poll(NULL, 0, PAUSE_MS);
	}
}
