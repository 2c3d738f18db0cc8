/* cli/buildfile.h -- dotcloud.yml, looked at before anything is uploaded. */
#ifndef CLI_BUILDFILE_H
#define CLI_BUILDFILE_H

#include "cli/api.h"
#include "cli/repo.h"
#include "common/base/err.h"

/* DC_EINVAL with the text that the server would give. API, if not NULL,
 * is asked for types that keep data, of which it hardly has one; what others it
 * has is the server's to say, and so is that there is no file: success. */
int buildfile_check_dir(const char *dir, struct api *api, struct dc_err *err);
int buildfile_check_commit(struct repo *r, const char *commit, struct api *api,
    struct dc_err *err);
int buildfile_check_hg(const char *dir, const char *commit, struct api *api,
    struct dc_err *err);

#endif
