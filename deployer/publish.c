/* deployer/publish.c -- see publish.h. */
#include "deployer/publish.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/log.h"
#include "common/base/str.h"
#include "common/box/netports.h"
#include "common/box/place.h"
#include "common/store/public_port.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Does nobody else on this machine listen there? */
static bool
is_free(int port, const char *kind)
{
	const struct sockaddr_in any = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port)};
	bool is_tcp = strcmp(kind, "tcp") == 0;
	dc_auto_fd int fd = socket(AF_INET,
	    (is_tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_CLOEXEC, 0);
	int on = is_tcp;

	return fd >= 0 &&
	       setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	       bind(fd, (const struct sockaddr *)&any, sizeof(any)) == 0;
}

/* A machine that has run out of ports serves on without shells. */
static int
warn_no_ssh(const struct dc_public_port *p, const struct dc_err *err)
{
	log_warn("service=%" PRId64 " number=%" PRId64 " %s, ignoring",
	    p->service_id, p->number, err->msg);
	return 0;
}

int
publish_claim(struct dc_job *job, int64_t service_id,
    const struct dc_port *ports, size_t n, int64_t instances,
    struct dc_err *err)
{
	const struct dc_port_range range = {(int)job->conf->port_first,
	    (int)job->conf->port_last, is_free};
	int64_t number;
	size_t i;
	int rc = 0;

	for (i = 0; i < n; i++) {
		bool is_ssh = strcmp(ports[i].name, DC_SSH_NAME) == 0;

		if (strcmp(ports[i].kind, "http") == 0)
			continue;
		for (number = is_ssh ? 0 : DC_ANY_INSTANCE;
		     rc == 0 && number < instances; number++) {
			struct dc_public_port p = {.node_id = job->node_id,
			    .service_id = service_id,
			    .number = number,
			    .name = ports[i].name,
			    .kind = ports[i].kind};

			rc = dc_public_port_claim(job->db, &p, &range, err);
			if (rc == DC_EUSER && is_ssh)
				rc = warn_no_ssh(&p, err);
		}
	}
	return rc;
}

/* What the store says, on its way to the kernel. The targets of a port are
 * neighbours; pointers to them are set at the end. */
struct reading {
	const struct dc_conf *conf;
	uint16_t *tcp;
	size_t ntcp;
	struct dc_net_target *targets;
	size_t ntargets;
	struct dc_net_udp *udp;
	size_t nudp;
	bool is_up; /* those of the last port */
};

static int
add_tcp(const struct dc_port_target *t, void *arg, struct dc_err *err)
{
	struct reading *r = arg;

	(void)err;
	if (r->ntcp > 0 && r->tcp[r->ntcp - 1] == t->public_port)
		return 0;
	r->tcp = dc_xrealloc(r->tcp, (r->ntcp + 1) * sizeof(*r->tcp));
	r->tcp[r->ntcp++] = (uint16_t)t->public_port;
	return 0;
}

static int
add_udp(const struct dc_port_target *t, void *arg, struct dc_err *err)
{
	struct reading *r = arg;
	struct dc_net_target target = {.port = (uint16_t)t->port};
	bool is_first =
	    r->nudp == 0 || r->udp[r->nudp - 1].port != t->public_port;
	struct dc_place place;
	int rc;

	/* One that is down has no flows unless there is no other: it may be
	 * back before anybody looks here again. */
	if (t->is_draining || (!t->is_up && !is_first && r->is_up))
		return 0;
	rc = dc_place_find(&place, r->conf, t->address, err);
	if (rc < 0)
		return rc;
	r->is_up = t->is_up;
	(void)snprintf(target.address, sizeof(target.address), "%s",
	    place.address);
	r->targets =
	    dc_xrealloc(r->targets, (r->ntargets + 1) * sizeof(*r->targets));
	r->targets[r->ntargets++] = target;
	if (is_first) {
		r->udp = dc_xrealloc(r->udp, (r->nudp + 1) * sizeof(*r->udp));
		r->udp[r->nudp++] =
		    (struct dc_net_udp){.port = (uint16_t)t->public_port};
	}
	r->udp[r->nudp - 1].n++;
	return 0;
}

static char *
saved_path(const struct dc_conf *conf)
{
	return dc_asprintf("%s/ports.nft", conf->run);
}

/* NULL: every address of the host. */
static const char *
udp_address(const char *host)
{
	struct in_addr a;

	if (host != NULL && strcmp(host, "localhost") == 0)
		return "127.0.0.1";
	return host != NULL && inet_pton(AF_INET, host, &a) == 1 ? host : NULL;
}

static int
set_ports(struct reading *r, struct dc_err *err)
{
	dc_auto_free char *saved = saved_path(r->conf);
	dc_auto_free char *host = dc_place_host(r->conf->http_bind);
	const struct dc_net_ports p = {.bridge = r->conf->bridge,
	    .subnet = r->conf->subnet,
	    .address = udp_address(host),
	    .first = (uint16_t)r->conf->port_first,
	    .last = (uint16_t)r->conf->port_last,
	    .tcp = r->tcp,
	    .ntcp = r->ntcp,
	    .udp = r->udp,
	    .nudp = r->nudp};
	size_t i, at = 0;

	for (i = 0; i < r->nudp; i++) {
		r->udp[i].targets = r->targets + at;
		at += r->udp[i].n;
	}
	return dc_netports_set(&p, saved, err);
}

int
publish_sync(const struct dc_conf *conf, struct dc_db *db, struct dc_err *err)
{
	struct reading r = {.conf = conf};
	int rc =
	    dc_public_port_each_target(db, conf->node, "tcp", add_tcp, &r, err);

	if (rc == 0)
		rc = dc_public_port_each_target(db, conf->node, "udp", add_udp,
		    &r, err);
	if (rc == 0)
		rc = set_ports(&r, err);
	free(r.tcp);
	free(r.targets);
	free(r.udp);
	return rc;
}

int
publish_forget(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *saved = saved_path(conf);

	return dc_netports_forget(saved, err);
}
