/* cli/buildfile.h -- dotcloud.yml, looked at before anything is uploaded. */
#ifndef CLI_BUILDFILE_H
#define CLI_BUILDFILE_H

#include "cli/repo.h"
#include "common/base/err.h"

/* DC_EINVAL with the text that the server would give. Which types it has is
 * the server's to say, and so is that there is no file: both are success. */
int buildfile_check_dir(const char *dir, struct dc_err *err);
int buildfile_check_commit(struct repo *r, const char *commit,
    struct dc_err *err);
int buildfile_check_hg(const char *dir, const char *commit, struct dc_err *err);

#endif
