/* deployer/router_closed.c -- maintenance: maintenance.map says which backends
 * are closed and with which page, maintenance.lua answers. See router_modes.h.
 *
 * Lua, as HAProxy's own answers end where its buffers do, at 16 KB. A page's
 * file is named by what is in it, and is read once after a change. */
#include "deployer/router_modes.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/auto.h"
#include "common/base/fs.h"

#define MAP "maintenance.map"
#define DIR_NAME "maintenance"
#define SUFFIX ".html"
#define NO_PAGE "-"
#define HASH_LEN 64

/* The paths come first, as lines of their own. */
static const char lua[] =
    "local closed = Map.new(map, Map._str)\n"
    "local pages = {}\n"
    "local own = [[<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<title>Under maintenance</title></head>\n"
    "<body style=\"font-family:sans-serif;max-width:40em;margin:4em auto;"
    "padding:0 1em\">\n"
    "<h1>Under maintenance</h1>\n"
    "<p>The application is closed for a while by its owner."
    " Please come back later.</p>\n"
    "</body></html>\n"
    "]]\n"
    "\n"
    "local function page_of(backend)\n"
    "\tlocal name = closed:lookup(backend) or \"-\"\n"
    "\tlocal have = pages[backend]\n"
    "\tif have and have.name == name then\n"
    "\t\treturn have.text\n"
    "\tend\n"
    "\tlocal text = own\n"
    "\tlocal file = name ~= \"-\" and"
    " io.open(dir .. \"/\" .. name .. \".html\", \"rb\")\n"
    "\tif file then\n"
    "\t\ttext = file:read(\"a\")\n"
    "\t\tfile:close()\n"
    "\tend\n"
    "\tpages[backend] = { name = name, text = text }\n"
    "\treturn text\n"
    "end\n"
    "\n"
    "core.register_service(\"maintenance\", \"http\", function(applet)\n"
    "\tlocal text = page_of(applet:get_var(\"txn.be\"))\n"
    "\tapplet:set_status(503)\n"
    "\tapplet:add_header(\"content-type\", \"text/html; charset=utf-8\")\n"
    "\tapplet:add_header(\"content-length\", tostring(#text))\n"
    "\tapplet:add_header(\"retry-after\", \"120\")\n"
    "\tapplet:add_header(\"cache-control\", \"no-store\")\n"
    "\tapplet:start_response()\n"
    "\tif applet.method ~= \"HEAD\" then\n"
    "\t\tapplet:send(text)\n"
    "\tend\n"
    "end)\n";

void
router_closed_format(struct dc_str *s, const struct router_conf *c)
{
	dc_str_addf(s,
	    "local map = \"%s/" MAP "\"\nlocal dir = \"%s/" DIR_NAME "\"\n%s",
	    c->etc, c->etc, lua);
}

void
router_closed_rule(struct dc_str *s, const struct router_conf *c)
{
	dc_str_addf(s,
	    "\thttp-request use-service lua.maintenance "
	    "if { var(txn.be),map(%s/" MAP ") -m found }\n",
	    c->etc);
}

static bool
is_hash(const char *s)
{
	return strlen(s) == HASH_LEN &&
	       s[strspn(s, "0123456789abcdef")] == '\0';
}

/* The caller's. */
static struct router_slot *
new_slots(const struct router_plan *p, size_t *n)
{
	const struct router_modes *m = p->modes;
	size_t max = m != NULL ? m->n_closed : 0;
	struct router_slot *v = dc_xcalloc(max + 1, sizeof(*v));

	*n = 0;
	for (size_t i = 0; i < max; i++) {
		const struct router_closed *one = &m->closed[i];

		if (one->slot < 0 || one->slot >= ROUTER_MAX_SLOTS)
			continue;
		v[*n].slot = one->slot;
		(void)snprintf(v[*n].value, sizeof(v[*n].value), "%s",
		    is_hash(one->hash) ? one->hash : NO_PAGE);
		(*n)++;
	}
	return v;
}

static int
save_pages(const struct router_conf *c, const struct router_plan *p,
    struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/" DIR_NAME, c->etc);
	int rc = dc_fs_mkdirs(dir, 0755, err);

	for (size_t i = 0;
	     rc == 0 && p->modes != NULL && i < p->modes->n_closed; i++) {
		const struct router_closed *one = &p->modes->closed[i];
		dc_auto_free char *path =
		    dc_asprintf("%s/%s" SUFFIX, dir, one->hash);

		if (is_hash(one->hash) && !dc_fs_exists(path))
			rc = dc_fs_save(path, one->page, strlen(one->page),
			    0644, err);
	}
	return rc;
}

int
router_closed_save(const struct router_conf *c, const struct router_plan *p,
    struct dc_err *err)
{
	dc_auto_str struct dc_str map = {0}, text = {0};
	dc_auto_free struct router_slot *v = NULL;
	size_t n;
	int rc = save_pages(c, p, err);

	v = new_slots(p, &n);
	router_slots_format(&map, v, n);
	router_closed_format(&text, c);
	if (rc == 0)
		rc = router_save(c->etc, MAP, map.data, map.len, err);
	if (rc == 0)
		rc = router_save(c->etc, "maintenance.lua", text.data, text.len,
		    err);
	return rc;
}

static bool
is_wanted(const struct router_plan *p, const char *name)
{
	const struct router_modes *m = p->modes;

	for (size_t i = 0; m != NULL && i < m->n_closed; i++)
		if (is_hash(m->closed[i].hash) &&
		    strncmp(name, m->closed[i].hash, HASH_LEN) == 0 &&
		    strcmp(name + HASH_LEN, SUFFIX) == 0)
			return true;
	return false;
}

/* Pages of applications that are open again. */
int
router_closed_sweep(const struct router_conf *c, const struct router_plan *p,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/" DIR_NAME, c->etc);
	dc_auto_dir DIR *dir = opendir(path);
	const struct dirent *e;

	if (dir == NULL)
		return dc_fail_errno(err, "open '%s'", path);
	while ((e = readdir(dir)) != NULL)
		if (strstr(e->d_name, SUFFIX) != NULL &&
		    !is_wanted(p, e->d_name) &&
		    unlinkat(dirfd(dir), e->d_name, 0) < 0)
			return dc_fail_errno(err, "remove '%s/%s'", path,
			    e->d_name);
	return 0;
}

int
router_closed_sync(const struct router_worker *w, const struct router_conf *c,
    const struct router_plan *p, bool gone, struct dc_err *err)
{
	dc_auto_free char *map = dc_asprintf("%s/" MAP, c->etc);
	dc_auto_free struct router_slot *v = NULL;
	size_t n;

	v = new_slots(p, &n);
	return router_slots_sync(w, map, v, n, gone, err);
}
