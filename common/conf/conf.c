/* common/conf/conf.c -- see conf.h. */
#include "common/conf/conf.h"

#include "common/base/auto.h"
#include "common/base/fs.h"
#include "common/base/str.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILE 65536

/* The table: key, where it goes, its default. Numbers have a range. */
struct key {
	const char *name;
	size_t offset;
	const char *text; /* default of a string key; NULL: a number */
	int64_t number, min, max;
};

#define TEXT(k, def)                                                           \
	{                                                                      \
#k, offsetof(struct dc_conf, k), def, 0, 0, 0                  \
	}
#define NUMBER(k, def, min, max)                                               \
	{                                                                      \
#k, offsetof(struct dc_conf, k), NULL, def, min, max           \
	}

static const struct key keys[] = {
    TEXT(root, "/var/lib/dcloud"),
    TEXT(run, "/run/dcloud"),
    TEXT(libexec, "/usr/lib/dcloud"),
    TEXT(types, "/usr/share/dcloud/types"),
    TEXT(image, "/var/cache/dcloud/image/current/rootfs"),
    TEXT(user, "dcloud"),
    TEXT(node, ""),
    TEXT(bridge, "dcloud0"),
    TEXT(subnet, "10.88.0.0/16"),
    TEXT(domain, "localhost"),
    TEXT(http_bind, "127.0.0.1:8000"),
    TEXT(https_bind, ""),
    TEXT(tls_certificate, ""),
    TEXT(ssh_bind, "127.0.0.1:2022"),
    TEXT(public_host, "127.0.0.1"),
    NUMBER(uid_base, 1000000, 100000, 2000000000),
    NUMBER(builds, 2, 1, 64),
    NUMBER(reserve_seconds, 600, 0, 86400),
    NUMBER(drain_seconds, 30, 1, 3600),
    NUMBER(port_first, 40000, 1024, 65535),
    NUMBER(port_last, 44999, 1024, 65535),
};

#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static char **
text_of(struct dc_conf *conf, const struct key *k)
{
	return (char **)(void *)((char *)conf + k->offset);
}

static int64_t *
number_of(struct dc_conf *conf, const struct key *k)
{
	return (int64_t *)(void *)((char *)conf + k->offset);
}

static void
set_text(struct dc_conf *conf, const struct key *k, const char *value)
{
	char **p = text_of(conf, k);
	size_t n;

	free(*p);
	*p = dc_strdup(value);
	for (n = strlen(*p); n > 1 && (*p)[n - 1] == '/'; n--)
		(*p)[n - 1] = '\0';
}

static void
set_defaults(struct dc_conf *conf)
{
	size_t i;

	for (i = 0; i < NKEYS; i++)
		if (keys[i].text != NULL)
			set_text(conf, &keys[i], keys[i].text);
		else
			*number_of(conf, &keys[i]) = keys[i].number;
}

static int
set_key(struct dc_conf *conf, const char *name, const char *value,
    struct dc_err *err)
{
	long long n;
	size_t i;

	for (i = 0; i < NKEYS; i++)
		if (strcmp(keys[i].name, name) == 0)
			break;
	if (i == NKEYS)
		return dc_fail(err, DC_EINVAL, "unknown key '%s'", name);
	if (keys[i].text != NULL) {
		if (*value == '\0')
			return dc_fail(err, DC_EINVAL, "'%s' is empty", name);
		set_text(conf, &keys[i], value);
		return 0;
	}
	if (!dc_is_number(value, keys[i].min, keys[i].max, &n))
		return dc_fail(err, DC_EINVAL,
		    "'%s' must be a number from %lld to %lld, not '%s'", name,
		    (long long)keys[i].min, (long long)keys[i].max, value);
	*number_of(conf, &keys[i]) = n;
	return 0;
}

static char *
trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

static int
parse_line(struct dc_conf *conf, char *line, struct dc_err *err)
{
	char *equals;

	line = trim(line);
	if (*line == '\0' || *line == '#')
		return 0;
	equals = strchr(line, '=');
	if (equals == NULL)
		return dc_fail(err, DC_EINVAL, "expected KEY = VALUE");
	*equals = '\0';
	return set_key(conf, trim(line), trim(equals + 1), err);
}

static int
parse(struct dc_conf *conf, char *text, const char *path, struct dc_err *err)
{
	char *line, *rest = text;
	int number = 0, rc;

	while ((line = strsep(&rest, "\n")) != NULL) {
		number++;
		rc = parse_line(conf, line, err);
		if (rc < 0)
			return dc_wrap(err, rc, "%s:%d", path, number);
	}
	return 0;
}

static int
check_tls(const struct dc_conf *conf, struct dc_err *err)
{
	const char *port = strrchr(conf->https_bind, ':');
	long long n;

	if (conf->https_bind[0] == '\0')
		return 0;
	if (port == NULL || port == conf->https_bind ||
	    !dc_is_number(port + 1, 1, 65535, &n))
		return dc_fail(err, DC_EINVAL,
		    "'https_bind' must be ADDRESS:PORT, not '%s'",
		    conf->https_bind);
	if (conf->tls_certificate[0] != '/')
		return dc_fail(err, DC_EINVAL,
		    "'https_bind' needs 'tls_certificate', the path of a PEM"
		    " file with the certificate, its chain and its key");
	return 0;
}

static int
finish(struct dc_conf *conf, struct dc_err *err)
{
	int rc;

	char host[HOST_NAME_MAX + 1];
	struct passwd *pw;

	if (conf->node[0] == '\0') {
		if (gethostname(host, sizeof(host)) < 0)
			return dc_fail_errno(err, "gethostname");
		free(conf->node);
		conf->node = dc_strdup(host);
	}
	/* A veth's name is the bridge's, a letter and a host number. */
	if (strlen(conf->bridge) > 8)
		return dc_fail(err, DC_EINVAL,
		    "bridge '%s' is longer than 8 characters", conf->bridge);
	if (conf->port_first > conf->port_last)
		return dc_fail(err, DC_EINVAL,
		    "'port_first' is above 'port_last'");
	rc = check_tls(conf, err);
	if (rc < 0)
		return rc;
	pw = getpwnam(conf->user);
	if (pw == NULL)
		return dc_fail(err, DC_EINVAL,
		    "there is no system user '%s': make it with"
		    " 'useradd --system --shell /bin/sh %s'",
		    conf->user, conf->user);
	conf->uid = pw->pw_uid;
	conf->gid = pw->pw_gid;
	return 0;
}

int
dc_conf_load(struct dc_conf *conf, const char *path, struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	struct dc_conf c = {0};
	int rc;

	rc = dc_fs_load(&text, NULL, path, MAX_FILE, err);
	if (rc < 0)
		return rc;
	set_defaults(&c);
	rc = parse(&c, text, path, err);
	if (rc == 0)
		rc = finish(&c, err);
	if (rc < 0) {
		dc_conf_done(&c);
		return rc;
	}
	*conf = c;
	return 0;
}

int
dc_conf_load_certificate(const struct dc_conf *conf, char **out,
    struct dc_err *err)
{
	dc_auto_free char *text = NULL;
	int rc;

	rc = dc_fs_load(&text, NULL, conf->tls_certificate, MAX_FILE, err);
	if (rc < 0)
		return dc_wrap(err, rc, "'tls_certificate'");
	if (strstr(text, "-----BEGIN CERTIFICATE-----") == NULL ||
	    strstr(text, "PRIVATE KEY-----") == NULL)
		return dc_fail(err, DC_EINVAL,
		    "'tls_certificate': '%s' must hold a certificate and its"
		    " private key, both as PEM",
		    conf->tls_certificate);
	*out = dc_steal_ptr(&text);
	return 0;
}

int
dc_conf_check(const struct dc_conf *conf, struct dc_err *err)
{
	dc_auto_free char *text = NULL;

	return conf->https_bind[0] == '\0'
		   ? 0
		   : dc_conf_load_certificate(conf, &text, err);
}

void
dc_conf_done(struct dc_conf *conf)
{
	size_t i;

	for (i = 0; i < NKEYS; i++)
		if (keys[i].text != NULL)
			free(*text_of(conf, &keys[i]));
	*conf = (struct dc_conf){0};
}

char *
dc_conf_path(const struct dc_conf *conf, const char *fmt, ...)
{
	dc_auto_free char *suffix = NULL;
	va_list ap;

	va_start(ap, fmt);
	suffix = dc_vasprintf(fmt, ap);
	va_end(ap);
	return dc_asprintf("%s/%s", conf->root, suffix);
}

char *
dc_conf_url(const struct dc_conf *conf, const char *host)
{
	const char *port = strrchr(conf->http_bind, ':');

	if (port == NULL || strcmp(port, ":80") == 0)
		port = "";
	return dc_asprintf("http://%s%s/", host, port);
}

static int
prepare_dir(const char *path, int flags, mode_t mode, uid_t uid, gid_t gid,
    struct dc_err *err)
{
	dc_auto_fd int fd = -1;
	int rc = dc_fs_mkdirs(path, 0755, err);

	if (rc < 0)
		return rc;
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
	if (fd < 0 || fchown(fd, uid, gid) < 0 || fchmod(fd, mode) < 0)
		return dc_fail_errno(err, "prepare '%s'", path);
	return 0;
}

int
dc_conf_prepare(const struct dc_conf *conf, struct dc_err *err)
{
	static const struct {
		const char *name;
		mode_t mode;
		bool ours; /* the unprivileged user's; else root's */
	} dirs[] = {
	    {"code", 0750, true},
	    {"blobs", 0700, false},
	    {"layers", 0700, false},
	    {"packages", 0700, false},
	    {"boxes", 0711, false},
	    {"logs", 0711, false},
	    {"etc", 0755, false},
	    {"log", 0750, false},
	};
	size_t i;
	int rc;

	/* setgid: state.db and its companions stay writable by the group. */
	rc = prepare_dir(conf->root, 0, 02771, conf->uid, conf->gid, err);
	if (rc == 0)
		rc = prepare_dir(conf->run, 0, 0755, 0, 0, err);
	for (i = 0; rc == 0 && i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		dc_auto_free char *path =
		    dc_conf_path(conf, "%s", dirs[i].name);

		/* The root is the unprivileged user's: no link of his. */
		rc = prepare_dir(path, O_NOFOLLOW, dirs[i].mode,
		    dirs[i].ours ? conf->uid : 0, dirs[i].ours ? conf->gid : 0,
		    err);
	}
	return rc;
}

char *
dc_conf_format_image(const struct dc_conf *conf)
{
	dc_auto_free char *path = realpath(conf->image, NULL);
	char *name = path != NULL ? strrchr(path, '/') : NULL;

	if (name != NULL && strcmp(name, "/rootfs") == 0) {
		*name = '\0';
		name = strrchr(path, '/');
	}
	return dc_strdup(name != NULL ? name + 1 : "");
}
