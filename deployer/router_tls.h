/* deployer/router_tls.h -- HTTPS in HAProxy: who has which certificate. See
 * router.h; certificates are files that only root reads, and a change of one
 * is a reload, which hands the sockets over. */
#ifndef DEPLOYER_ROUTER_TLS_H
#define DEPLOYER_ROUTER_TLS_H

#include "common/base/str.h"
#include "deployer/router.h"

struct router_tls {
	const char *bind; /* "0.0.0.0:443" */
	const char *path; /* PEM of the platform's own chain and key */
	const char *hash; /* of what is in it */
	/* Those of users: sound, as the front door has checked them. */
	const struct router_certificate {
		const char *host, *pem;
		const char *hash; /* of PEM, in hex: its file's name */
	} * certificates;
	size_t n;
};

/* The parts of the configuration: of "global", and of the frontend. Nothing
 * without C's tls. */
void router_tls_global(struct dc_str *s, const struct router_conf *c);
void router_tls_bind(struct dc_str *s, const struct router_conf *c);

/* Which name gets which file. Names are chosen by what the user proved to
 * have, never by what a certificate says of itself. */
void router_tls_list(struct dc_str *s, const struct router_conf *c);

/* Files first, then the list that names them; and afterwards, when no worker
 * will read an older list, files that none names. */
int router_tls_save(const struct router_conf *c, struct dc_err *err);
int router_tls_sweep(const struct router_conf *c, struct dc_err *err);

#endif
