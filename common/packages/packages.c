/* common/packages/packages.c -- names and keys; see packages.h. */
#include "common/packages/packages.h"

#include "common/base/auto.h"
#include "common/base/limits.h"
#include "common/crypto/crypto.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* Part of every key: another one when `runtime/packages` does other things. */
#define FORMAT "2"

static const char lower[] = "abcdefghijklmnopqrstuvwxyz0123456789";
static const char rest[] = "abcdefghijklmnopqrstuvwxyz0123456789+.-";
static const char version[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+.-~:";

/* NAME[:ARCHITECTURE][=VERSION]. A trailing + or - would mean "install" or
 * "remove" to apt when there is no such package; only ++ is part of names. */
bool
dc_packages_is_name(const char *name)
{
	size_t n = strspn(name, rest), more;
	const char *p = name + n;

	if (n < 2 || strlen(name) > DC_MAX_PACKAGE_NAME ||
	    strchr(lower, name[0]) == NULL || p[-1] == '-' || p[-1] == '.' ||
	    (p[-1] == '+' && p[-2] != '+'))
		return false;
	if (*p == ':') {
		more = strspn(p + 1, lower);
		if (more == 0)
			return false;
		p += 1 + more;
	}
	if (*p == '=') {
		more = strspn(p + 1, version);
		if (more == 0 || strchr(lower, p[1]) == NULL)
			return false;
		p += 1 + more;
	}
	return *p == '\0';
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* There are no capitals in names, only in versions. */
static char *
lower_name(const char *name)
{
	char *copy = dc_strdup(name), *p;

	for (p = copy; *p != '\0' && *p != '='; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p += 'a' - 'A';
	return copy;
}

static int
add_names(struct dc_strv *to, const struct dc_strv *names, struct dc_err *err)
{
	size_t i;

	for (i = 0; i < names->n; i++) {
		dc_auto_free char *name = lower_name(names->v[i]);

		if (!dc_packages_is_name(name))
			return dc_fail(err, DC_EUSER,
			    "systempackages: '%.80s' is not the name of a"
			    " Debian package",
			    names->v[i]);
		dc_strv_add(to, name);
	}
	return 0;
}

static void
make_unique(struct dc_strv *sv)
{
	size_t i, n = 0;

	if (sv->n == 0)
		return;
	qsort(sv->v, sv->n, sizeof(sv->v[0]), by_name);
	for (i = 0; i < sv->n; i++) {
		if (n > 0 && strcmp(sv->v[n - 1], sv->v[i]) == 0)
			free(sv->v[i]);
		else
			sv->v[n++] = sv->v[i];
	}
	sv->v[n] = NULL;
	sv->n = n;
}

/* Where the image really is and when dpkg last changed it: an image that was
 * made anew under its old name has other versions in it. */
static int
make_key(struct dc_packages *p, const char *image, struct dc_err *err)
{
	dc_auto_free char *real = realpath(image, NULL);
	dc_auto_free char *status =
	    dc_asprintf("%s/var/lib/dpkg/status", image);
	dc_auto_free char *stamp = NULL;
	char hex[DC_SHA256_HEX];
	struct dc_sha256 h;
	struct stat st;
	size_t i;

	if (real == NULL || stat(status, &st) < 0)
		return dc_fail_errno(err, "image '%s'", image);
	stamp = dc_asprintf(FORMAT "\n%s\n%lld.%09ld %lld\n", real,
	    (long long)st.st_mtim.tv_sec, st.st_mtim.tv_nsec,
	    (long long)st.st_size);
	dc_sha256_init(&h);
	dc_sha256_add(&h, stamp, strlen(stamp));
	for (i = 0; i < p->names.n; i++)
		dc_sha256_add(&h, p->names.v[i], strlen(p->names.v[i]) + 1);
	dc_sha256_format(&h, hex);
	memcpy(p->key, hex, sizeof(p->key) - 1);
	p->key[sizeof(p->key) - 1] = '\0';
	return 0;
}

int
dc_packages_init(struct dc_packages *out, const char *image,
    const struct dc_strv *of_type, const struct dc_strv *of_service,
    struct dc_err *err)
{
	struct dc_packages p = {0};
	int rc = add_names(&p.names, of_type, err);

	if (rc == 0)
		rc = add_names(&p.names, of_service, err);
	if (rc == 0 && p.names.n > DC_MAX_PACKAGES)
		rc = dc_fail(err, DC_EUSER,
		    "systempackages: a service may have %d packages",
		    DC_MAX_PACKAGES);
	make_unique(&p.names);
	if (rc == 0)
		rc = make_key(&p, image, err);
	if (rc < 0) {
		dc_packages_done(&p);
		return rc;
	}
	*out = p;
	return 0;
}

void
dc_packages_done(struct dc_packages *p)
{
	dc_strv_done(&p->names);
	*p = (struct dc_packages){0};
}

uid_t
dc_packages_first_id(const struct dc_conf *conf)
{
	return (uid_t)conf->uid_base;
}

char *
dc_packages_box(const struct dc_conf *conf)
{
	return dc_asprintf("%s-p1", conf->bridge);
}
