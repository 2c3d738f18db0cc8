/* common/conf/conf.h -- dcloud.conf: one table of keys, the same for every
 * program. Man page: dcloud.conf.5. */
#ifndef DC_CONF_H
#define DC_CONF_H

#include "common/base/err.h"

#include <stdint.h>
#include <sys/types.h>

#define DC_CONF_PATH "/etc/dcloud/dcloud.conf"

/* All strings are owned by the struct, absolute paths without a slash at the
 * end. dc_conf_done frees them. */
struct dc_conf {
	char *root;       /* state: /var/lib/dcloud                          */
	char *run;        /* sockets: /run/dcloud                            */
	char *libexec;    /* our helper programs: dcinit, dcloud-receive     */
	char *types;      /* service types: a folder each                    */
	char *image;      /* root file system of the base image              */
	char *user;       /* the unprivileged system user: dcloud            */
	char *node;       /* this machine's name: its host name              */
	char *bridge;     /* dcloud0; also names the nft table and our boxes */
	char *subnet;     /* "10.88.0.0/16": containers; .0.1 is the bridge  */
	char *domain;     /* applications are APP-USER.DOMAIN: localhost     */
	char *http_bind;  /* "127.0.0.1:8000": HAProxy's front door          */
	char *https_bind; /* "": no TLS                                      */
	char *tls_certificate; /* PEM: the platform's chain and its key */
	char *ssh_bind;    /* "127.0.0.1:2022"                                */
	char *public_host; /* what clients are told: 127.0.0.1                */
	int64_t uid_base;  /* first uid of the applications' ranges: 1000000  */
	int64_t builds;    /* builds at once: 2                               */
	int64_t reserve_seconds; /* the version before stays so long: 600     */
	int64_t drain_seconds; /* for requests under way at a swap: 30        */
	int64_t port_first, port_last; /* public: 40000 to 44999              */
	uid_t uid; /* of user, looked up at load                      */
	gid_t gid;
};

/* A missing file is DC_ENOTFOUND; an unknown key or a bad value DC_EINVAL
 * with file and line. Keys that the file leaves out have their defaults. */
int dc_conf_load(struct dc_conf *conf, const char *path, struct dc_err *err);
void dc_conf_done(struct dc_conf *conf);

/* For -n: are the files there that it names? */
int dc_conf_check(const struct dc_conf *conf, struct dc_err *err);

/* What tls_certificate names, with its private key: for root. The caller's. */
int dc_conf_load_certificate(const struct dc_conf *conf, char **out,
    struct dc_err *err);

/* As root: makes the directories below root and run with their owners and
 * modes. Every daemon does it at start; doing it again changes nothing. */
int dc_conf_prepare(const struct dc_conf *conf, struct dc_err *err);

/* <root>/SUFFIX, the caller's to free. */
char *dc_conf_path(const struct dc_conf *conf, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The base image's name, which changes with its contents; the caller's. */
char *dc_conf_format_image(const struct dc_conf *conf);

/* What people type: "http://HOST/", with the port where it is not 80. The
 * caller's to free. */
char *dc_conf_url(const struct dc_conf *conf, const char *host);

#endif
