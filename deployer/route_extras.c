/* deployer/route_extras.c -- see route_extras.h. */
#include "deployer/route_extras.h"

#include "common/base/auto.h"
#include "common/base/str.h"
#include "common/buildfile/service_def.h"
#include "common/store/certificate.h"
#include "common/store/instance.h"
#include "common/store/maintenance.h"
#include "common/store/service.h"
#include "deployer/sockets.h"

#include <stdint.h>
#include <string.h>

static int
add_certificate(const struct dc_certificate *c, void *arg, struct dc_err *err)
{
	struct route_extras *x = arg;
	struct router_tls *t = &x->tls;

	(void)err;
	x->certificates =
	    dc_xrealloc(x->certificates, (t->n + 1) * sizeof(*x->certificates));
	x->certificates[t->n++] =
	    (struct router_certificate){dc_strdup(c->host), dc_strdup(c->pem),
		dc_strdup(c->hash)};
	return 0;
}

static int
load_tls(struct route_extras *x, const struct dc_conf *conf, struct dc_db *db,
    struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc;

	if (conf->https_bind[0] == '\0')
		return 0;
	rc = dc_conf_load_certificate(conf, &text, err);
	if (rc < 0)
		return rc;
	dc_sha256_hex(x->hash, text, strlen(text));
	x->tls.bind = conf->https_bind;
	x->tls.path = conf->tls_certificate;
	x->tls.hash = x->hash;
	rc = dc_certificate_each(db, add_certificate, x, err);
	x->tls.certificates = x->certificates;
	return rc;
}

static int
add_closed(int64_t slot, const char *page, const char *hash, void *arg,
    struct dc_err *err)
{
	struct route_extras *x = arg;
	struct router_modes *m = &x->modes;

	(void)err;
	x->closed =
	    dc_xrealloc(x->closed, (m->n_closed + 1) * sizeof(*x->closed));
	x->closed[m->n_closed++] =
	    (struct router_closed){(int)slot, dc_strdup(page), dc_strdup(hash)};
	return 0;
}

/* The newest instance of each service says what its build file asked for. */
struct newest {
	struct service {
		int64_t id, instance_id;
		bool is_sticky;
	} * v;
	size_t n;
};

static struct service *
find_service(struct newest *all, int64_t id)
{
	for (size_t i = all->n; i > 0; i--)
		if (all->v[i - 1].id == id)
			return &all->v[i - 1];
	all->v = dc_xrealloc(all->v, (all->n + 1) * sizeof(*all->v));
	all->v[all->n] = (struct service){.id = id};
	return &all->v[all->n++];
}

static int
note_instance(const struct dc_instance *i, void *arg, struct dc_err *err)
{
	struct service *s = find_service(arg, i->service_id);
	dc_auto_service_def struct dc_service_def def = {0};
	int sockets = 0, rc;

	if (i->id < s->instance_id)
		return 0;
	rc = dc_service_from_json(&def, i->definition, err);
	if (rc == 0)
		rc = sockets_count(&sockets, i, err);
	if (rc < 0)
		return rc;
	s->instance_id = i->id;
	/* The cookie is made of an address and a port. */
	s->is_sticky = sockets == 0 && dc_json_has_true(def.extras, "sticky");
	return 0;
}

static int
load_sticky(struct route_extras *x, struct dc_db *db, struct dc_err *err)
{
	struct newest all = {0};
	int64_t slot;
	int rc = dc_instance_each(db, 0, 0,
	    DC_FROM(DC_INSTANCE_UP) | DC_FROM(DC_INSTANCE_DOWN) |
		DC_FROM(DC_INSTANCE_RESTARTING) | DC_FROM(DC_INSTANCE_PARKING) |
		DC_FROM(DC_INSTANCE_PARKED),
	    note_instance, &all, err);

	x->sticky = dc_xcalloc(all.n + 1, sizeof(*x->sticky));
	for (size_t i = 0; rc == 0 && i < all.n; i++) {
		if (!all.v[i].is_sticky)
			continue;
		rc = dc_service_find_slot(db, &slot, all.v[i].id, err);
		if (rc == 0)
			x->sticky[x->modes.n_sticky++] = (int)slot;
		if (rc == DC_ENOTFOUND) /* it speaks no http */
			rc = 0;
	}
	free(all.v);
	return rc;
}

int
route_extras_load(struct route_extras *x, const struct dc_conf *conf,
    struct dc_db *db, struct dc_err *err)
{
	int rc = load_tls(x, conf, db, err);

	if (rc == 0)
		rc = dc_maintenance_each(db, add_closed, x, err);
	if (rc == 0)
		rc = load_sticky(x, db, err);
	x->modes.closed = x->closed;
	x->modes.sticky = x->sticky;
	return rc;
}

void
route_extras_done(struct route_extras *x)
{
	size_t i;

	for (i = 0; i < x->tls.n; i++) {
		free((void *)(uintptr_t)x->certificates[i].host);
		free((void *)(uintptr_t)x->certificates[i].pem);
		free((void *)(uintptr_t)x->certificates[i].hash);
	}
	for (i = 0; i < x->modes.n_closed; i++) {
		free((void *)(uintptr_t)x->closed[i].page);
		free((void *)(uintptr_t)x->closed[i].hash);
	}
	free(x->certificates);
	free(x->closed);
	free(x->sticky);
	*x = (struct route_extras){0};
}

const struct router_tls *
route_extras_tls(const struct route_extras *x)
{
	return x->tls.bind != NULL ? &x->tls : NULL;
}
