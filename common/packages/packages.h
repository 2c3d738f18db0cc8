/* common/packages/packages.h -- Debian packages on top of the base image, as
 * a cached layer: <root>/packages/<key>/root is what installing them changed.
 *
 * The key is a hash of the image and the sorted names, so that a layer never
 * changes and anybody finds it again: a build, an instance after a reboot, a
 * rollback for which it has to be made anew. A layer is a cache, like the
 * image; the sweep removes those that nothing has used for long. */
#ifndef DC_PACKAGES_H
#define DC_PACKAGES_H

#include "common/conf/conf.h"
#include "common/step/step.h"

#define DC_PACKAGES_KEY 33 /* 32 hex digits and NUL */

struct dc_packages {
	char key[DC_PACKAGES_KEY];
	struct dc_strv names; /* sorted, each once; none: no layer */
};

/* "libpq-dev", "g++", "redis-server=5:7.0.15-1", "libc6:amd64": what apt
 * takes for a package and cannot take for anything else. */
bool dc_packages_is_name(const char *name);

/* Those of a service type and of a service. A bad name is DC_EUSER. */
int dc_packages_init(struct dc_packages *out, const char *image,
    const struct dc_strv *of_type, const struct dc_strv *of_service,
    struct dc_err *err);
void dc_packages_done(struct dc_packages *p);
#define dc_auto_packages __attribute__((cleanup(dc_packages_done)))

/* Owner of the layers' files: the first range, which no application has. */
uid_t dc_packages_first_id(const struct dc_conf *conf);

/* The layer's directory, the caller's; NULL when P names nothing. Makes what
 * is missing, in a container of its own at ADDRESS, which the caller lends:
 * no other container of his may run meanwhile. STEP is the caller's, but for
 * box and env. What apt does not know is DC_EUSER. */
int dc_packages_load(char **out, const struct dc_packages *p,
    const struct dc_conf *conf, int64_t address, const struct dc_step *step,
    struct dc_err *err);

/* Removes layers that no container has mounted and nobody has loaded for a
 * week, and what a killed installation left. */
int dc_packages_sweep(const struct dc_conf *conf, struct dc_err *err);

/* "<bridge>-p1" is where packages are installed: one at a time. */
char *dc_packages_box(const struct dc_conf *conf);

#endif
