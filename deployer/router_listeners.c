/* deployer/router_listeners.c -- public tcp ports in HAProxy's configuration:
 * a frontend and a backend for each; see router_config.h. */
#include "deployer/router_config.h"
#include "deployer/router_server.h"

#include <stdlib.h>

static int
by_port(const void *a, const void *b)
{
	const struct router_listener *x = a, *y = b;

	return (x->port > y->port) - (x->port < y->port);
}

void
router_listeners_init(struct router_plan *p, const struct router_table *t)
{
	size_t n = 0;

	p->listeners = dc_xcalloc(t->n_backends + 1, sizeof(p->listeners[0]));
	for (size_t i = 0; i < t->n_backends; i++)
		if (t->backends[i].slot > ROUTER_PORT(0) &&
		    t->backends[i].slot <= ROUTER_PORT(65535))
			p->listeners[p->n_listeners++] =
			    (struct router_listener){t->backends[i].slot -
							 ROUTER_PORT(0),
				t->backends[i].name};
	qsort(p->listeners, p->n_listeners, sizeof(p->listeners[0]), by_port);
	for (size_t i = 0; i < p->n_listeners; i++)
		if (n == 0 || p->listeners[n - 1].port != p->listeners[i].port)
			p->listeners[n++] = p->listeners[i];
		else
			p->ignored++;
	p->n_listeners = n;
}

/* E is where the servers of this slot, or of one before it, begin. */
static size_t
add_servers(struct dc_str *s, const struct router_plan *p, int slot, size_t e)
{
	for (; e < p->n_servers && p->servers[e].slot <= slot; e++) {
		const struct router_server *v = p->servers[e].server;

		if (p->servers[e].slot == slot && !v->draining)
			router_server_format(s, v);
	}
	return e;
}

/* "show stat" takes a backend by its name, so the frontend has another one.
 * Connections may be silent for a day; keep-alive packets find out about the
 * dead ones. "transparent" binds an address that the bridge does not have
 * yet. */
void
router_listeners_format(struct dc_str *s, const struct router_conf *c,
    const struct router_plan *p, bool with_servers)
{
	size_t e = 0;

	if (c->port_address == NULL || p->n_listeners == 0)
		return;
	dc_str_add(s,
	    "defaults\n\tmode tcp\n\tbalance roundrobin\n"
	    "\toption redispatch 1\n\tretries 8\n\tretry-on conn-failure\n"
	    "\toption clitcpka\n\toption srvtcpka\n"
	    "\ttimeout connect 500ms\n\ttimeout check 1s\n\ttimeout queue 5s\n"
	    "\ttimeout client 1d\n\ttimeout server 1d\n");
	for (size_t i = 0; i < p->n_listeners; i++) {
		const struct router_listener *l = &p->listeners[i];

		dc_str_addf(s, "frontend port_%d\n", l->port);
		if (with_servers && l->name != NULL)
			router_add_comment(s, l->name);
		dc_str_addf(s, "\tbind %s:%d\n", c->port_address, l->port);
		if (c->port_bridge != NULL)
			dc_str_addf(s, "\tbind %s:%d transparent\n",
			    c->port_bridge, l->port);
		dc_str_addf(s,
		    "\tdefault_backend tcp_%d\n"
		    "backend tcp_%d\n",
		    l->port, l->port);
		if (with_servers)
			e = add_servers(s, p, ROUTER_PORT(l->port), e);
	}
}
