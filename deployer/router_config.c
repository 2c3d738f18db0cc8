/* deployer/router_config.c -- see router_config.h. */
#include "deployer/router_config.h"
#include "deployer/router_server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/store/domain.h"
#include "deployer/router_api.h"
#include "deployer/router_modes.h"
#include "deployer/router_tls.h"

enum {
	CONFIG_MAX = 64 << 20
};

#define PAGE(title, text)                                                      \
	"<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"    \
	"<title>" title "</title></head>\n<body style=\"font-family:"          \
	"sans-serif;max-width:40em;margin:4em auto;padding:0 "                 \
	"1em\">\n<h1>" title "</h1>\n<p>" text "</p>\n</body></html>\n"

static const struct page {
	int status;
	const char *html;
} pages[] = {
    {404, PAGE("No such application",
	      "No application answers to this host name here.")},
    {413, PAGE("Request too large", "A request may carry 100 MB at most.")},
    {502, PAGE("Application not responding",
	      "The application closed the connection before it had answered. "
	      "Its owner finds the reason in its logs.")},
    {503, PAGE("Application not available",
	      "No instance of the application accepts connections just now. "
	      "Its owner finds the reason in its logs.")},
    {504, PAGE("Application timed out",
	      "The application accepted the request and did not answer in "
	      "time.")},
};

static int
by_host(const void *a, const void *b)
{
	const struct router_map *x = a, *y = b;

	return strcmp(x->host, y->host);
}

static int
by_server(const void *a, const void *b)
{
	const struct router_entry *x = a, *y = b;

	if (x->slot != y->slot)
		return x->slot < y->slot ? -1 : 1;
	if (x->server->instance != y->server->instance)
		return x->server->instance < y->server->instance ? -1 : 1;
	return x->server->worker - y->server->worker;
}

/* Stable against doubles: the first one wins, so the API's own names do. */
static void
add_map(struct router_plan *p, const char *host, int slot)
{
	struct router_map m = {.host = host, .slot = slot};
	size_t lo = 0, hi = p->n_maps;

	if (!dc_domain_is_host(host) || slot >= ROUTER_MAX_SLOTS || slot < -1) {
		p->ignored++;
		return;
	}
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = strcmp(host, p->maps[mid].host);

		if (cmp == 0) {
			p->ignored++;
			return;
		}
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	memmove(&p->maps[lo + 1], &p->maps[lo],
	    (p->n_maps - lo) * sizeof(p->maps[0]));
	p->maps[lo] = m;
	p->n_maps++;
}

static void
need_slot(struct router_plan *p, int slot)
{
	while (p->slots <= slot)
		p->slots *= 2;
}

void
router_plan_init(struct router_plan *p, const struct router_conf *c,
    const struct router_table *t)
{
	size_t total = 0, n = 0;

	memset(p, 0, sizeof(*p));
	p->slots = c->slots > 0 ? c->slots : 1;
	for (size_t i = 0; i < t->n_backends; i++)
		total += t->backends[i].n;
	p->maps =
	    dc_xcalloc(c->n_api_hosts + t->n_hosts + 1, sizeof(p->maps[0]));
	p->servers = dc_xcalloc(total + 1, sizeof(p->servers[0]));
	for (size_t i = 0; i < c->n_api_hosts; i++)
		add_map(p, c->api_hosts[i], -1);
	for (size_t i = 0; i < t->n_hosts; i++) {
		add_map(p, t->hosts[i].host,
		    t->hosts[i].slot < 0 ? ROUTER_MAX_SLOTS : t->hosts[i].slot);
	}
	for (size_t i = 0; i < p->n_maps; i++)
		need_slot(p, p->maps[i].slot);
	for (size_t i = 0; i < t->n_backends; i++) {
		const struct router_backend *b = &t->backends[i];

		for (size_t j = 0; j < b->n; j++) {
			if (b->slot < 0 || b->slot == ROUTER_PORT(0) ||
			    b->slot > ROUTER_PORT(65535) ||
			    !router_is_server(&b->servers[j])) {
				p->ignored++;
				continue;
			}
			if (b->slot < ROUTER_MAX_SLOTS)
				need_slot(p, b->slot);
			p->servers[p->n_servers].slot = b->slot;
			p->servers[p->n_servers++].server = &b->servers[j];
		}
	}
	qsort(p->servers, p->n_servers, sizeof(p->servers[0]), by_server);
	/* One server twice in a slot: the first of them. */
	for (size_t i = 0; i < p->n_servers; i++)
		if (n == 0 ||
		    by_server(&p->servers[n - 1], &p->servers[i]) != 0)
			p->servers[n++] = p->servers[i];
		else
			p->ignored++;
	p->n_servers = n;
	router_listeners_init(p, t);
	router_hold_init(p, t);
	p->modes = t->modes;
}

void
router_plan_done(struct router_plan *p)
{
	free(p->maps);
	free(p->servers);
	free(p->listeners);
	free(p->holds);
	memset(p, 0, sizeof(*p));
}

const struct router_map *
router_plan_map(const struct router_plan *p, const char *host)
{
	struct router_map key = {.host = host};

	return bsearch(&key, p->maps, p->n_maps, sizeof(key), by_host);
}

const struct router_server *
router_plan_server(const struct router_plan *p, const char *backend,
    const char *name)
{
	struct router_server s = {0};
	struct router_entry key = {.server = &s}, *found;

	if (!router_server_parse(&s.instance, &s.worker, name))
		return NULL;
	key.slot = router_slot_of(backend);
	if (key.slot < 0)
		return NULL;
	found = bsearch(&key, p->servers, p->n_servers, sizeof(key), by_server);
	return found != NULL ? found->server : NULL;
}

void
router_backend_name(char *out, size_t size, int slot)
{
	if (slot < 0)
		(void)snprintf(out, size, "%s", ROUTER_API);
	else if (slot < ROUTER_MAX_SLOTS)
		(void)snprintf(out, size, "be_%d", slot);
	else
		(void)snprintf(out, size, "tcp_%d", slot - ROUTER_PORT(0));
}

int
router_slot_of(const char *backend)
{
	long long n;

	if (dc_has_prefix(backend, "be_") &&
	    dc_is_number(backend + 3, 0, ROUTER_MAX_SLOTS, &n))
		return (int)n;
	if (dc_has_prefix(backend, "tcp_") &&
	    dc_is_number(backend + 4, 1, 65535, &n))
		return ROUTER_PORT((int)n);
	return -1;
}

bool
router_is_backend(const char *name)
{
	return dc_has_prefix(name, "be_") || dc_has_prefix(name, "tcp_");
}

/* The lookups of hosts.map: the name itself, then "*." for each label taken
 * off its front, five at most. */
static void
add_lookups(struct dc_str *s, const char *etc)
{
	static const char host[] = "\thttp-request set-var(txn.host) "
				   "req.hdr(host),host_only,lower,rtrim(.)\n";

	dc_str_add(s, host);
	dc_str_addf(s,
	    "\thttp-request set-var(txn.be) var(txn.host),map(%s/hosts.map)\n",
	    etc);
	for (int depth = 1; depth <= 5; depth++)
		dc_str_addf(s,
		    "\thttp-request set-var(txn.be) \"var(txn.host),"
		    "regsub('^([^.]+[.]){%d}','*.'),map(%s/hosts.map)\""
		    " if !{ var(txn.be) -m found }\n",
		    depth, etc);
}

static void
add_frontend(struct dc_str *s, const struct router_conf *c)
{
	static const char *const absent[][2] = {{"X-Forwarded-For", "%[src]"},
	    {"X-Real-IP", "%[src]"}, {"X-Forwarded-Proto", "%[var(txn.proto)]"},
	    {"X-Forwarded-Protocol", "%[var(txn.proto)]"},
	    {"X-Forwarded-Port", "%[dst_port]"}};

	dc_str_addf(s, "frontend http\n\tbind %s\n", c->http_bind);
	if (c->bridge_bind != NULL)
		dc_str_addf(s, "\tbind %s\n", c->bridge_bind);
	router_tls_bind(s, c);
	dc_str_add(s,
	    "\thttp-request set-var(txn.proto) str(http)\n"
	    "\thttp-request set-var(txn.proto) str(https) if { ssl_fc }\n");
	for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++)
		dc_str_addf(s,
		    "\thttp-request set-header %s %s "
		    "if !{ req.fhdr(%s) -m found }\n",
		    absent[i][0], absent[i][1], absent[i][0]);
	add_lookups(s, c->etc);
	dc_str_addf(s,
	    "\thttp-request return status 413 content-type "
	    "\"text/html; charset=utf-8\" file %s/413.html "
	    "if { req.hdr_val(content-length) gt 104857600 } "
	    "!{ var(txn.be) -m str " ROUTER_API " }\n",
	    c->etc);
	/* On the bridge there are applications only: the API is not for what
	 * strangers run. */
	if (c->bridge_bind != NULL)
		dc_str_addf(s,
		    "\thttp-request set-var(txn.be) str(unknown) "
		    "if { dst %.*s } { var(txn.be) -m str " ROUTER_API " }\n",
		    (int)strcspn(c->bridge_bind, ":"), c->bridge_bind);
	router_closed_rule(s, c);
	router_hold_rule(s, c);
	/* A worker that a reload has replaced learns of no new server: what
	 * its clients ask goes to the one that listens now. */
	dc_str_add(s,
	    "\tuse_backend again if { stopping } "
	    "{ var(txn.be) -m beg be_ }\n"
	    "\tuse_backend %[var(txn.be)] if { var(txn.be) -m found }\n"
	    "\tdefault_backend unknown\n");
	dc_str_addf(s,
	    "backend unknown\n\thttp-request return status 404 content-type "
	    "\"text/html; charset=utf-8\" file %s/404.html\n",
	    c->etc);
	router_hold_backend(s, c);
	router_api_format(s, c);
}

/* Why as it is. http-server-close: one connection per request, so that an
 * application that closes idle connections, or is swapped, can never lose a
 * request to one. retry-on conn-failure: what reached the application is never
 * repeated. A refused connection is tried again every half second, at another
 * instance at once. No abortonclose: a client may close its sending side.
 * idle-close-on-response: clients kept alive see no reset at a reload. The
 * descriptor limit bounds memory where the system's own is huge. */
static void
add_defaults(struct dc_str *s, const struct router_conf *c)
{
	if (c->user != NULL)
		dc_str_addf(s, "\tuser %s\n", c->user);
	if (c->group != NULL)
		dc_str_addf(s, "\tgroup %s\n", c->group);
	router_tls_global(s, c);
	dc_str_addf(s,
	    "\tlua-load %s/hold.lua\n\tlua-load %s/maintenance.lua\n", c->etc,
	    c->etc);
	dc_str_addf(s,
	    "\tstats socket %s/haproxy.sock mode 600 level admin "
	    "expose-fd listeners\n"
	    "\tfd-hard-limit 65536\n\thard-stop-after 1h\n"
	    "defaults\n\tmode http\n\tbalance roundrobin\n"
	    "\toption http-server-close\n\toption idle-close-on-response\n"
	    "\toption redispatch 1\n\tretries 8\n\tretry-on conn-failure\n"
	    "\ttimeout connect 500ms\n\ttimeout check 1s\n"
	    "\ttimeout client 60s\n\ttimeout client-fin 30s\n"
	    "\ttimeout http-request 30s\n\ttimeout http-keep-alive 15s\n"
	    "\ttimeout queue 5s\n\ttimeout tunnel 1h\n\ttimeout server %dms\n",
	    c->run, c->answer_ms > 0 ? c->answer_ms : 60000);
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		if (pages[i].status >= 500)
			dc_str_addf(s,
			    "\thttp-error status %d content-type "
			    "\"text/html; charset=utf-8\" file %s/%d.html\n",
			    pages[i].status, c->etc, pages[i].status);
}

void
router_shape(struct dc_str *out, const struct router_conf *c,
    const struct router_plan *p)
{
	static const struct router_server kinds[] = {{.address = "0.0.0.0"},
	    {.address = "/"}};
	dc_auto_str struct dc_str s = {0};
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	add_defaults(&s, c);
	add_frontend(&s, c);
	router_listeners_format(&s, c, p, false);
	router_hold_format(&s, c);
	router_closed_format(&s, c);
	router_tls_list(&s, c);
	router_sticky_shape(&s, p);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		dc_str_add(&s, router_server_options(&kinds[i]));
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++)
		dc_str_add(&s, pages[i].html);
	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)s.data[i]) * UINT64_C(0x100000001b3);
	dc_str_addf(out, "dcloud-%016" PRIx64, h);
}

void
router_add_comment(struct dc_str *s, const char *name)
{
	dc_str_add(s, "\t# ");
	for (; *name != '\0'; name++)
		dc_str_addf(s, "%c", *name > ' ' && *name <= '~' ? *name : '?');
	dc_str_add(s, "\n");
}

static void
add_backends(struct dc_str *s, const struct router_plan *p,
    const struct router_table *t)
{
	const char **names = dc_xcalloc((size_t)p->slots, sizeof(*names));
	size_t e = 0;

	for (size_t i = 0; i < t->n_backends; i++)
		if (t->backends[i].slot >= 0 && t->backends[i].slot < p->slots)
			names[t->backends[i].slot] = t->backends[i].name;
	for (int slot = 0; slot < p->slots; slot++) {
		dc_str_addf(s, "backend be_%d\n", slot);
		if (names[slot] != NULL)
			router_add_comment(s, names[slot]);
		router_sticky_format(s, p, slot);
		for (; e < p->n_servers && p->servers[e].slot == slot; e++) {
			const struct router_server *v = p->servers[e].server;

			/* After a start there is nothing left to drain. */
			if (!v->draining)
				router_server_format(s, v);
		}
	}
	free(names);
}

/* Not written when it is there already: a sync that changes nothing costs no
 * fsync. */
int
router_save(const char *etc, const char *name, const char *data, size_t len,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s", etc, name);
	dc_auto_free char *old = NULL;
	size_t old_len;

	if (dc_fs_load(&old, &old_len, path, CONFIG_MAX, NULL) == 0 &&
	    old_len == len && memcmp(old, data, len) == 0)
		return 0;
	return dc_fs_save(path, data, len, 0644, err);
}

static int
save_pages(const struct router_conf *c, struct dc_err *err)
{
	for (size_t i = 0; i < sizeof(pages) / sizeof(pages[0]); i++) {
		char name[16];
		int rc;

		(void)snprintf(name, sizeof(name), "%d.html", pages[i].status);
		rc = router_save(c->etc, name, pages[i].html,
		    strlen(pages[i].html), err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int
router_plan_save(const struct router_plan *p, const struct router_conf *c,
    const struct router_table *t, struct dc_err *err)
{
	dc_auto_str struct dc_str map = {0}, cfg = {0}, held = {0}, lua = {0};
	int rc;

	dc_str_add(&map, "");
	for (size_t i = 0; i < p->n_maps; i++) {
		char be[32];

		router_backend_name(be, sizeof(be), p->maps[i].slot);
		dc_str_addf(&map, "%s %s\n", p->maps[i].host, be);
	}
	router_hold_map(&held, p);
	router_hold_format(&lua, c);
	dc_str_add(&cfg, "# Written by dcloud's deployer; changes are lost.\n"
			 "global\n\tdescription ");
	router_shape(&cfg, c, p);
	dc_str_add(&cfg, "\n");
	add_defaults(&cfg, c);
	add_frontend(&cfg, c);
	add_backends(&cfg, p, t);
	router_listeners_format(&cfg, c, p, true);

	rc = dc_fs_mkdirs(c->etc, 0755, err);
	if (rc == 0)
		rc = dc_fs_mkdirs(c->run, 0755, err);
	if (rc == 0)
		rc = save_pages(c, err);
	if (rc == 0)
		rc = router_save(c->etc, "hosts.map", map.data, map.len, err);
	if (rc == 0)
		rc = router_save(c->etc, "held.map", held.data, held.len, err);
	if (rc == 0)
		rc = router_save(c->etc, "hold.lua", lua.data, lua.len, err);
	if (rc == 0)
		rc = router_tls_save(c, err);
	if (rc == 0)
		rc = router_closed_save(c, p, err);
	if (rc == 0)
		rc = router_save(c->etc, "haproxy.cfg", cfg.data, cfg.len, err);
	return rc;
}
