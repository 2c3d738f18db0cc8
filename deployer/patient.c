/* deployer/patient.c -- see patient.h. */
#include "deployer/patient.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/spawn.h"
#include "common/store/health.h"
#include "deployer/command.h"
#include "deployer/ports.h"
#include "deployer/sockets.h"

#include <inttypes.h>
#include <poll.h>
#include <string.h>
#include <sys/pidfd.h>

/* So many good answers in a row make an ill one well. */
#define RISE 2
#define ILL_INTERVAL_MS 1000
#define AGAIN_MS 50
#define REST_MS 1000
/* A question without an answer is given up, and asked anew, after so long:
 * until then a late answer still says that somebody is alive. */
#define GIVE_UP_MS (DC_REPLACE_SECONDS * INT64_C(1000))
#define MOST_DOUBLINGS 5

static int
find_questions(struct patient *p, struct dc_err *err)
{
	struct dc_port ports[DC_MAX_INSTANCE_PORTS];
	const struct dc_port *http, *port;
	int sockets = 0, rc;
	size_t n;

	rc = dc_instance_load_ports(p->job->db, p->row.id, ports,
	    DC_MAX_INSTANCE_PORTS, &n, err);
	if (rc == 0)
		rc = sockets_count(&sockets, &p->row, err);
	if (rc < 0)
		return rc;
	for (int i = 0; i < sockets; i++) {
		dc_auto_free char *path =
		    sockets_path(p->job->conf, p->row.id, i);

		dc_strv_add(&p->sockets, path);
	}
	http = ports_find(ports, n, "http");
	port = http != NULL ? http : ports_find(ports, n, "tcp");
	p->is_checked =
	    p->how.command != NULL || (port != NULL && p->row.address != 0);
	p->may_be_quiet = http != NULL && !health_is_expected(&p->def);
	if (port == NULL || p->row.address == 0)
		return 0;
	rc = dc_place_find(&p->place, p->job->conf, p->row.address, err);
	p->probe = (struct probe){.address = p->place.address,
	    .port = port->port,
	    .path = p->how.path,
	    .status = p->how.status};
	if (sockets > 0)
		p->probe.address = p->sockets.v[0];
	if (rc == 0 && http != NULL)
		probe_format(&p->check.request, &p->probe);
	return rc;
}

static int
load_environment(struct patient *p, struct dc_err *err)
{
	struct dc_port ports[DC_MAX_INSTANCE_PORTS];
	size_t n;
	int rc = dc_instance_load_ports(p->job->db, p->row.id, ports,
	    DC_MAX_INSTANCE_PORTS, &n, err);

	if (rc < 0)
		return rc;
	return environment_load(&p->env, p->job->conf, p->job->db, &p->row,
	    &p->def, ports, n, err);
}

struct patient *
patient_new(struct dc_job *job, struct dc_instance *row)
{
	struct patient *p = dc_xcalloc(1, sizeof(*p));

	p->job = job;
	p->row = *row;
	*row = (struct dc_instance){0};
	p->pidfd = -1;
	p->check.fd = -1;
	p->next = p->alive = dc_mono_ms();
	p->boxes = dc_conf_path(job->conf, "boxes");
	p->box = dc_asprintf("%s-i%" PRId64, job->conf->bridge, p->row.id);
	return p;
}

int
patient_load(struct patient *p, struct dc_err *err)
{
	int rc = dc_service_from_json(&p->def, p->row.definition, err);

	if (rc == 0)
		rc = health_load(&p->how, &p->def, err);
	if (rc == 0)
		rc = find_questions(p, err);
	if (rc == 0 && p->how.command != NULL)
		rc = load_environment(p, err);
	if (rc < 0)
		p->is_checked = false;
	return rc;
}

static void
end_command(struct patient *p)
{
	if (p->pid > 0) {
		command_kill(p->pid);
		(void)close(p->pidfd);
	}
	p->pid = 0;
	p->pidfd = -1;
}

void
patient_free(struct patient *p)
{
	end_command(p);
	check_done(&p->check);
	environment_done(&p->env);
	dc_strv_done(&p->sockets);
	dc_service_def_done(&p->def);
	dc_instance_done(&p->row);
	free(p->boxes);
	free(p->box);
	free(p);
}

struct pollfd
patient_poll(const struct patient *p)
{
	if (p->pid > 0)
		return (struct pollfd){.fd = p->pidfd, .events = POLLIN};
	return (struct pollfd){.fd = p->check.step == CHECK_IDLE ||
					     p->check.step == CHECK_AGAIN
					 ? -1
					 : p->check.fd,
	    .events = p->check.events};
}

/* The end of the question under way. */
static int64_t
end_of(const struct patient *p)
{
	return p->begun +
	       (p->is_late ? GIVE_UP_MS : p->how.timeout * INT64_C(1000));
}

int64_t
patient_due(const struct patient *p)
{
	int64_t due = p->begun == 0 ? p->next : end_of(p);
	bool is_sooner = p->begun == 0 ? p->check.step == CHECK_REST
				       : p->check.step == CHECK_AGAIN;

	return is_sooner && p->until < due ? p->until : due;
}

static enum check_result
begin_command(struct patient *p)
{
	const struct command command = {.boxes = p->boxes,
	    .box = p->box,
	    .env = p->env.unix_env.v,
	    .text = p->how.command};
	struct dc_err err = DC_ERR_INIT;
	int rc = command_begin(&p->pid, &command, &err);

	if (rc == 0) {
		p->pidfd = pidfd_open(p->pid, 0);
		if (p->pidfd >= 0)
			return CHECK_PENDING;
		end_command(p);
	}
	p->pid = 0;
	(void)snprintf(p->check.seen, sizeof(p->check.seen), "%.*s",
	    (int)sizeof(p->check.seen) - 1,
	    rc < 0 ? err.msg : "its command cannot be watched");
	return CHECK_SILENT;
}

static enum check_result
begin(struct patient *p, int64_t now)
{
	p->begun = now;
	p->is_late = false;
	if (p->how.command != NULL)
		return begin_command(p);
	if (p->sockets.n > 0) {
		/* An ill one is asked until it is well. */
		if (p->row.health == DC_HEALTH_GOOD)
			p->socket = (p->socket + 1) % p->sockets.n;
		p->probe.address = p->sockets.v[p->socket];
	}
	return check_begin(&p->check, &p->probe);
}

static enum check_result
end_of_command(struct patient *p)
{
	dc_auto_free char *how = NULL;
	int status = dc_spawn_wait(p->pid, NULL);

	(void)close(p->pidfd);
	p->pid = 0;
	p->pidfd = -1;
	if (status == 0)
		return CHECK_GOOD;
	if (status < 0)
		status = 127;
	how = dc_spawn_describe(status);
	(void)snprintf(p->check.seen, sizeof(p->check.seen), "its command %s",
	    how);
	return CHECK_FAILING;
}

/* Late: it is alive, and asked again at once. */
static enum dc_instance_health
settle(struct patient *p, enum check_result result, int64_t now)
{
	int64_t interval = p->how.interval * INT64_C(1000);
	bool was_late = p->is_late;

	if (dc_health_is_ill(p->row.health) && interval > ILL_INTERVAL_MS)
		interval = ILL_INTERVAL_MS;
	p->next =
	    was_late || p->begun + interval < now ? now : p->begun + interval;
	p->begun = 0;
	p->is_late = false;
	p->until = now + REST_MS;
	if (result == CHECK_GOOD) {
		p->alive = now;
		if (was_late)
			return DC_HEALTH_UNKNOWN;
		p->goods++;
		return p->goods >= RISE || !dc_health_is_ill(p->row.health)
			   ? DC_HEALTH_GOOD
			   : DC_HEALTH_UNKNOWN;
	}
	p->goods = 0;
	if (result == CHECK_SILENT && was_late)
		p->next = now + ILL_INTERVAL_MS;
	(void)snprintf(p->seen, sizeof(p->seen), "%s", p->check.seen);
	if (result == CHECK_FAILING)
		return DC_HEALTH_FAILING;
	return p->may_be_quiet && p->row.health == DC_HEALTH_UNKNOWN
		   ? DC_HEALTH_UNKNOWN
		   : DC_HEALTH_SILENT;
}

/* The answer to a request may come yet; a command has had its time. */
static enum dc_instance_health
be_late(struct patient *p, int64_t now)
{
	(void)snprintf(p->check.seen, sizeof(p->check.seen),
	    "no answer in %d s", p->how.timeout);
	if (p->pid > 0) {
		end_command(p);
		return settle(p, CHECK_SILENT, now);
	}
	if (p->is_late) {
		check_end(&p->check);
		return settle(p, CHECK_SILENT, now);
	}
	p->is_late = true;
	p->goods = 0;
	(void)snprintf(p->seen, sizeof(p->seen), "%s", p->check.seen);
	return DC_HEALTH_SILENT;
}

enum dc_instance_health
patient_step(struct patient *p, short revents)
{
	int64_t now = dc_mono_ms();
	enum check_result result = CHECK_PENDING;

	if (p->begun == 0 && p->check.step == CHECK_REST) {
		if (revents != 0)
			check_rest(&p->check);
		else if (now >= p->until)
			check_end(&p->check);
	}
	if (p->begun == 0) {
		if (now < p->next)
			return DC_HEALTH_UNKNOWN;
		result = begin(p, now);
	} else if (p->pid > 0) {
		if (revents != 0)
			result = end_of_command(p);
	} else if (revents != 0 || p->check.step == CHECK_AGAIN) {
		result = check_go_on(&p->check, &p->probe);
	}
	if (p->check.step == CHECK_AGAIN)
		p->until = now + AGAIN_MS;
	if (result != CHECK_PENDING)
		return settle(p, result, now);
	return now >= end_of(p) ? be_late(p, now) : DC_HEALTH_UNKNOWN;
}

bool
patient_is_lost(const struct patient *p, int64_t *seconds)
{
	int64_t doublings =
	    p->row.replaced < MOST_DOUBLINGS ? p->row.replaced : MOST_DOUBLINGS;
	int64_t limit = DC_REPLACE_SECONDS << doublings;

	*seconds = limit;
	return dc_health_is_ill(p->row.health) &&
	       dc_now_ms() - p->row.health_at >= limit * 1000 &&
	       dc_mono_ms() - p->alive >= limit * 1000;
}
