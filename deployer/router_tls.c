/* deployer/router_tls.c -- see router_tls.h. */
#include "deployer/router_tls.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/store/domain.h"
#include "deployer/router_config.h"

#define LIST "tls/list"
#define SUFFIX ".pem"
#define HASH_LEN 64

/* Mozilla's "intermediate" without its DHE ciphers, which need parameters. */
void
router_tls_global(struct dc_str *s, const struct router_conf *c)
{
	if (c->tls == NULL)
		return;
	dc_str_add(s,
	    "\tssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets\n"
	    "\tssl-default-bind-ciphers ECDHE-ECDSA-AES128-GCM-SHA256:"
	    "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
	    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:"
	    "ECDHE-RSA-CHACHA20-POLY1305\n"
	    "\tssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:"
	    "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\n");
}

void
router_tls_bind(struct dc_str *s, const struct router_conf *c)
{
	if (c->tls != NULL)
		dc_str_addf(s,
		    "\tbind %s ssl crt-list %s/" LIST " alpn h2,http/1.1\n",
		    c->tls->bind, c->etc);
}

static bool
is_sound(const struct router_certificate *v)
{
	return dc_domain_is_host(v->host) && strlen(v->hash) == HASH_LEN &&
	       v->hash[strspn(v->hash, "0123456789abcdef")] == '\0';
}

static char *
format_name(const struct router_certificate *v)
{
	return dc_asprintf("%s" SUFFIX, v->hash);
}

/* The first one is for whoever asks for a name that nobody has. */
void
router_tls_list(struct dc_str *s, const struct router_conf *c)
{
	if (c->tls == NULL)
		return;
	dc_str_addf(s, "# %s\n%s\n", c->tls->hash, c->tls->path);
	for (size_t i = 0; i < c->tls->n; i++) {
		const struct router_certificate *v = &c->tls->certificates[i];

		if (is_sound(v))
			dc_str_addf(s, "%s/tls/%s" SUFFIX " %s\n", c->etc,
			    v->hash, v->host);
	}
}

/* A name says what is in the file, so one that is there is right. */
static int
save_one(const char *dir, const struct router_certificate *v,
    struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/%s" SUFFIX, dir, v->hash);

	if (dc_fs_exists(path))
		return 0;
	return dc_fs_save(path, v->pem, strlen(v->pem), 0600, err);
}

int
router_tls_save(const struct router_conf *c, struct dc_err *err)
{
	dc_auto_free char *dir = dc_asprintf("%s/tls", c->etc);
	dc_auto_str struct dc_str list = {0};
	int rc;

	if (c->tls == NULL)
		return 0;
	rc = dc_fs_mkdirs(dir, 0700, err);
	for (size_t i = 0; rc == 0 && i < c->tls->n; i++)
		if (is_sound(&c->tls->certificates[i]))
			rc = save_one(dir, &c->tls->certificates[i], err);
	if (rc < 0)
		return rc;
	router_tls_list(&list, c);
	return router_save(c->etc, LIST, list.data, list.len, err);
}

static bool
is_wanted(const struct router_tls *tls, const char *name)
{
	for (size_t i = 0; tls != NULL && i < tls->n; i++) {
		dc_auto_free char *mine = format_name(&tls->certificates[i]);

		if (strcmp(mine, name) == 0)
			return true;
	}
	return false;
}

int
router_tls_sweep(const struct router_conf *c, struct dc_err *err)
{
	dc_auto_free char *path = dc_asprintf("%s/tls", c->etc);
	dc_auto_dir DIR *dir = opendir(path);
	const struct dirent *e;

	if (dir == NULL && errno == ENOENT)
		return 0;
	if (dir == NULL)
		return dc_fail_errno(err, "open '%s'", path);
	while ((e = readdir(dir)) != NULL)
		if (strstr(e->d_name, SUFFIX) != NULL &&
		    !is_wanted(c->tls, e->d_name) &&
		    unlinkat(dirfd(dir), e->d_name, 0) < 0)
			return dc_fail_errno(err, "remove '%s/%s'", path,
			    e->d_name);
	return 0;
}
