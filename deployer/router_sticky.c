/* deployer/router_sticky.c -- a client stays with its instance, by a cookie of
 * HAProxy's; see router_modes.h.
 *
 * The cookie is made of the server's address, as servers that are added while
 * it runs can have no other. HAProxy gives those theirs only when it is told
 * the key again. Who may stay there, may go on to a server that drains: such a
 * backend's servers do not drain, they are in maintenance, which lets them
 * finish what they have all the same. */
#include "deployer/router_modes.h"

#include <stdio.h>

#include "deployer/haproxy.h"

#define KEY "dcloud"

bool
router_is_sticky(const struct router_plan *p, int slot)
{
	for (size_t i = 0; p->modes != NULL && i < p->modes->n_sticky; i++)
		if (p->modes->sticky[i] == slot)
			return true;
	return false;
}

void
router_sticky_format(struct dc_str *s, const struct router_plan *p, int slot)
{
	if (router_is_sticky(p, slot))
		dc_str_add(s,
		    "\tcookie dcloud_instance insert indirect nocache httponly"
		    " dynamic\n\tdynamic-cookie-key " KEY "\n");
}

void
router_sticky_shape(struct dc_str *s, const struct router_plan *p)
{
	for (int slot = 0; slot < p->slots; slot++)
		if (router_is_sticky(p, slot)) {
			dc_str_addf(s, "sticky %d\n", slot);
			router_sticky_format(s, p, slot);
		}
}

int
router_sticky_sync(const struct router_worker *w, const struct router_plan *p,
    struct dc_err *err)
{
	char be[32];
	int rc = 0;

	for (size_t i = 0;
	     rc == 0 && p->modes != NULL && i < p->modes->n_sticky; i++) {
		router_backend_name(be, sizeof(be), p->modes->sticky[i]);
		rc = haproxy_change(w->socket, w->pid, err,
		    "set dynamic-cookie-key backend %s " KEY, be);
	}
	return rc;
}
