/* deployer/start.c -- see start.h. CONTRACT 1.6, steps 9 to 14. */
#include "deployer/start.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/box/box.h"
#include "common/box/mount.h"
#include "common/box/place.h"
#include "common/layer/layer.h"
#include "common/packages/packages.h"
#include "common/store/build.h"
#include "common/store/deployment.h"
#include "common/store/domain.h"
#include "common/store/hold.h"
#include "common/store/service.h"
#include "deployer/control.h"
#include "deployer/data.h"
#include "deployer/environment.h"
#include "deployer/launch.h"
#include "deployer/migrate.h"
#include "deployer/packages.h"
#include "deployer/ports.h"
#include "deployer/postinstall.h"
#include "deployer/reserve.h"
#include "deployer/retire.h"
#include "deployer/route.h"
#include "deployer/router.h"
#include "deployer/sockets.h"
#include "deployer/ssh.h"
#include "deployer/unit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ATTEMPTS 10

/* The hosts of one service, at the router's address on the bridge: what the
 * world's DNS says of them may lead nowhere from in here. */
struct hosts {
	struct unit *u;
	const char *gateway;
	struct dc_str lines;
};

static int
add_host(const char *host, int64_t service_id, int64_t slot, void *arg,
    struct dc_err *err)
{
	struct hosts *h = arg;

	(void)service_id;
	(void)slot;
	(void)err;
	if (dc_domain_is_host(host) && host[0] != '*')
		dc_str_addf(&h->lines, "%s\t%s\n", h->gateway, host);
	return 0;
}

static int
add_service_hosts(const struct dc_service *s, void *arg, struct dc_err *err)
{
	struct hosts *h = arg;

	return dc_service_each_host(h->u->job->db, s->id, add_host, h, err);
}

static int
create_box(struct unit *u, const struct dc_strv *layers, const char *packages,
    struct dc_err *err)
{
	const struct dc_conf *conf = u->job->conf;
	dc_auto_free char *init = dc_asprintf("%s/dcinit", conf->libexec);
	dc_auto_free char *listen = sockets_dir(conf, u->row.id);
	dc_auto_free char *hostname = dc_asprintf("%s-default-%s-%" PRId64,
	    u->row.application, u->row.service, u->row.number);
	static const char *const init_args[] = {"-w", "-c",
	    "/etc/dcloud/runtime.conf", "-e", "/etc/dcloud/environ", "-u",
	    "dotcloud", "-p", SSH_PORT, NULL};
	struct dc_place place;
	struct hosts h = {.u = u, .gateway = place.gateway};
	struct dc_box_spec spec = {.name = u->box,
	    .hostname = hostname,
	    .first_id = u->first_id,
	    .image = conf->image,
	    .root_lower = packages,
	    .root_lower_id = dc_packages_first_id(conf),
	    .home_lower = (const char *const *)layers->v,
	    .listen = u->def.listen_var != NULL ? listen : NULL,
	    .listen_uid = conf->uid,
	    .init = init,
	    .init_args = init_args,
	    .bridge = conf->bridge,
	    .memory = u->row.memory,
	    .pids = DC_BOX_PIDS};
	int rc = dc_place_find(&place, conf, u->row.address, err);

	if (rc == 0 && spec.listen != NULL)
		rc = sockets_check(conf, u->row.id, err);
	if (rc < 0)
		return rc;
	spec.address = place.address;
	spec.gateway = place.gateway;
	spec.prefix_len = place.prefix_len;
	rc = dc_service_each(u->job->db, u->row.application_id,
	    add_service_hosts, &h, err);
	spec.hosts = h.lines.data;
	if (rc == 0)
		rc = dc_box_create(u->boxes, &spec, err);
	dc_str_done(&h.lines);
	return rc;
}

static int
load_layers(struct unit *u, struct dc_strv *layers, struct dc_err *err)
{
	struct dc_snapshot s;
	int rc = dc_snapshot_load(u->job->db, &s, u->row.snapshot_id, err);

	if (rc < 0)
		return rc;
	return dc_layer_load(layers, u->job->conf, u->job->db, &s, u->first_id,
	    err);
}

/* The container with its files, running, its processes not started. */
static int
make_box(struct unit *u, struct environment *env, struct dc_err *err)
{
	dc_auto_strv struct dc_strv layers = {0};
	dc_auto_free char *packages = NULL;
	int rc = load_layers(u, &layers, err);

	if (rc == 0)
		rc = packages_restore(&packages, u, err);
	if (rc == 0)
		rc = create_box(u, &layers, packages, err);
	if (rc == 0)
		rc = environment_load(env, u->job->conf, u->job->db, &u->row,
		    &u->def, u->ports, u->nports, err);
	if (rc == 0)
		rc = environment_save(env, u->box_dir, u->first_id, &u->def,
		    &u->type, err);
	if (rc == 0)
		rc = ssh_save(u->job->db, u->box_dir, u->row.application_id,
		    u->first_id, err);
	if (rc == 0)
		rc = dc_instance_save_ports(u->job->db, u->row.id, u->ports,
		    u->nports, err);
	if (rc == 0)
		rc = reserve_note(u, env, err);
	return rc == 0 ? dc_box_start(u->boxes, u->box, err) : rc;
}

static int
initialize(struct unit *u, struct environment *env, struct dc_err *err)
{
	int rc = unit_say(u, DC_LOG_INFO, err, "Initializing...");

	if (rc == 0)
		rc = make_box(u, env, err);
	if (rc == 0)
		rc = unit_say(u, DC_LOG_INFO, err, "Service initialized");
	return rc == 0 ? unit_move(u, DC_INSTANCE_INSTALLING, err) : rc;
}

/* Installing begins when all services have been initialized. */
static int
wait_for_others(struct unit *u, struct dc_err *err)
{
	int rc;

	for (;;) {
		dc_auto_deployment struct dc_deployment d = {0};
		dc_auto_instance struct dc_instance now = {0};

		dc_bell_clear(u->job->bell);
		rc = dc_deployment_load(u->job->db, &d, u->row.deployment_id,
		    err);
		if (rc == 0)
			rc = dc_instance_load(u->job->db, &now, u->row.id, err);
		if (rc < 0)
			return rc;
		if (now.state != DC_INSTANCE_INSTALLING)
			return dc_fail(err, DC_ESTALE,
			    "the deployment has ended");
		if (d.state >= DC_DEPLOYMENT_INSTALLING)
			return 0;
		dc_bell_wait(u->job->bell, 1000);
	}
}

static int
install(struct unit *u, struct environment *env, struct dc_err *err)
{
	int rc = wait_for_others(u, err);

	if (rc == 0)
		rc = unit_say(u, DC_LOG_INFO, err,
		    "Deploying build revision %s...", u->row.revision);
	if (rc == 0)
		rc = postinstall_run(u, env, err);
	if (rc == 0)
		rc = dc_instance_set_installed(u->job->db, u->row.id, err);
	return rc == 0 ? data_decide(u, err) : rc;
}

/* *N is the number of programs; a supervisord.conf that cannot be read is its
 * author's to mend. */
static int
start_programs(struct unit *u, bool notes, long long *n, struct dc_err *err)
{
	dc_auto_free char *answer = NULL;
	int rc = control_ask(&answer, u->box_dir,
	    u->row.suspended ? "launch suspended" : "launch", err);

	if (rc < 0)
		return rc;
	rc = notes ? unit_say_notes(u, answer, err) : 0;
	if (rc < 0)
		return rc;
	answer[strcspn(answer, "\n")] = '\0';
	if (dc_has_prefix(answer, "ERROR "))
		return dc_fail(err, DC_EUSER,
		    "its processes cannot be started: %s",
		    answer + strlen("ERROR "));
	if (!dc_has_prefix(answer, "launched ") ||
	    !dc_is_number(answer + strlen("launched "), 0, INT64_MAX, n))
		return dc_fail(err, DC_EFAIL, "'launch' is answered by '%s'",
		    answer);
	return 0;
}

static int
count_one(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	(void)err;
	*(bool *)arg |= i->id != 0;
	return 0;
}

/* Seed 001's first example is a service that starts nothing: allowed, as long
 * as nobody expects anything of it. */
static int
nothing_to_run(struct unit *u, struct dc_err *err)
{
	static const char *const text =
	    "There is nothing to run: no process in dotcloud.yml, no ~/run and"
	    " no supervisord.conf in ~/current.";
	bool serves = false;
	int rc = dc_instance_each(u->job->db, 0, u->row.service_id, DC_SERVING,
	    count_one, &serves, err);

	if (rc < 0)
		return rc;
	if (serves || u->def.buildscript != NULL || u->def.ports.n > 0 ||
	    u->type.http_port > 0)
		return dc_fail(err, DC_EUSER, "%s", text);
	return unit_say(u, DC_LOG_INFO, err, "%s", text);
}

static int
launch(struct unit *u, bool quiet, struct dc_err *err)
{
	long long n = 0;
	int rc = 0;

	if (!quiet)
		rc = unit_say(u, DC_LOG_INFO, err, "Launching...");
	if (rc == 0)
		rc = start_programs(u, !quiet, &n, err);
	if (rc == 0 && n == 0 && !quiet)
		return nothing_to_run(u, err);
	if (rc == 0 && !quiet)
		rc = unit_say(u, DC_LOG_INFO, err,
		    "Waiting for the instance to become responsive...");
	if (rc == 0 && n > 0)
		rc = launch_wait(u, false, err);
	return rc;
}

/* The same home again, in a container begun anew. Nothing may be mounted when
 * it is made: what is mounted would change its owner. */
static int
make_again(struct unit *u, struct environment *env, struct dc_err *err)
{
	dc_auto_free char *real = realpath(u->box_dir, NULL);
	int rc = dc_box_stop(u->boxes, u->box, 0, err);

	if (rc == 0 && real != NULL)
		rc = dc_mount_clear(real, err);
	environment_done(env);
	return rc == 0 ? make_box(u, env, err) : rc;
}

/* Requests that waited for it, or for one beside it, are answered again. */
static int
be_up(struct unit *u, struct dc_err *err)
{
	int rc = dc_db_begin(u->job->db, err);

	if (rc < 0)
		return rc;
	rc = dc_instance_move(u->job->db, u->row.id, (int)u->row.state,
	    DC_INSTANCE_UP, u->job->claim, err);
	if (rc == 0)
		rc = dc_hold_release(u->job->db, NULL, u->row.service_id,
		    DC_HOLD_INSTANCE, err);
	return dc_db_end(u->job->db, rc, err);
}

/* Its container has ended (a crash of pid 1, a reboot), it was parked for a
 * version that has failed, or somebody wants it begun anew: no postinstall. */
static int
come_back(struct unit *u, struct environment *env, struct dc_err *err)
{
	int rc = 0;

	if (u->row.state == DC_INSTANCE_RESTARTING)
		rc = retire_stop(u, err);
	if (rc == 0)
		rc = data_take(u, err);
	if (rc == 0)
		rc = make_again(u, env, err);
	if (rc == 0)
		rc = launch(u, true, err);
	if (rc == 0)
		rc = route_set_up(u->job->conf, u->job->db, &u->row, err);
	if (rc == 0)
		rc = be_up(u, err);
	/* udp flows come back by this. */
	return rc == 0 ? route_sync(u->job->conf, u->job->db, err) : rc;
}

/* Nothing of a version runs before what it migrates has ended. The ~/data of
 * one that serves may have to be had first. */
static int
wait_migrated(struct unit *u, struct environment *env, struct dc_err *err)
{
	enum migrate_turn turn = MIGRATE_OVER;
	int rc = migrate_wait(&turn, u, err);

	while (rc == 0 && turn != MIGRATE_OVER) {
		if (turn == MIGRATE_RUN)
			rc = migrate_run(u, env, err);
		else
			rc = data_take(u, err);
		if (rc == 0 && turn == MIGRATE_DATA)
			rc = make_again(u, env, err);
		if (rc == 0)
			rc = migrate_wait(&turn, u, err);
	}
	return rc;
}

/* From wherever an earlier job was stopped. A postinstall may have been in
 * the middle, so that one begins again with a new container. */
static int
run_phases(struct unit *u, struct environment *env, struct dc_err *err)
{
	bool is_new = u->row.state != DC_INSTANCE_LAUNCHING, is_made;
	int rc = 0;

	if (unit_has_served(u))
		return come_back(u, env, err);
	if (u->row.reserved_until != 0) {
		rc = reserve_wake(u, err);
		if (rc != DC_ENOTFOUND)
			return rc;
		rc = 0;
	}
	if (u->row.state != DC_INSTANCE_LAUNCHING)
		rc = dc_box_destroy(u->boxes, u->box, err);
	if (rc == 0 && u->row.state == DC_INSTANCE_INSTALLING)
		rc = make_again(u, env, err);
	if (rc == 0 && u->row.state == DC_INSTANCE_CREATING)
		rc = initialize(u, env, err);
	if (rc == 0 && u->row.state == DC_INSTANCE_INSTALLING)
		rc = install(u, env, err);
	is_made = rc == 0 && is_new && u->row.data == DC_DATA_OWN;
	if (rc == 0)
		rc = data_take(u, err);
	if (rc == 0 && !is_made)
		rc = make_again(u, env, err);
	if (rc == 0)
		rc = wait_migrated(u, env, err);
	if (rc == 0)
		rc = launch(u, false, err);
	return rc == 0 ? unit_move(u, DC_INSTANCE_READY, err) : rc;
}

/* One that serves already is tried again for ever; a new one fails its
 * deployment, and says why. */
static int
fail(struct unit *u, int rc, struct dc_err *err)
{
	char why[DC_ERR_MAX];

	if (rc == DC_ESTALE || unit_has_served(u))
		return rc;
	(void)snprintf(why, sizeof(why), "%s", err->msg);
	if (rc != DC_EUSER)
		log_error("instance=%" PRId64 " app='%s' failed: %s", u->row.id,
		    u->row.application, why);
	(void)unit_say_tail(u, err);
	rc = unit_say(u, DC_LOG_ERROR, err, "%s", why);
	if (rc < 0)
		return rc;
	return dc_instance_fail(u->job->db, u->row.id, (int)u->row.state,
	    u->job->claim, why, err);
}

/* A job that is killed says nothing; one that is killed again and again must
 * not keep its deployment waiting for ever. One that serves is never given
 * up. */
static int
count_attempt(struct unit *u, struct dc_err *err)
{
	int64_t n;
	int rc = dc_instance_count_attempt(u->job->db, &n, u->row.id, err);

	if (rc < 0 || n <= MAX_ATTEMPTS || unit_has_served(u))
		return rc;
	return dc_fail(err, DC_EUSER,
	    "starting the instance was interrupted %d times", MAX_ATTEMPTS);
}

int
start_run(struct dc_job *job, struct dc_err *err)
{
	struct environment env = {0};
	struct unit u = {0};
	int rc = unit_load(&u, job, err);

	if (rc == 0) {
		rc = count_attempt(&u, err);
		if (rc == 0)
			rc = run_phases(&u, &env, err);
		if (rc < 0)
			rc = fail(&u, rc, err);
	}
	environment_done(&env);
	unit_done(&u);
	return rc;
}
