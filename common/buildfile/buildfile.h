/* common/buildfile/buildfile.h -- dotcloud.yml: what an application is made
 * of. dotcloud.yml(5) is the manual. */
#ifndef DC_BUILDFILE_H
#define DC_BUILDFILE_H

#include "common/base/err.h"
#include "common/base/str.h"
#include "common/buildfile/service_def.h"
#include "common/buildfile/type.h"

#include <stddef.h>

#define DC_BUILDFILE_NAME "dotcloud.yml"

struct dc_buildfile {
	struct dc_service_def *services; /* in the order of the file */
	size_t nservices;
	struct dc_strv warnings; /* for the user: probable misspellings */
	struct dc_strv errors;   /* of dc_buildfile_validate */
};

/* Mistakes of the user are DC_EUSER, with line, column, the line itself and
 * a caret; of all types that are missing here in one message. Call it where no
 * privileges are: the text is a stranger's. TYPES NULL, of a client: all types
 * are taken to be available. */
int dc_buildfile_parse(struct dc_buildfile *out, const char *text, size_t len,
    const struct dc_types *types, struct dc_err *err);

/* dotcloud.yml at the root of the pushed tree DIRFD; no link is followed. */
int dc_buildfile_load(struct dc_buildfile *out, int dirfd,
    const struct dc_types *types, struct dc_err *err);

/* As dc_buildfile_load, of the file NAME, for who wants to know before he
 * pushes: what the build would refuse (a value of config:) is a mistake with
 * its line as well, and config: has its defaults. Types that are only missing
 * here do not end it: they are in OUT's errors. */
int dc_buildfile_validate(struct dc_buildfile *out, int dirfd, const char *name,
    const struct dc_types *types, struct dc_err *err);

const struct dc_service_def *dc_buildfile_find(const struct dc_buildfile *file,
    const char *service);
void dc_buildfile_done(struct dc_buildfile *file);

#define dc_auto_buildfile __attribute__((cleanup(dc_buildfile_done)))

#endif
