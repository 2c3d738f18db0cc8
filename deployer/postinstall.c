/* deployer/postinstall.c -- see postinstall.h. */
#include "deployer/postinstall.h"

#include "common/appenv/appenv.h"
#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/step/step.h"

#include <string.h>
#include <sys/stat.h>

/* `./postinstall` when the build file names none and there is such a file:
 * asked inside the container, where links lead nowhere else. */
#define DEFAULT_HOOK                                                           \
	"[ -f ./postinstall ] || exit 0; chmod +x ./postinstall;"              \
	" exec ./postinstall"

static int
still_ours(void *arg, struct dc_err *err)
{
	const struct unit *u = arg;
	dc_auto_instance struct dc_instance now = {0};
	int rc = dc_instance_load(u->job->db, &now, u->row.id, err);

	if (rc == 0 && now.state != DC_INSTANCE_INSTALLING)
		return dc_fail(err, DC_ESTALE, "the deployment has ended");
	return rc;
}

static int
run_hook(struct unit *u, struct dc_step *step, struct dc_err *err)
{
	const char *hook = u->def.postinstall;
	dc_auto_free char *run = NULL;
	dc_auto_free char *script = NULL;
	int rc = unit_say(u, DC_LOG_INFO, err, "Running postinstall script...");

	if (rc < 0)
		return rc;
	if (hook == NULL)
		return dc_step_run(step, "./postinstall", DC_APP_HOME,
		    ENVIRONMENT_CD DEFAULT_HOOK, err);
	run = dc_appenv_hook(hook);
	script = dc_asprintf(ENVIRONMENT_CD "%s", run);
	return dc_step_run(step, hook, DC_APP_HOME, script, err);
}

int
postinstall_run(struct unit *u, struct environment *env, struct dc_err *err)
{
	struct dc_step step = {.boxes = u->boxes,
	    .box = u->box,
	    .env = env->unix_env.v,
	    .bell = u->job->bell,
	    .deadline = dc_mono_ms() + DC_POSTINSTALL_SECONDS * 1000L,
	    .late = "the postinstall script took longer than 10 minutes",
	    .killed = ": is the service's memory enough?",
	    .still_ours = still_ours,
	    .arg = u};
	int rc = dc_log_buffer_new(&step.log, u->job->db, u->row.deployment_id,
	    u->row.service, u->row.number);

	if (rc < 0)
		return rc;
	rc = run_hook(u, &step, err);
	(void)dc_log_buffer_end(step.log, NULL);
	return rc;
}
